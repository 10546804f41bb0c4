"""The topics: how they are called and made. Auto-creation stays off, for a typo must not make a topic."""

from typing import Literal, NamedTuple, TypeAlias

Lane: TypeAlias = Literal["live", "import"]
LANES: tuple[Lane, ...] = ("live", "import")

# Twelve workers at most share a lane; more partitions cost every one of them more and smaller fetches.
PARTITIONS = 12


class Topic(NamedTuple):
    """A topic as `scrobbles topics ensure` makes it."""

    name: str
    partitions: int
    config: dict[str, str]


def lane_topic(prefix: str, lane: Lane, min_isr: int | None = None) -> Topic:
    """A lane of its own for imports, so that ten years of history never delay the play of this minute.

    The log is the raw store, so nothing is ever deleted by age or size. Every record carries the broker's own time:
    if it carried the time of the play, retention on an operator's cluster would delete old plays before they are read.
    """
    config = {
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "retention.bytes": "-1",
        "message.timestamp.type": "LogAppendTime",
    }
    return Topic(
        f"{prefix}.{lane}", PARTITIONS, config | ({"min.insync.replicas": str(min_isr)} if min_isr is not None else {})
    )


def all_topics(prefix: str, min_isr: int | None = None) -> list[Topic]:
    """Every topic the product uses; where no `min_isr` is given, that is the cluster's to decide."""
    return [lane_topic(prefix, lane, min_isr) for lane in LANES]
