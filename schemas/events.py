"""The events a service logs, and no others: dashboards and alerts may only use these names.

What stands beside an event is numbers, addresses, and our own sentences; never a secret, never the name of a play.
"""

from typing import Literal, TypeAlias

# A worker that ends says one of these as its last word; beside it stands its exit code.
Ending: TypeAlias = Literal[
    "stopped",  # 0: it was asked to, and has finished its batch
    "failed",  # 1
    "usage_wrong",  # 2
    "data_wrong",  # 65: a file or an offset, where nothing below says it better
    "offset_gone",  # 65: retention deleted messages that were not read
    "offset_missing",  # 65: the log has a gap where the next message should be: transactions, compaction
    "log_truncated",  # 65: the log ends before what was read of it
    "topic_id_changed",  # 65: the topic was deleted and recreated
    "topic_gone",  # 65: it was deleted
    "too_many_dead_letters",  # 65: half of the last 1,000 messages of this worker are no listens
    "kafka_gone",  # 69
    "database_gone",  # 69
    "dependency_gone",  # 69: something else
    "bug",  # 70
    "partitions_not_taken",  # 70: a rebalance failed inside the client's callback
    "kafka_denied",  # 77
    "database_denied",  # 77
    "access_denied",  # 77: something else
    "topic_missing",  # 78
    "schema_wrong",  # 78: migrations are missing, or newer than this program
    "database_unusable",  # 78: read-only, a table is missing, …
    "kafka_unusable",  # 78: settings that the client refuses, a protocol that the broker does not speak
    "configuration_wrong",  # 78: something else
]

Event: TypeAlias = (
    Ending
    | Literal[
        "started",  # and where its health and metrics are
        "stored",  # a batch: what became of its messages
        "waiting",  # the database cannot be used now, and why; it is tried again
        "fenced",  # another worker owns a partition of the batch; nothing was stored
        "kafka_silent",  # no messages can come, and why: a broker does not answer
        "kafka_back",  # it answers again
    ]
)
