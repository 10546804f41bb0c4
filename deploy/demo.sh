#!/bin/sh
# What `make demo` does: the local stack in a folder of this checkout, one import, the proof, the favourites.
set -eu
file=$1
SCROBBLES_DATA=${SCROBBLES_DATA:-$PWD/.scrobbles}
export SCROBBLES_DATA
scrobbles=.venv/bin/scrobbles

step() {
    if [ -t 2 ]; then printf '\n\033[1m$ scrobbles %s\033[0m\n' "$*" >&2; else printf '\n$ scrobbles %s\n' "$*" >&2; fi
    "$scrobbles" "$@"
}

step up
# 3: some rows of the export were damaged and are listed in the report; the sample has such rows on purpose.
step import "$file" || { code=$?; [ $code -eq 3 ] || exit $code; }
step verify
step top artists
cat >&2 <<TEXT

That was your listening history, in a Postgres you own. Next:

  export SCROBBLES_DATA="$SCROBBLES_DATA"
  .venv/bin/scrobbles import FILE            your own export; or make demo FILE=path
  .venv/bin/scrobbles top tracks             what you play most
  .venv/bin/scrobbles status                 what runs here
  .venv/bin/scrobbles down                   stop it; the data stays
TEXT
