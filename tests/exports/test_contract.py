"""What every reader of exports keeps, whatever the format."""

import io
import random
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from producers.exports import FORMATS, open_export, read_export, sniff
from producers.exports.rows import clean
from schemas.errors import DataFault, Fault, UsageFault
from schemas.identity import normalise
from schemas.listen import EARLIEST, Listen, Skipped, Track
from tests.exports.kinds import KINDS, LISTED, START, STREAMED, Kind, listens, moment

STARTS = (b"PK\x03\x04", *(kind.document([kind.row(listens(1)[0])])[:-9] for kind in STREAMED), b"")

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
every_listed_kind = pytest.mark.parametrize("kind", LISTED, ids=lambda kind: kind.name)
every_streamed_kind = pytest.mark.parametrize("kind", STREAMED, ids=lambda kind: kind.name)


def read(content: bytes, format_: str | None = None) -> list[Listen | Skipped]:
    return list(read_export(io.BytesIO(content), format_))


def read_until_fault(content: bytes) -> tuple[list[Listen | Skipped], Fault | None]:
    items: list[Listen | Skipped] = []
    try:
        items.extend(read_export(io.BytesIO(content)))
    except DataFault as fault:
        return items, fault
    return items, None


def continues_after_any_row(path: Path, step: int = 1) -> list[str]:
    everything = [str(item) for item in read_export(path)]
    for passed in range(0, len(everything) + 2, step):
        with open_export(path) as export:
            items = [str(item) for item in islice(export.rows, passed)]
            position = export.position()
        with open_export(path, start=position) as export:
            assert items + [str(item) for item in export.rows] == everything
    return everything


def times(items: list[Listen | Skipped]) -> list[int]:
    return [item.listened_at for item in items if isinstance(item, Listen)]


class TestEveryReader:
    @every_listed_kind
    def test_keeps_the_order_of_the_file(self, kind: Kind) -> None:
        shuffled = random.Random(1).sample(listens(300), 300)  # noqa: S311 # not a secret
        assert times(read(kind.document([kind.row(one) for one in shuffled]))) == times([*shuffled])

    @every_kind
    def test_reads_what_was_written(self, kind: Kind) -> None:
        (item,) = read(kind.document([kind.row(listens(1)[0])]))
        assert item == kind.kept(listens(1)[0])

    @every_kind
    @pytest.mark.parametrize("bad", ["17", "null", '"text"', "{}", '{"time":1}', "[[17]]", '{"track_metadata":[]}'])
    def test_names_the_row_of_a_bad_record_and_goes_on(self, kind: Kind, bad: str) -> None:
        rows = [kind.row(one) for one in listens(3)]
        content = kind.document([rows[0], bad, rows[1], bad, rows[2]])
        header = content[: content.index(rows[0].encode())].count(b"\n") if kind.by_line else 0
        items = read(content)
        assert [item.row for item in items if isinstance(item, Skipped)] == [header + 2, header + 4]
        assert {item.reason for item in items if isinstance(item, Skipped)} == {"malformed_row"}
        assert times(items) == [START, moment(1), moment(2)]

    @every_listed_kind
    def test_gives_repeats_as_often_as_they_are_there(self, kind: Kind) -> None:
        assert times(read(kind.document([kind.row(listens(1)[0])] * 3))) == [START] * 3

    @every_listed_kind
    def test_no_key_of_a_row_is_odd_enough_to_cost_it(self, kind: Kind) -> None:
        row = kind.row(listens(1)[0])
        assert read(kind.document([row, row.replace("{", '{"\\ud800":1,')])) == [kind.kept(listens(1)[0])] * 2

    @every_kind
    def test_continues_after_any_row(self, kind: Kind, tmp_path: Path) -> None:
        rows = [kind.row(one) for one in listens(20)]
        (tmp_path / "export").write_bytes(kind.document([*rows[:5], "17", *rows[5:]]))
        assert len(continues_after_any_row(tmp_path / "export")) == 21

    @every_streamed_kind
    def test_continues_after_a_byte_order_mark(self, kind: Kind, tmp_path: Path) -> None:
        (tmp_path / "export").write_bytes(b"\xef\xbb\xbf" + kind.document([kind.row(one) for one in listens(3)]))
        assert len(continues_after_any_row(tmp_path / "export")) == 3

    @every_streamed_kind
    def test_goes_on_far_into_a_file(self, kind: Kind, tmp_path: Path) -> None:
        rows = [kind.row(one) for one in listens(3_000)]
        (tmp_path / "export").write_bytes(kind.document([*rows[:1_500], "17", *rows[1_500:]]))
        continues_after_any_row(tmp_path / "export", step=331)

    @every_kind
    def test_says_which_format_it_is_before_the_first_row(self, kind: Kind) -> None:
        with open_export(io.BytesIO(kind.document([kind.row(listens(1)[0])]))) as export:
            assert export.format == kind.format
            assert len(list(export.rows)) == 1

    @every_kind
    def test_does_not_look_at_the_name(self, kind: Kind, tmp_path: Path) -> None:
        path = tmp_path / "holiday picture (1).PNG"
        path.write_bytes(kind.document([kind.row(one) for one in listens(2)]))
        assert sniff(path) == kind.format
        assert times(list(read_export(str(path)))) == [START, moment(1)]

    @every_streamed_kind
    def test_survives_an_empty_list(self, kind: Kind) -> None:
        content = kind.document([])
        if content:
            assert read(content, kind.format) == []
        else:
            with pytest.raises(DataFault, match="is empty"):
                read(content, kind.format)

    @every_streamed_kind
    def test_passes_over_a_byte_order_mark(self, kind: Kind) -> None:
        assert times(read(b"\xef\xbb\xbf" + kind.document([kind.row(listens(1)[0])]))) == [START]

    @every_streamed_kind
    def test_gives_every_complete_row_of_a_file_cut_anywhere(self, kind: Kind) -> None:
        written = [kind.row(one) for one in listens(3)]
        content = kind.document(written)
        start = content.index(written[0].encode())
        ends = [content.index(row.encode()) + len(row.encode()) for row in written]
        for cut in range(len(content)):
            items, fault = read_until_fault(content[:cut])
            assert times(items) == [moment(n) for n, end in enumerate(ends) if end <= cut], content[:cut]
            assert not any(isinstance(item, Skipped) for item in items)
            lines_so_far = content[:cut].rstrip(b"\r\n")
            between_lines = kind.by_line and (len(lines_so_far) in ends or cut == start > 0)
            whole = content[:cut].rstrip(b"\r\n") == content.rstrip(b"\r\n")
            in_header = kind.by_line and cut < start
            assert in_header or bool(fault) is not (whole or between_lines), content[:cut]

    def test_finds_nothing_in_an_archive_cut_anywhere(self) -> None:
        kind = KINDS[-1]
        assert kind not in STREAMED
        content = kind.document([kind.row(one) for one in listens(2)])
        for cut in range(len(content)):
            items, fault = read_until_fault(content[:cut])
            assert fault
            assert items == []

    @every_streamed_kind
    def test_never_runs_far_ahead_of_what_it_gives(self, kind: Kind) -> None:
        rows = [kind.row(one) for one in listens(20_000)]
        source = Counted(kind.document(rows))
        size = len(rows[-1].encode()) + 2
        for number, _ in enumerate(read_export(source), 1):
            assert source.given < number * size + 300_000

    @every_kind
    @given(data=st.data())
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_gives_back_any_listen_that_is_written_in_its_format(self, kind: Kind, data: st.DataObject) -> None:
        expected = data.draw(st.lists(any_listen, min_size=1, max_size=5))
        if kind.database:
            expected = sorted({one.listened_at: one for one in expected}.values(), key=lambda one: one.listened_at)
        found = read(kind.document([kind.row(one) for one in expected]))
        assert [_unordered(item) for item in found] == [_unordered(kind.kept(item)) for item in expected]

    @given(content=st.binary(max_size=300))
    @settings(max_examples=50, deadline=None)
    def test_meets_arbitrary_bytes_with_nothing_but_a_fault(self, content: bytes) -> None:
        for start in STARTS:
            for format_ in (None, *(known.name for known in FORMATS)):
                try:
                    read(start + content, format_)
                except (DataFault, UsageFault) as fault:
                    assert fault.message  # noqa: PT017 # either is fine


class Counted(io.BytesIO):
    given = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self.given += len(piece)
        return piece


def _is_name(text: str) -> bool:
    return bool(normalise(text)) and text == clean(text)


# Without what credits several artists at once; test_credits.py is about that.
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="•·.\ufffd"), min_size=1, max_size=20)
name = names.map(clean).filter(_is_name).filter(lambda text: not set(text.casefold().split()) & {"featuring"})
seconds = st.one_of(st.none(), st.integers(1, 2_147_483).map(lambda second: second * 1_000))


@st.composite
def any_listens(draw: st.DrawFn) -> Listen:
    artists = draw(st.lists(name, min_size=1, max_size=3, unique_by=normalise))
    album = draw(st.one_of(st.none(), name))
    track = Track(tuple(artists), draw(name), album, artists[0] if album else None, draw(seconds))
    return Listen(draw(st.integers(EARLIEST, START)), track, draw(seconds))


any_listen = any_listens()


def _unordered(item: Listen | Skipped) -> object:
    assert isinstance(item, Listen)
    track = item.track
    return (
        item.listened_at,
        item.played_ms,
        track.artists[0] if track.album else None,
        frozenset(track.artists),
        (track.title, track.album, track.album_artist, track.duration_ms),
    )
