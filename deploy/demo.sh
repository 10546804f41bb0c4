#!/bin/sh
# What `make demo` does: the local stack in a folder of this checkout, one import, the proof, the favourites.
# Without a file it imports a sample, for a person of its own: whoever imports an export later has only their own plays.
set -eu
file=${1:-}
SCROBBLES_DATA=${SCROBBLES_DATA:-$PWD/.scrobbles}
export SCROBBLES_DATA
scrobbles=.venv/bin/scrobbles
user=me
if [ -z "$file" ]; then
    file=bench/sample.json
    user=demo
fi

step() {
    if [ -t 2 ]; then printf '\n\033[1m$ scrobbles %s\033[0m\n' "$*" >&2; else printf '\n$ scrobbles %s\n' "$*" >&2; fi
    "$scrobbles" "$@"
}

step up
# 3: some rows of the export were damaged and are listed in the report; the sample has such rows on purpose.
step import "$file" --user "$user" || { code=$?; [ $code -eq 3 ] || exit $code; }
step verify
step top artists --user "$user"

if [ "$user" = demo ]; then
    cat >&2 <<TEXT

That was a sample; its plays belong to a person called demo. Your own plays are yours, under the name me. Next:

  export SCROBBLES_DATA="$SCROBBLES_DATA"
  .venv/bin/scrobbles import FILE                 import your own export
  .venv/bin/scrobbles top artists                 what you play most
  .venv/bin/scrobbles top tracks --user demo      what the sample plays most
  .venv/bin/scrobbles user remove demo            remove the sample
  .venv/bin/scrobbles status                      what runs here
  .venv/bin/scrobbles down                        stop it; the data stays
TEXT
else
    cat >&2 <<TEXT

That was your listening history, in a Postgres you own. Next:

  export SCROBBLES_DATA="$SCROBBLES_DATA"
  .venv/bin/scrobbles top tracks                  what you play most
  .venv/bin/scrobbles import FILE                 import another export
  .venv/bin/scrobbles status                      what runs here
  .venv/bin/scrobbles down                        stop it; the data stays
TEXT
fi
