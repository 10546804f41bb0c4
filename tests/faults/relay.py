"""A TCP relay before a server, so that a test can harm the connection and neither of its ends.

cut()                 every connection breaks, new ones are refused
black_hole()          connections stay, nothing passes, either way
delay(seconds)        every piece passes late
cut_after_commit()    the next COMMIT reaches Postgres and is carried out; its answer is swallowed with the connection
mend()                as if nothing had been
"""

import socket
import threading
from contextlib import suppress
from typing import Self

# Messages of the Postgres protocol: the simple query COMMIT, and the server's answer that it is done.
_COMMIT = b"Q\0\0\0\x0bCOMMIT\0"
_COMMITTED = b"C\0\0\0\x0bCOMMIT\0"
_PIECE = 65_536


class Relay:
    """Listens on a loopback port and passes everything to `target`, another one. `swallowed` counts answers."""

    def __init__(self, target: int, port: int = 0) -> None:
        self.swallowed = 0
        self._target = target
        self._flows = threading.Event()
        self._flows.set()
        self._late = 0.0
        self._left: int | None = None
        self._swallowing = False
        self._lock = threading.Lock()
        self._pairs: set[_Pair] = set()
        self._never = threading.Event()
        self._listener = self._listen(port)
        self.port = self._listener.getsockname()[1]

    def cut(self) -> None:
        # A thread that waits in accept keeps the port, whatever is closed; a shutdown wakes it.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_connections()

    def cut_connections(self) -> int:
        """Break what is connected, and let it connect again; how many connections there were."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            pair.close()
        return len(pairs)

    def black_hole(self, after: int) -> None:
        self._left = after

    @property
    def swallows(self) -> bool:
        """Whether the black hole is there."""
        return not self._flows.is_set()

    def delay(self, seconds: float) -> None:
        self._late = seconds

    def cut_after_commit(self) -> None:
        self._swallowing = True

    def mend(self) -> None:
        self._late, self._left, self._swallowing = 0.0, None, False
        self._flows.set()
        if self._listener.fileno() < 0:
            self._listener = self._listen(self.port)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._flows.set()

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port))
        # Small buffers: a black hole must be felt by who sends a batch into it.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PIECE)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self._target))
                except OSError:
                    client.close()
                    continue
                pair = _Pair(client, server)
                with self._lock:
                    self._pairs.add(pair)
                threading.Thread(target=self._up, args=(pair,), daemon=True).start()
                threading.Thread(target=self._down, args=(pair,), daemon=True).start()

    def _up(self, pair: "_Pair") -> None:
        with suppress(OSError):
            while data := self._taken(pair.client):
                if self._left is not None:
                    self._left -= len(data)
                    if self._left < 0:
                        self._flows.clear()
                        self._flows.wait()
                if self._swallowing and data.endswith(_COMMIT):
                    pair.commits = True
                pair.server.sendall(data)
        pair.close()

    def _down(self, pair: "_Pair") -> None:
        with suppress(OSError):
            while data := self._taken(pair.server):
                if pair.commits and _COMMITTED in data:
                    self._swallowing = False
                    self.swallowed += 1
                    break
                pair.client.sendall(data)
        pair.close()

    def _taken(self, end: socket.socket) -> bytes:
        self._flows.wait()
        data = end.recv(_PIECE)
        self._flows.wait()
        if self._late:
            self._never.wait(self._late)
        return data


class _Pair:
    """The two sockets of one connection."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.commits = False
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
