"""`scrobbles service`: the local stack starts with the machine."""

import getpass
import os
import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from cli.console import out, say
from cli.wiring import settings
from deploy.local import service as systemd
from schemas.errors import ConfigurationFault, Fault

app = typer.Typer()
service = typer.Typer(help="Start the local stack at boot, by systemd.", no_args_is_help=True)
app.add_typer(service, name="service")

_LINGERING = Path("/var/lib/systemd/linger")


@service.command()
def install(
    workers: Annotated[int, typer.Option(min=0, max=64, metavar="N", help="How many consumer workers to run.")] = 2,
    show: Annotated[bool, typer.Option("--print", help="Only show the unit; change nothing.")] = False,
) -> None:
    """Start at boot, stop at shutdown.

    The SCROBBLES_* settings of now are written into a file that only you can read. Install it again after changing
    one of them, or after moving this program.

    Example: scrobbles service install
    """
    chosen = settings()
    unit = systemd.unit(chosen.data, workers)
    if show:
        out.print(unit, end="", soft_wrap=True)
        return
    _require_systemd()
    where = systemd.files()
    changed = systemd.write(where.settings, systemd.settings_file(chosen.data, os.environ), 0o600)
    changed |= systemd.write(where.unit, unit, 0o644)
    _systemctl("daemon-reload")
    _systemctl("enable", systemd.NAME)
    say(f"{'installed' if changed else 'installed already'}: {where.unit}")
    say(f"settings: {where.settings}")
    say(f"the stack in {chosen.data} starts at the next boot; to start it now: `{_typed('start')}`")
    _say_lingering()


@service.command()
def uninstall() -> None:
    """Start nothing at boot any more.

    What runs continues; `scrobbles down` stops it.

    Example: scrobbles service uninstall
    """
    where = systemd.files()
    if not where.unit.exists() and not where.settings.exists():
        say("no service is installed")
        return
    _require_systemd()
    _systemctl("disable", systemd.NAME)
    where.unit.unlink(missing_ok=True)
    where.settings.unlink(missing_ok=True)
    _systemctl("daemon-reload")
    say("uninstalled; what runs continues, and `scrobbles down` stops it")


@service.command()
def status() -> None:
    """Show whether the stack starts at boot. Exit code 0 if it does.

    Example: scrobbles service status
    """
    where = systemd.files()
    if not where.unit.exists():
        out.print("no service is installed; `scrobbles service install` does it")
        raise typer.Exit(1)
    _require_systemd()
    enabled, active = (_asked(question) for question in ("is-enabled", "is-active"))
    out.print(f"at boot   {'starts' if enabled == 'enabled' else enabled}")
    out.print(f"now       {active}")
    out.print(f"unit      {where.unit}", soft_wrap=True)
    out.print(f"settings  {where.settings}", soft_wrap=True)
    _say_lingering()
    if enabled != "enabled":
        raise typer.Exit(1)


def _say_lingering() -> None:
    """A user's services otherwise live from login to logout."""
    user = getpass.getuser()
    if os.geteuid() != 0 and not (_LINGERING / user).exists():
        say("until you allow more, it starts when you log in and stops when you log out:")
        say(f"  loginctl enable-linger {user}")


def _require_systemd() -> None:
    """Raises ConfigurationFault where no systemd answers this user."""
    if shutil.which("systemctl") is None or _run("show-environment").returncode:
        raise ConfigurationFault(
            "systemd does not run here, or not for this user: nothing was changed",
            "let whatever starts programs at boot run `scrobbles up`; with cron (`crontab -e`):\n"
            f"  @reboot SCROBBLES_DATA={settings().data} {shutil.which('scrobbles') or 'scrobbles'} up",
        )


def _systemctl(*words: str) -> None:
    done = _run(*words)
    if done.returncode:
        raise Fault(f"`systemctl {' '.join(words)}` failed: {done.stderr.strip() or done.returncode}")


def _asked(question: str) -> str:
    return _run(question, systemd.NAME).stdout.strip() or "unknown"


def _run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["systemctl", *_scope(), *words], check=False, capture_output=True, text=True)


def _scope() -> list[str]:
    return [] if os.geteuid() == 0 else ["--user"]


def _typed(word: str) -> str:
    return " ".join(["systemctl", *_scope(), word, "scrobbles"])
