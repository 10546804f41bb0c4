"""How far the workers of a place have come, by the offsets alone: also those that keep no ledger."""

import time

import psycopg

from bench.place import Place

PASSED = "select coalesce(sum(next_offset), 0)::bigint from consumer_offset"
_LOOK_SECONDS = 0.01


def await_passed(place: Place, messages: int) -> float:
    """When so many messages were passed. Raises Fault if a worker fails meanwhile."""
    with psycopg.connect(place.url, autocommit=True) as connection:
        while (connection.execute(PASSED).fetchone() or (0,))[0] < messages:
            place.must_be_well()
            time.sleep(_LOOK_SECONDS)
    return time.monotonic()
