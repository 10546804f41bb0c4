"""Text of which every line is a row, mostly JSON."""

import json
from collections.abc import Callable, Iterator

from producers.exports.json_text import CUT_OFF_HINT, ran_out, raw_decode
from producers.exports.opened import Opened
from producers.exports.rows import MAX_ROW_BYTES, Refused
from schemas.errors import DataFault


def is_cut_off(line: bytes) -> bool:
    """Whether a last line that does not end is JSON that goes on."""
    try:
        raw_decode(line.decode(errors="ignore").lstrip())
    except json.JSONDecodeError as error:
        return ran_out(error)
    except (ValueError, RecursionError):
        pass
    return False


def lines(source: Opened, is_cut_off: Callable[[bytes], bool] = is_cut_off) -> Iterator[tuple[int, bytes | None]]:
    """The lines that are not blank, numbered from 1; None for one longer than MAX_ROW_BYTES.

    Raises DataFault if the last line does not end and, as `is_cut_off` tells, misses something.
    """
    stream, label, place = source.stream, source.label, source.place
    byte_order_mark = stream.tell()
    source.skip_to_start()
    place.tell = lambda: (place.row, stream.tell() - byte_order_mark)
    number = place.start.before
    while line := stream.readline(MAX_ROW_BYTES):
        number += 1
        if len(line) == MAX_ROW_BYTES and not line.endswith(b"\n"):
            while (rest := stream.readline(MAX_ROW_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        elif not line.isspace():
            if not line.endswith(b"\n") and is_cut_off(line):
                raise DataFault(f"{label} breaks off in line {number}", CUT_OFF_HINT)
            yield number, line
    # The stream will be closed when somebody asks.
    end = place.tell()
    place.tell = lambda: end


def tolerant_decode(line: bytes) -> object:
    """A line that a strict decoder refused: lone surrogates, NaN and huge numbers pass. Raises Refused."""
    try:
        text = line.decode().strip()
        value, end = raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise Refused("malformed_row") from error
    if end < len(text):
        raise Refused("malformed_row")
    return value
