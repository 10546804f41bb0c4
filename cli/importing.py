"""What `import` and `jobs resume` share: one export after the other, each with its progress, its report, its code."""

import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import BinaryIO

import msgspec
import psycopg

from cli.console import complain, emit_json, say
from cli.progress import watching
from cli.report import exit_code, not_stored, show_report
from cli.wiring import database_url
from producers.jobs.database import Database
from producers.jobs.importing import Imported, Order, import_export
from producers.jobs.job import Report
from producers.jobs.progress import Cancelled, Step, Watch
from producers.jobs.rehearsal import Comparison, rehearse
from producers.jobs.rejects import RejectsFile
from schemas.broker import admin, topic_ids
from schemas.errors import DONE, FINISHED_WITH_REJECTS, INTERRUPTED, DataFault, Fault, UsageFault
from schemas.settings import Settings
from schemas.topics import lane_topic
from sql.connection import fault_of


class Imports:
    """Imports exports in turn; one that fails does not stop the others, and their rejects go into one file."""

    def __init__(self, settings: Settings, *, json: bool, rehearsing: bool = False) -> None:
        self._settings = settings
        self._json = json
        self._rehearsing = rehearsing
        self._reports: list[Report] = []
        self._codes: list[int] = []

    def add(self, order: Order) -> None:
        """Import one export and tell what became of it. Raises Cancelled."""
        try:
            with local(order) as order_, watching(order.name, self._settings) as watch, stoppable(watch) as stopping:
                imported = self._import(order_, stopping)
                asked = stopping.asked
        except Fault as fault:
            complain(fault.message, fault.hint)
            self._codes.append(fault.exit_code)
            return
        self._reports.append(imported.report)
        self._codes.append(self._tell(imported, order.name, order.rejects))
        if asked:
            raise Cancelled

    @property
    def begun(self) -> bool:
        """Whether there is a report, so that something is on record."""
        return bool(self._reports)

    def end(self, *, several: bool) -> int:
        """Write the reports for a script, and return the exit code: the first that is a failure, else the worst."""
        if self._json and self._reports:
            answer = [msgspec.to_builtins(report) for report in self._reports]
            emit_json(answer if several else answer[0])
        return next((code for code in self._codes if code not in (DONE, FINISHED_WITH_REJECTS)), max(self._codes))

    def cancelled(self, *, several: bool) -> int:
        """The same after the person has stopped it."""
        if self._codes:
            self.end(several=several)
        return INTERRUPTED

    def _import(self, order: Order, watch: Watch) -> Imported:
        if self._rehearsing:
            return self._rehearse(order, watch)
        database = Database(database_url(self._settings), watch)
        try:
            return import_export(database, self._settings, order, watch)
        finally:
            database.close()

    def _rehearse(self, order: Order, watch: Watch) -> Imported:
        """A database tells more, but a dry run needs none."""
        url = self._settings.database_url
        comparison = None
        try:
            comparison = Comparison(url, order.user) if url else None
        except Fault as fault:
            say(f"what would be new is not known: {fault.message}")
        try:
            return rehearse(order, comparison, watch)
        except psycopg.Error as error:
            raise fault_of(error, url or "") from error
        finally:
            if comparison:
                comparison.close()

    def _tell(self, imported: Imported, name: str, rejects: RejectsFile | None) -> int:
        report, fault = imported.report, imported.fault
        if imported.known:
            say(f"nothing new: {name} was imported before; --force reads it again. The report of that time:")
            if rejects:
                say(f"{rejects.name} was not written, for nothing was read")
        if imported.resumed:
            say(f"job {report.job} was resumed")
        if not self._json:
            show_report(report, rejects.name if rejects and not imported.known else None)
        if fault is not None:
            stored = isinstance(fault, DataFault) and report.job and not not_stored(report)
            complain(fault.message + ("; what came before it is stored" if stored else ""), fault.hint)
            return fault.exit_code
        return exit_code(report)


def require_kafka(settings: Settings) -> None:
    """Ask, for a sender would wait two minutes. Raises the Fault of a Kafka that cannot take an import."""
    topic_ids(admin(settings), [lane_topic(settings.topic_prefix, "import").name])


@contextmanager
def local(order: Order) -> Iterator[Order]:
    """The order with what can be read more than once: stdin, or another pipe, is kept in a temporary file.

    Raises UsageFault for a device.
    """
    is_pipe = order.name == "-" or order.path.is_fifo()
    if not is_pipe:
        # Some devices never end.
        if order.path.exists() and not (order.path.is_file() or order.path.is_dir()):
            raise UsageFault(f"{order.name} is a device, not a file")
        yield order
        return
    name = "stdin" if order.name == "-" else order.name
    with tempfile.TemporaryDirectory(prefix="scrobbles-") as folder:
        kept = Path(folder, "stdin")
        try:
            with kept.open("wb") as file, _piped(order) as pipe:
                shutil.copyfileobj(pipe, file, 1 << 20)
        except OSError as error:
            sentence = f"{name} cannot be copied to a temporary file: {error.strerror}"
            raise Fault(sentence, "TMPDIR chooses the folder of temporary files") from error
        try:
            yield order._replace(path=kept)
        except Fault as fault:
            # Where it was kept means nothing to the person.
            fault.message = fault.message.replace(str(kept), name)
            raise


def _piped(order: Order) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if order.name == "-" else order.path.open("rb")


class Stoppable:
    """A watch that raises Cancelled once Ctrl-C or SIGTERM has come; a second one ends the process at once."""

    def __init__(self, watch: Watch) -> None:
        self.asked = False
        self._watch = watch

    def ask(self, number: int, _: FrameType | None) -> None:
        """Note the signal."""
        self.asked = True
        signal.signal(number, signal.SIG_DFL)

    def __call__(self, step: Step) -> None:
        """Pass the step on. Raises Cancelled."""
        self._watch(step)
        if self.asked:
            raise Cancelled


@contextmanager
def stoppable(watch: Watch) -> Iterator[Stoppable]:
    """Let signals stop what is told to the watch, while the block runs."""
    made = Stoppable(watch)
    before = {number: signal.signal(number, made.ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield made
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
