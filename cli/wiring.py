"""The parts that most verbs need, made from the settings."""

import os
from collections.abc import Mapping

from schemas.errors import DependencyGone
from schemas.settings import Loaded, Settings, load


def loaded(flags: Mapping[str, object] | None = None) -> Loaded:
    """The settings of this process, with the flags of its command line on top, and where each came from."""
    return load(os.environ, flags)


def settings(flags: Mapping[str, object] | None = None) -> Settings:
    """The settings of this process."""
    return loaded(flags).settings


def database_url(chosen: Settings) -> str:
    """The address of the database. Raises DependencyGone where there is none."""
    if chosen.database_url is None:
        raise DependencyGone(
            "no database: none is running here and SCROBBLES_DATABASE_URL is not set", "start one with `scrobbles up`"
        )
    return chosen.database_url
