#!/bin/sh
# What `make clean` does. A stack that runs from here needs .venv to start its workers again, so it comes first.
set -eu
running=$(.venv/bin/python -m deploy.local.dependents 2>/dev/null) || running=""
if [ -n "$running" ]; then
    printf 'nothing was removed, for this runs from .venv:\n%s\n' "$running" >&2
    exit 1
fi
rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
