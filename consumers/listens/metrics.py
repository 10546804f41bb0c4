"""What a worker publishes for Prometheus; it reads the outcomes beside the loop, never in it."""

from prometheus_client import Counter, Histogram, start_http_server

from consumers.listens.loop import Waiting
from consumers.listens.store import Outcome
from schemas import metrics

_rows = Counter(metrics.SINK_ROWS, "Messages that were stored, by what became of them.", ["outcome"])
_batch_rows = Histogram(metrics.SINK_BATCH_ROWS, "Messages per batch.", buckets=(1, 10, 100, 500, 1_000, 2_500, 5_000))
_flush = Histogram(metrics.SINK_FLUSH_SECONDS, "Seconds to store a batch.", buckets=(0.01, 0.05, 0.1, 0.5, 1, 5))
_waits = Counter(metrics.SINK_WAITS, "Times the worker could not store and waited.")


def record(outcome: Outcome | Waiting) -> None:
    """Count one step of the loop."""
    if isinstance(outcome, Waiting):
        _waits.inc()
        return
    for name in ("inserted", "duplicate", "dead"):
        _rows.labels(name).inc(getattr(outcome, name))
    _batch_rows.observe(outcome.read)
    _flush.observe(outcome.seconds)


def serve(port: int) -> None:
    """Serve them on loopback; port 0 means not at all."""
    if port:
        start_http_server(port, "127.0.0.1")
