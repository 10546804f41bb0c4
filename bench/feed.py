"""Many people at once: sends the listens of a file as if each came from one of 500 sources, in a process of its own.

python -m bench.feed FILE FIRST_SOURCE
"""

import gc
import os
import random
import sys
from pathlib import Path

import msgspec

from producers.publish import Publisher
from schemas.errors import DependencyGone
from schemas.listen import Listen
from schemas.settings import Settings, load
from schemas.topics import lane_topic

PEOPLE = 500
_FLUSH_SECONDS = 60.0


def feed(settings: Settings, path: Path, first_source: int) -> None:
    """Send every line, and return when all are acknowledged. Raises DependencyGone if they never are."""
    publisher = Publisher(settings, lane_topic(settings.topic_prefix, "import").name, first_source)
    decode = msgspec.json.Decoder(Listen).decode
    rng = random.Random(1)
    with path.open("rb") as lines:
        for line in lines:
            # A publisher serves one source; one for each of these people would be 500 connections.
            publisher._source_id = first_source + int(rng.random() * PEOPLE)
            publisher.send(decode(line))
    if not publisher.flush(_FLUSH_SECONDS):
        raise DependencyGone("Kafka did not acknowledge everything")


def main() -> None:
    """Feed, with the settings of the environment."""
    _, path, first_source = sys.argv
    gc.freeze()
    gc.disable()
    feed(load(os.environ).settings, Path(path), int(first_source))


if __name__ == "__main__":
    main()
