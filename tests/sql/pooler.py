"""A pooler before a Postgres, small and predictable: it lends its sessions to clients, as PgBouncer does.

A client is let in at once and told a backend that does not exist. Its first message gets it a session: of those that
are idle the one used last, or the one unused for longest (`in_turn`), else a new one. It gives it back when it ends
(session mode) or at the end of each transaction (transaction mode). With `room` sessions lent, the next client waits.
"""

import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

import psycopg

Mode = Literal["session", "transaction"]
_OK = b"R" + struct.pack("!ii", 8, 0)
_KEY = b"K" + struct.pack("!iii", 12, 1_999_999_999, 1)
_READY = b"Z\0\0\0\x05I"
_STATUS = {
    "server_encoding": "UTF8",
    "client_encoding": "UTF8",
    "standard_conforming_strings": "on",
    "DateStyle": "ISO",
}


class Pooler:
    """Listens on `port`; `sessions` are those of Postgres that it has opened."""

    def __init__(self, url: str, mode: Mode, *, room: int = 20, in_turn: bool = False) -> None:
        self.sessions: list[psycopg.Connection] = []
        self._url = url
        self._mode = mode
        self._in_turn = in_turn
        self._room = threading.Semaphore(room)
        self._idle: list[psycopg.Connection] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._clients: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        self.port = self._listener.getsockname()[1]

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join()
        for client in self._clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()
        for session in self.sessions:
            session.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._clients.append(client)
                self._threads.append(threading.Thread(target=self._serve, args=(client,)))
                self._threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError, EOFError):
            while struct.unpack("!i", (startup := _packet(client))[:4])[0] != 196_608:  # a wish for TLS or GSSAPI
                assert startup
                client.sendall(b"N")
            client.sendall(_OK + b"".join(map(_status, _STATUS.items())) + _KEY + _READY)
            self._lend(client)

    def _lend(self, client: socket.socket) -> None:
        session = None
        try:
            while (message := _message(client))[:1] != b"X":
                session = session or self._take()
                line = _line_of(session)
                line.sendall(message)
                # What the client sends until a Sync or a query is one request.
                while message[:1] not in (b"Q", b"S", b"c", b"f"):
                    message = _message(client)
                    line.sendall(message)
                if self._answered(line, client) and self._mode == "transaction":
                    self._give_back(session)
                    session = None
        finally:
            if session:
                self._give_back(session)

    def _answered(self, session: socket.socket, client: socket.socket) -> bool:
        """Pass the answer on; whether the session is outside of a transaction then."""
        with session:
            while True:
                message = _message(session)
                client.sendall(message)
                if message[:1] == b"Z":
                    return message[5:6] == b"I"
                if message[:1] == b"G":  # COPY: the client speaks next
                    return False

    def _take(self) -> psycopg.Connection:
        self._room.acquire()
        with self._lock:
            if self._idle:
                return self._idle.pop(0 if self._in_turn else -1)
        opened = psycopg.connect(self._url, autocommit=True)
        self.sessions.append(opened)
        return opened

    def _give_back(self, session: psycopg.Connection) -> None:
        with self._lock:
            self._idle.append(session)
        self._room.release()


def _line_of(session: psycopg.Connection) -> socket.socket:
    """The line of a session that has logged in, to speak on it ourselves."""
    line = socket.socket(fileno=os.dup(session.fileno()))
    line.settimeout(None)
    return line


def _status(pair: tuple[str, str]) -> bytes:
    content = b"".join(part.encode() + b"\0" for part in pair)
    return b"S" + struct.pack("!i", len(content) + 4) + content


def _packet(line: socket.socket) -> bytes:
    (length,) = struct.unpack("!i", _exactly(line, 4))
    return _exactly(line, length - 4)


def _message(line: socket.socket) -> bytes:
    head = _exactly(line, 5)
    return head + _exactly(line, struct.unpack("!i", head[1:])[0] - 4)


def _exactly(line: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = line.recv(size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return parts


@contextmanager
def pooler(url: str, mode: Mode, *, room: int = 20, in_turn: bool = False) -> Iterator[Pooler]:
    started = Pooler(url, mode, room=room, in_turn=in_turn)
    try:
        yield started
    finally:
        started.close()
