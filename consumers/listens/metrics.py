"""What a worker publishes for Prometheus; it reads the outcomes beside the loop, never in it."""

from collections.abc import Iterator
from importlib.metadata import version

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from consumers.listens.loop import Contacted, Passed, Step, Waiting, Worker
from schemas import metrics
from schemas.settings import APPLICATION

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, which nobody looks at
_rows = Counter(metrics.SINK_ROWS, "Messages that were stored, by what became of them.", ["outcome"])
_dead = Counter(metrics.DEAD_LETTERS, "Messages that became dead letters, by reason.", ["reason"])
_batch_rows = Histogram(metrics.SINK_BATCH_ROWS, "Messages per batch.", buckets=(1, 10, 100, 500, 1_000, 2_500, 5_000))
_flush = Histogram(metrics.SINK_FLUSH_SECONDS, "Seconds to store a batch.", buckets=(0.01, 0.05, 0.1, 0.5, 1, 5))
_age = Histogram(
    metrics.SINK_BATCH_AGE,
    "Seconds from the first message of a batch to its end.",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
)
_closed = Counter(metrics.SINK_FLUSH_REASONS, "Batches that were stored, by why they were closed.", ["reason"])
_waits = Counter(metrics.SINK_WAITS, "Times the worker could not store and waited.")
_build = Gauge(metrics.BUILD_INFO, "The version that runs.", ["version"])


def record(outcome: Step) -> None:
    """Count one step of the loop."""
    if isinstance(outcome, Waiting):
        _waits.inc()
        return
    if isinstance(outcome, Contacted):
        return
    if isinstance(outcome, Passed):
        _closed.labels(outcome.closed).inc()
        _age.observe(outcome.age)
        return
    for name in ("inserted", "duplicate", "dead"):
        _rows.labels(name).inc(getattr(outcome, name))
    for reason, number in outcome.reasons.items():
        _dead.labels(reason).inc(number)
    _batch_rows.observe(outcome.read)
    _flush.observe(outcome.seconds)


def publish(worker: Worker) -> None:
    """Have the lag of this worker measured each time somebody asks; in between it costs nothing."""
    _build.labels(version(APPLICATION)).set(1)
    REGISTRY.register(_Lag(worker))


class _Lag(Collector):
    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def describe(self) -> list[Metric]:
        return []  # nothing is known before the group has given us partitions

    def collect(self) -> Iterator[Metric]:
        health = self._worker.health()
        yield GaugeMetricFamily(metrics.ASSIGNED_PARTITIONS, "Partitions of this worker.", health.assigned)
        yield CounterMetricFamily(metrics.REBALANCES, "Times the group gave it some.", health.rebalances)
        if health.dead_letters is not None:
            yield GaugeMetricFamily(metrics.DEAD_LETTERS_WAITING, "Dead letters that wait.", health.dead_letters)
        messages = GaugeMetricFamily(metrics.LAG_MESSAGES, "Messages not stored yet.", labels=["topic", "partition"])
        seconds = GaugeMetricFamily(
            metrics.LAG_SECONDS, "Seconds since the broker got the last stored one.", labels=["topic", "partition"]
        )
        for lag in self._worker.lags():
            place = [lag.topic, str(lag.number)]
            messages.add_metric(place, lag.messages)
            if lag.seconds is not None:
                seconds.add_metric(place, lag.seconds)
        yield messages
        yield seconds
