#!/bin/sh
# Checks the desired state that is checked out here and writes the plan of HEAD to plan.md.
#
# The inventory is the database in STATOR_DATABASE_URL or, where there is none, the bundle in ./inventory.
# Set BASE to the branch a pull request goes to, e.g. origin/main, to see what the change does.
#
# `stator plan` exits 0 when there is nothing to do, 2 when there are changes, 3 when something waits for a person: all
# three are plans. Anything else is an error.
set -eu

stator validate .

set -- --repo . --ref HEAD --output markdown
if [ -z "${STATOR_DATABASE_URL:-}" ]; then
  set -- "$@" --inventory inventory
fi
if [ -n "${BASE:-}" ]; then
  set -- "$@" --base "$BASE"
fi

code=0
stator plan "$@" > plan.md || code=$?
case $code in
  0 | 2 | 3) ;;
  *) exit "$code" ;;
esac
