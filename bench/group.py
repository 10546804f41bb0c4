"""The consumer group: more workers, fewer workers, its guards, one artist for all, and a database that goes away."""

import signal
import statistics
import time
from pathlib import Path

import msgspec
import orjson
import psutil
import psycopg

from bench.children import MEGABYTE
from bench.console import say
from bench.exports import SONGS
from bench.figures import PER_SECOND, Figure
from bench.guards import guards
from bench.lab import Lab
from bench.passed import PASSED, await_passed
from bench.place import Place
from bench.twice import twice
from deploy.local import stack
from schemas.listen import Listen, Track

_CREWS = (1, 2, 3, 4)
# Seconds of two workers against those of one, of four against those of two.
_TWO, _FOUR = 1 / 1.3, 1.1
_KILLED_SECONDS, _LEFT_SECONDS = 10.0, 2.0
_HOT_PLAYS, _HOT_TRACKS, _HOT = 100_000, 20_000, 2.0
_AWAY_SECONDS, _RESUME_SECONDS, _GROWN_MB = 60.0, 5.0, 60.0
_RUNS = 3
_FIRST = 1_200_000_000
_DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"


def group(lab: Lab, plays: int) -> list[Figure]:
    """All of it; half of the plays where throughput is measured."""
    plays //= 2
    with lab.place("group_sender") as sender:
        sender.import_(lab.export("listenbrainz", plays, SONGS), "--no-wait")
        figures = [*_crews(lab, sender, plays), *guards(lab, sender, plays), *_outage(lab, sender, plays)]
        figures += twice(lab, sender, plays)
    return [*figures, *_takeovers(lab), *_hot_artist(lab)]


def _crews(lab: Lab, sender: Place, plays: int) -> list[Figure]:
    """A backlog stored by one to four workers; of two runs the faster one, for other work on the machine only adds."""
    what = f"{plays:,} plays wait in Kafka"
    figures, seconds = [], {}
    for count in _CREWS:
        seconds[count], share = min(_crew(lab, sender, plays, f"group_{count}_{run}", count) for run in range(2))
        rate = 0.9 * plays / seconds[count]
        say(f"{count} workers: {rate:,.0f} plays/s, the smallest share is {share:.0%}")
        figures.append(Figure(what, f"{count} worker{'s' if count > 1 else ''}", rate, PER_SECOND))
        figures.append(Figure(what, "   the smallest share of one", 100 * share, "%"))
    return [
        *figures,
        Figure(what, "time of 2 against 1", seconds[2] / seconds[1], "times", at_most=round(_TWO, 2)),
        Figure(what, "time of 4 against 2", seconds[4] / seconds[2], "times", at_most=_FOUR),
    ]


def _crew(lab: Lab, sender: Place, plays: int, name: str, count: int) -> tuple[float, float]:
    """Seconds from a tenth of the backlog, when all are at work, to its end; and the smallest share of one worker."""
    logs = [lab.folder / f"{name}-{number}" for number in range(count)]
    with lab.place(name, topics_of=sender) as place:
        place.add_people(1)
        verbose = {"SCROBBLES_LOG": "debug", "SCROBBLES_LOG_FORMAT": "json"}
        workers = [place.start("cli", "consume", log=log, **verbose) for log in logs]
        begun = await_passed(place, plays // 10)
        seconds = await_passed(place, plays) - begun
        for worker in workers:
            worker.end()
        place.verify()
    return seconds, min(map(_inserted, logs)) / plays


def _takeovers(lab: Lab) -> list[Figure]:
    """Of two workers one is killed, or leaves: until plays sent right after it are stored, in all partitions."""
    seconds: dict[signal.Signals, list[float]] = {signal.SIGKILL: [], signal.SIGTERM: []}
    for number, times in seconds.items():
        for run in range(_RUNS):
            with lab.place(f"takeover_{number.name.lower()}_{run}") as place:
                with place.workers(1):
                    victim = place.start("cli", "consume")
                    place.await_partitions(2)
                    begun = time.monotonic()
                    psutil.Process(victim.pid).send_signal(number)
                    if number == signal.SIGKILL:
                        victim.discard()
                    place.import_(_small(lab), "--no-wait")
                    times.append(await_passed(place, 1_000) - begun)
                place.verify()
    killed, left = (statistics.median(times) for times in seconds.values())
    say(f"taken over: {killed:.1f} s after kill -9, {left:.1f} s after SIGTERM")
    what = "one of two workers goes; until plays are stored"
    return [
        Figure(what, "killed with -9", killed, "s", at_most=_KILLED_SECONDS),
        Figure(what, "leaving in good order", left, "s", at_most=_LEFT_SECONDS),
    ]


def _hot_artist(lab: Lab) -> list[Figure]:
    """Two workers and two people; the second plays backwards what the first one plays, all of one new artist."""
    seconds = {}
    for artists in (_HOT_TRACKS // 5, 1):
        with lab.place(f"artists_{artists}") as place:
            for backwards in (False, True):
                path = _write(lab.folder / f"hot-{artists}-{backwards}", _HOT_PLAYS // 2, artists, backwards=backwards)
                place.import_(path, "--no-wait", "--user", f"backwards {backwards}")
            begun = time.monotonic()
            with place.workers(2, joined=False):
                seconds[artists] = await_passed(place, _HOT_PLAYS) - begun
                with psycopg.connect(place.url) as connection:
                    (deadlocks,) = connection.execute(_DEADLOCKS).fetchone() or (0,)
            place.verify()
    ratio = seconds[1] / seconds[_HOT_TRACKS // 5]
    say(f"one artist: {seconds[1]:.1f} s, many: {seconds[_HOT_TRACKS // 5]:.1f} s")
    what = f"{_HOT_PLAYS:,} plays of new tracks, backwards too"
    return [
        Figure(what, "time with one artist against many", ratio, "times", at_most=_HOT),
        Figure(what, "deadlocks", deadlocks, "", at_most=0),
    ]


def _outage(lab: Lab, sender: Place, plays: int) -> list[Figure]:
    """Postgres is away for a minute while two workers have a backlog."""
    with lab.place("outage", topics_of=sender) as place:
        place.add_people(1)
        with place.workers(2, joined=False):
            await_passed(place, plays // 3)
            before = _memory(place)
            _postgres(lab).send_signal(signal.SIGINT)
            psutil.wait_procs([_postgres(lab)], timeout=30)
            time.sleep(_AWAY_SECONDS)
            grown = _memory(place) - before
            stack.servers(lab.data)
            begun = time.monotonic()
            with psycopg.connect(place.url) as connection:
                (passed,) = connection.execute(PASSED).fetchone() or (0,)
            resumed = await_passed(place, passed + 1) - begun
            # Workers that end well have run all the time: one that was started again would be another process.
            await_passed(place, plays)
            with psycopg.connect(place.url) as connection:
                (dead,) = connection.execute("select count(*) from dead_letter").fetchone() or (0,)
        place.verify()
    say(f"outage: resumed after {resumed:.1f} s, memory grew by {grown:.0f} MB")
    what = f"Postgres away for {_AWAY_SECONDS:.0f} s"
    return [
        Figure(what, "until plays are stored again", resumed, "s", at_most=_RESUME_SECONDS),
        Figure(what, "dead letters", dead, "", at_most=0),
        Figure(what, "memory, growth of both workers", grown, "MB", at_most=_GROWN_MB),
    ]


def _inserted(log: Path) -> int:
    lines = (orjson.loads(line) for line in log.read_bytes().splitlines() if line.startswith(b"{"))
    return sum(line["inserted"] for line in lines if line["event"] == "stored")


def _memory(place: Place) -> float:
    return sum(psutil.Process(child.pid).memory_info().rss for child in place.running()) / MEGABYTE


def _postgres(lab: Lab) -> psutil.Process:
    (server,) = [process for process in stack.processes_of(lab.data) if process.name == "postgres"]
    return psutil.Process(server.pid)


def _small(lab: Lab) -> Path:
    return _write(lab.folder / "small", 1_000, 100)


def _write(path: Path, plays: int, artists: int, *, backwards: bool = False) -> Path:
    """So many plays of as many tracks, at most _HOT_TRACKS, in our own format."""
    if not path.exists():
        numbers = range(plays)[:: -1 if backwards else 1]
        listens = (
            Listen(_FIRST + number, Track((f"Artist {number % artists}",), f"Song {number % _HOT_TRACKS}"))
            for number in numbers
        )
        path.write_bytes(b"".join(msgspec.json.encode(listen) + b"\n" for listen in listens))
    return path
