"""The class-data archive: Java maps Kafka's classes from it instead of reading 46 jars. 48 MB, made once, saves 1 s.

It is valid for one version of Java and one class path. Java ignores an archive that does not fit, so a wrong one
costs time and nothing else.
"""

import shutil
import tempfile
from pathlib import Path

from deploy.local import processes
from deploy.local.account import open_to_all
from deploy.local.java import Java
from deploy.local.kafka import broker, jars
from deploy.local.lock import locked
from deploy.local.places import Say, open_places
from schemas.errors import Fault


def find_or_make(java: Java, say: Say) -> Path | None:
    """The archive for this Java, made by a throw-away broker if there is none. None, with a notice, if that fails."""
    path = jars.home() / f"java-{java.version}.jsa"
    if not path.exists():
        say("preparing a quicker start of Kafka, once")
        try:
            with locked(jars.home(), say):
                if not path.exists():
                    _make(java, path)
        except (Fault, OSError) as error:
            say(f"going on without the quicker start of Kafka: {error}")
            return None
    return path


def _make(java: Java, path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="scrobbles-kafka-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # ours and empty; as root, the servers' user must pass
        places = open_places(folder)
        made = places.servers / "kafka" / path.name
        process = broker.launch(places, java, None, f"-XX:ArchiveClassesAtExit={made}")
        try:
            broker.wait(places, process, lambda _: None)
        finally:
            # Java writes the archive when it ends.
            processes.stop(places, [process], lambda _: None)
        new = path.with_suffix(".new")
        shutil.copyfile(made, new, follow_symlinks=False)
        open_to_all(new)
        new.replace(path)
