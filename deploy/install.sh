#!/bin/sh
# What `make install` does. Debian's packages come only where we are root and apt is there; elsewhere it says what lacks.
# Neither Java nor Postgres is strictly needed: wheels of the extra `local` stand in for both.
set -eu
python=$1

missing=""
command -v java >/dev/null 2>&1 || missing="$missing default-jre-headless"
command -v mvn >/dev/null 2>&1 || missing="$missing maven"
command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "installing$missing" >&2
        # Debian starts a cluster of its own for every new Postgres unless it is told not to; ours is enough.
        mkdir -p /etc/postgresql-common
        [ -e /etc/postgresql-common/createcluster.conf ] ||
            echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
        # shellcheck disable=SC2086 # a list of names
        if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null; }; then
            echo "could not install$missing; going on with the wheels that stand in for them" >&2
        fi
    else
        echo "not found:$missing; the wheels that stand in for them are used" >&2
    fi
fi

if [ -z "$python" ]; then
    echo "no Python 3.11, 3.12 or 3.13 was found; install one, or name it: make install PYTHON=/path/to/python3.12" >&2
    exit 78
fi
echo "installing what is missing into .venv; this may take half a minute" >&2
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
