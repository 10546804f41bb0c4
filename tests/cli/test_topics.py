"""`scrobbles topics ensure`: what is missing is created, what is otherwise is reported."""

from confluent_kafka.admin import NewTopic

from schemas.broker import admin
from schemas.settings import Settings
from schemas.topics import LANES, PARTITIONS, lane_topic
from tests.cli.commands import eventually
from tests.cli.here import Here


def test_what_is_missing_is_created_and_nothing_is_left_to_do(here: Here) -> None:
    done = here.run("topics", "ensure")
    assert (done.code, done.errors.count(f"created with {PARTITIONS} partitions")) == (0, len(LANES))
    done = here.run("topics", "ensure")
    assert (done.code, done.errors) == (0, "all topics are as they should be\n")


def test_a_topic_that_is_otherwise_is_reported_and_fails(here: Here, settings: Settings) -> None:
    name = lane_topic(settings.topic_prefix, "live").name
    client = admin(settings)
    client.create_topics([NewTopic(name, 3, 1)])[name].result(30)
    eventually(lambda: name in client.list_topics(timeout=5).topics)
    for _ in range(2):
        done = here.run("topics", "ensure")
        assert done.code == 1
        assert f"{name} has 3 partitions instead of {PARTITIONS}" in done.errors
    assert len(client.list_topics(timeout=5).topics[name].partitions) == 3
