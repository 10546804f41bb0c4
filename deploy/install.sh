#!/bin/sh
# What `make install` does. Debian's packages come only where we are root and apt is there; elsewhere it says what lacks.
# Neither Java nor Postgres is strictly needed: wheels of the extra `local` stand in for both.
set -eu
python=$1

# Shows how far apt or pip is, by the lines of stdin that stand for one step each; a line "failed" is a failure.
progress() {
    what=$1 total=$2 count=0 next=25 failed=0
    while IFS= read -r line; do
        case $line in
        failed) failed=1 ;;
        Get:* | Unpacking* | "Setting up"* | Collecting* | "Requirement already"*)
            count=$((count + 1))
            share=$((100 * count / total))
            if [ $share -gt 100 ]; then share=100; fi
            if [ -t 2 ]; then
                printf '\r%s: %s %%' "$what" $share >&2
            elif [ $share -ge $next ]; then
                echo "$what: $share %" >&2
                next=$((share + 25))
            fi
            ;;
        "Installing collected"*)
            if [ -t 2 ]; then printf '\r%s: unpacking' "$what" >&2; else echo "$what: unpacking" >&2; fi
            ;;
        esac
    done
    if [ -t 2 ] && [ $count -gt 0 ]; then echo >&2; fi
    return $failed
}

install_debian() {
    export DEBIAN_FRONTEND=noninteractive
    # Debian starts a cluster of its own for every new Postgres unless it is told not to; ours is enough.
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    apt-get update -qq || return 1
    packages=$(apt-get install -s "$@" | grep -c '^Inst ') || return 1
    # Each is fetched, unpacked and set up.
    { apt-get install -y -q "$@" || echo failed; } | progress "$packages Debian packages" $((3 * packages))
}

missing=""
command -v java >/dev/null 2>&1 || missing="$missing default-jre-headless"
command -v mvn >/dev/null 2>&1 || missing="$missing maven"
command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "installing$missing" >&2
        # shellcheck disable=SC2086 # a list of names
        install_debian $missing || echo "could not install$missing; the wheels that stand in for them are used" >&2
    else
        echo "not found:$missing; the wheels that stand in for them are used" >&2
    fi
fi

if [ -z "$python" ]; then
    echo "no Python 3.11, 3.12 or 3.13 was found; install one, or name it: make install PYTHON=/path/to/python3.12" >&2
    exit 78
fi
packages=$(grep -c '==' requirements.lock)
echo "installing $packages Python packages into .venv; this may take half a minute" >&2
[ -x .venv/bin/python ] || "$python" -m venv .venv
# Python keeps back what it writes to a pipe unless it is told not to.
pip="env PYTHONUNBUFFERED=1 .venv/bin/python -m pip install --disable-pip-version-check"
{ $pip --require-hashes -r requirements.lock || echo failed; } | progress "Python packages" "$packages"
$pip --quiet --no-deps --no-build-isolation --editable .
