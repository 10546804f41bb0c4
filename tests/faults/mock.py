"""librdkafka's own mock cluster: it answers with any error code on demand, to which no real broker can be brought."""

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import confluent_kafka

# Requests of the Kafka protocol by their number.
PRODUCE, LIST_OFFSETS, OFFSET_COMMIT, FIND_COORDINATOR, JOIN_GROUP, HEARTBEAT, SYNC_GROUP = 0, 2, 8, 10, 11, 12, 14

# Of a client type.
_PRODUCER = 0


class MockCluster:
    """Two brokers in this process, at `address`."""

    def __init__(self) -> None:
        self._library = _librdkafka()
        conf, error = self._library.rd_kafka_conf_new(), ctypes.create_string_buffer(512)
        self._handle = self._library.rd_kafka_new(_PRODUCER, ctypes.c_void_p(conf), error, len(error))
        assert self._handle, error.value
        self._cluster = self._library.rd_kafka_mock_cluster_new(ctypes.c_void_p(self._handle), 2)
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(ctypes.c_void_p(self._cluster), 0)
        self._library.rd_kafka_mock_start_request_tracking(ctypes.c_void_p(self._cluster))
        self.address = self._library.rd_kafka_mock_cluster_bootstraps(ctypes.c_void_p(self._cluster)).decode()

    def make_topic(self, name: str, partitions: int) -> None:
        made = self._library.rd_kafka_mock_topic_create(ctypes.c_void_p(self._cluster), name.encode(), partitions, 1)
        assert made == 0

    def answer_with(self, request: int, errors: Sequence[int]) -> None:
        """Answer the next requests of this kind with these errors, one each."""
        codes = (ctypes.c_int * len(errors))(*errors)
        self._library.rd_kafka_mock_push_request_errors_array(
            ctypes.c_void_p(self._cluster), ctypes.c_int16(request), ctypes.c_size_t(len(errors)), codes
        )

    def answer_late(self, request: int, seconds: float) -> None:
        """Answer the next request of this kind, to whichever broker it goes, after so long."""
        for broker in (1, 2):
            self._library.rd_kafka_mock_broker_push_request_error_rtts(
                ctypes.c_void_p(self._cluster),
                ctypes.c_int32(broker),
                ctypes.c_int16(request),
                ctypes.c_size_t(1),
                ctypes.c_int(0),
                ctypes.c_int(int(1_000 * seconds)),
            )

    def asked(self, request: int) -> int:
        """How often it was sent such a request."""
        count = ctypes.c_size_t(0)
        found = self._library.rd_kafka_mock_get_requests(ctypes.c_void_p(self._cluster), ctypes.byref(count))
        requests = ctypes.cast(found, ctypes.POINTER(ctypes.c_void_p))
        keys = [self._library.rd_kafka_mock_request_api_key(ctypes.c_void_p(requests[at])) for at in range(count.value)]
        self._library.rd_kafka_mock_request_destroy_array(ctypes.c_void_p(found), count)
        return keys.count(request)

    def move_coordinator(self, group: str, broker: int) -> None:
        moved = self._library.rd_kafka_mock_coordinator_set(
            ctypes.c_void_p(self._cluster), b"group", group.encode(), broker
        )
        assert moved == 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._library.rd_kafka_mock_cluster_destroy(ctypes.c_void_p(self._cluster))
        self._library.rd_kafka_destroy(ctypes.c_void_p(self._handle))


def _librdkafka() -> ctypes.CDLL:
    """The library that confluent_kafka itself has loaded: a second copy would know nothing of the first."""
    package = Path(confluent_kafka.__file__).parent
    (path,) = package.with_name("confluent_kafka.libs").glob("librdkafka*")
    library = ctypes.CDLL(str(path))
    for name in ("conf_new", "new", "mock_cluster_new", "mock_get_requests"):
        getattr(library, f"rd_kafka_{name}").restype = ctypes.c_void_p
    library.rd_kafka_mock_request_api_key.restype = ctypes.c_int16
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    return library
