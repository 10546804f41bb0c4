"""Whether all is well: what runs, what waits and what is wrong, each cause once and with its remedy."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

import sql
from cli.readiness import unready
from cli.wiring import connected
from consumers.listens.ledger import Position, positions
from deploy.local import supervisor
from deploy.local.checks import full_disk
from deploy.local.processes import Process
from deploy.local.stack import SERVERS, processes_of
from schemas.broker import admin
from schemas.errors import DONE, DependencyGone, Fault
from schemas.settings import Settings
from schemas.topics import LANES, Lane, all_topics, lane_topic

T = TypeVar("T")
_ENDING = "if it was told to stop, it waits for its clients: `scrobbles up` stops it and starts it again"
# A worker that ended like this met what is found in the ledger, or a server that is named itself.
_OF_OFFSETS = {"offset_gone", "log_truncated", "topic_id_changed", "topic_gone", "topic_missing"}
_OF_SERVERS = {"database_gone", "kafka_gone"}


class Problem(NamedTuple):
    """What is not well, and what to do about it where that is known."""

    sentence: str
    hint: str = ""


class Numbers(NamedTuple):
    """What the database tells: plays, dead letters kept and not sent again, workers connected, jobs that wait."""

    listens: int
    dead_letters: int
    letters_waiting: int
    workers: int
    jobs: list[tuple[int, str, int]]


class Health(NamedTuple):
    """The state of one stack or cluster. What could not be asked is None, and the reason is among the problems."""

    processes: list[Process]
    numbers: Numbers | None
    lag: dict[Lane, int] | None
    problems: list[Problem]

    @property
    def is_supervised(self) -> bool:
        """Whether a worker of this machine that ends is started again."""
        return any(process.name == supervisor.NAME and process.is_running() for process in self.processes)

    @property
    def workers_here(self) -> int:
        """The workers that run on this machine for this data folder."""
        return sum(process.about.kind == supervisor.KIND and process.is_running() for process in self.processes)

    @property
    def workers_elsewhere(self) -> int:
        """The workers that are connected and were not started here."""
        return max((self.numbers.workers if self.numbers else 0) - self.workers_here, 0)


def examine(chosen: Settings) -> Health:
    """Ask everything once: a broken part must not hide the state of the others, and one that is gone takes seconds."""
    processes = processes_of(chosen.data)
    stopped = {process.name for process in processes if not process.is_running()}
    problems: list[Problem] = []
    if processes and (full := full_disk(chosen.data)):
        problems.append(Problem(full, "free some disk space, then run `scrobbles up`"))
    ending = _ENDING if "postgres" not in stopped and any(p.name == "postgres" for p in processes) else ""
    numbers = None if "postgres" in stopped else _ask(_numbers, chosen, problems, ending)
    found = _ask(positions_of, chosen, problems) if numbers and "kafka" not in stopped else None
    health = Health(processes, numbers, None if found is None else lag_of(found, chosen), problems)
    met = _OF_SERVERS if problems or stopped & {*SERVERS} else set()
    if found is not None:
        of_offsets = list(_of_offsets(found, chosen, is_local=bool(processes)))
        problems += [*of_offsets, *_of_waiting(health, chosen)]
        met |= _OF_OFFSETS if of_offsets else set()
    ended = [process for process in processes if process.name in stopped]
    problems += [
        _end_of(process, chosen, health) for process in ended if not (process.ended and process.ended.event in met)
    ]
    if not problems:  # or they would say the same once more
        problems += [Problem(f"{at.name} runs, but: {why}") for at in processes if (why := unready(at))]
    return health


def positions_of(chosen: Settings) -> list[Position]:
    """Where the group stands in every partition."""
    with connected(chosen) as connection:
        return positions(connection, admin(chosen), [topic.name for topic in all_topics(chosen.topic_prefix)])


def lag_of(found: Iterable[Position], chosen: Settings) -> dict[Lane, int]:
    """Messages of each lane that are in Kafka and not yet stored; a topic that does not exist has none."""
    names = {lane: lane_topic(chosen.topic_prefix, lane).name for lane in LANES}
    # The embedded broker may tell an end that is too low.
    return {lane: sum(max(at.lag or 0, 0) for at in found if at.topic == name) for lane, name in names.items()}


def _ask(question: Callable[[Settings], T], chosen: Settings, problems: list[Problem], if_gone: str = "") -> T | None:
    try:
        return question(chosen)
    except Fault as fault:
        # Of a server that is gone the hint is to look here.
        problems.append(Problem(fault.message, if_gone if isinstance(fault, DependencyGone) else fault.hint))
        return None


def _numbers(chosen: Settings) -> Numbers:
    with connected(chosen) as connection:
        listens, dead_letters = connection.execute(sql.read("stored")).fetchone() or (0, 0)
        (letters,) = connection.execute(sql.read("waiting_letters")).fetchone() or (0,)
        (workers,) = connection.execute(sql.read("worker_sessions")).fetchone() or (0,)
        jobs = connection.execute(sql.read("waiting_imports")).fetchall()
    return Numbers(listens, dead_letters, letters, workers, jobs)


def _of_offsets(found: Sequence[Position], chosen: Settings, *, is_local: bool) -> Iterable[Problem]:
    """What keeps the group from reading on, and waits for a decision."""
    then = ", then `scrobbles up`" if is_local else "; start the workers that have stopped again"
    missing = {topic.name for topic in all_topics(chosen.topic_prefix)} - {
        each.topic for each in found if each.state != "former"
    }
    if missing:
        yield Problem(f"missing in Kafka: {_listed(missing)}", f"`scrobbles topics ensure`{then}")
    recreated = {each.topic for each in found if each.state == "recreated"}
    if recreated:
        commands = ", ".join(f"`scrobbles offsets adopt {topic}`" for topic in sorted(recreated))
        yield Problem(f"deleted and recreated in Kafka: {_listed(recreated)}", commands + then)
    if gaps := [each for each in found if each.state == "gap"]:
        first = gaps[0]
        lost = f"Kafka deleted messages {first.next:,} to {(first.low or 0) - 1:,} before they were read"
        one = f"`scrobbles offsets skip {first.topic} {first.partition} --to low`"
        remedy = one if len(gaps) == 1 else "`scrobbles offsets skip --all-gaps`"
        yield Problem(f"{_place(first)}: {lost}{_more(len(gaps))}", remedy + then)
    for topic in sorted({each.topic for each in found if each.state == "cut"}):
        cuts = [each for each in found if each.state == "cut" and each.topic == topic]
        ends = f"the log ends at {cuts[0].high:,}, but was read up to {cuts[0].next:,}"
        yield Problem(f"{_place(cuts[0])}: {ends}{_more(len(cuts))}", f"`scrobbles offsets adopt {topic}`{then}")


def _place(at: Position) -> str:
    return f"{at.topic}[{at.partition}]"


def _more(number: int) -> str:
    return "" if number == 1 else f"; {number} partitions are affected"


def _of_waiting(health: Health, chosen: Settings) -> Iterable[Problem]:
    """Messages for which nobody is there, and jobs for which no message is left."""
    waiting = sum((health.lag or {}).values())
    if waiting and not health.workers_here + health.workers_elsewhere:
        remedy = "`scrobbles up` starts workers" if health.processes else "`scrobbles consume` is one; start several"
        yield Problem(f"{waiting:,} messages wait and no worker runs", remedy)
    elif not waiting and health.numbers and health.numbers.jobs:
        # All that these had sent was in Kafka before it was asked; what it stored meanwhile is known now.
        known = {job for job, _, _ in health.numbers.jobs}
        with connected(chosen) as connection:
            jobs = connection.execute(sql.read("waiting_imports")).fetchall()
        for job, file, plays in jobs:
            if job in known:
                sentence = f"job {job} ({file}) waits for {plays:,} plays, but Kafka holds nothing that is not stored"
                yield Problem(sentence, f"`scrobbles jobs resume {job}` reads the file again where that is needed")


def _end_of(process: Process, chosen: Settings, health: Health) -> Problem:
    name, ended = process.name, process.ended
    if name == supervisor.NAME:
        return Problem(
            "the supervisor has stopped: workers that run continue, but one that ends now is not started again",
            f"`scrobbles up` starts a new one; {chosen.data}/log/{name}.log may tell why",
        )
    if ended is None:
        return Problem(f"{name} has stopped", f"`scrobbles up` starts it again; {chosen.data}/log/{name}.log tells why")
    if ended.again and health.is_supervised:
        return Problem(f"{name} is about to be started again; it ended with {ended.told()}", ended.hint)
    if ended.code == DONE:
        return Problem(f"{name} is stopped: {ended.sentence}", "`scrobbles up` starts it again")
    first = f"{ended.hint}; then " if ended.hint else ""
    return Problem(f"{name} has stopped for good, with {ended.told()}", f"{first}`scrobbles up` starts it again")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
