"""What a worker answers over HTTP: whether it lives, whether it is at work, and its metrics.

/livez     200 while the loop has gone round in the last 120 s; the database is not asked, or an outage of it would
           restart all workers
/readyz    200 while it has partitions, could store at its last try, has gone round in the last 10 s, and the brokers
           of its partitions answer the client that reads them, else 503 and why: a database that is frozen gives no
           error, it lets a statement wait, and a broker that is gone gives none either, there are only no messages
/metrics   for Prometheus
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from consumers.listens.loop import Health
from schemas.errors import ConfigurationFault

# No statement takes a worker longer than the 60 s of its statement_timeout, and each ends a turn of the loop or begins
# a shorter one.
STUCK_SECONDS = 120.0
# A turn with a full batch takes well under a second, one without messages 0.3 s.
SLOW_SECONDS = 10.0
# Whoever connects and says nothing is not waited for.
_PATIENCE_SECONDS = 1


@contextmanager
def serving(health: Callable[[], Health], host: str, port: int) -> Iterator[str]:
    """Answer while the block runs, in threads of their own; gives the address. Port 0 is any that is free.

    Nobody asks any more when the block has ended. Raises ConfigurationFault where somebody else has the port.
    """

    class Handler(_Handler):
        health_now = staticmethod(health)

    try:
        server = _Server((host, port), Handler)
    except OSError as error:
        raise ConfigurationFault(
            f"health and metrics cannot be served on {host}:{port}: {error.strerror}",
            "SCROBBLES_METRICS_HOST is an address of this machine, SCROBBLES_METRICS_PORT a free port, 0 for any",
        ) from error
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="health", daemon=True).start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for answers that are under way


class _Handler(BaseHTTPRequestHandler):
    health_now: Callable[[], Health]
    timeout = _PATIENCE_SECONDS

    def do_HEAD(self) -> None:
        """The same answer without its body: what some probes of load balancers ask."""
        self.do_GET()

    def do_GET(self) -> None:
        """Answer one question."""
        answers = {"/livez": self._livez, "/readyz": self._readyz, "/metrics": self._metrics}
        path = self.path.partition("?")[0]
        status, kind, body = answers[path]() if path in answers else (404, "text/plain", b"/livez /readyz /metrics\n")
        with suppress(ConnectionError):  # whoever asked has gone; a traceback in the log would help nobody
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: whoever asks does so every few seconds."""

    def _livez(self) -> tuple[int, str, bytes]:
        return _told(_stillness(self.health_now(), STUCK_SECONDS))

    def _readyz(self) -> tuple[int, str, bytes]:
        health = self.health_now()
        reasons = [] if health.assigned else ["the group has given it no partitions"]
        return _told(reasons + ([health.trouble] if health.trouble else []) + _stillness(health, SLOW_SECONDS))

    def _metrics(self) -> tuple[int, str, bytes]:
        return 200, CONTENT_TYPE_LATEST, generate_latest()


def _stillness(health: Health, longest: float) -> list[str]:
    idle = time.monotonic() - health.ticked
    return [f"the loop has stalled for {idle:.0f} s: it waits for the database or Kafka"] if idle > longest else []


def _told(reasons: list[str]) -> tuple[int, str, bytes]:
    body = json.dumps({"ok": not reasons, "reasons": reasons}, ensure_ascii=False).encode() + b"\n"
    return 503 if reasons else 200, "application/json", body
