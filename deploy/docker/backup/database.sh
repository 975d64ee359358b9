# shellcheck shell=bash
# What the scripts of the backup image share: where the live database is, how it is asked, and how they tell what came of it.

export PGHOST=/run/postgresql PGUSER=postgres PGDATABASE=codexdominion_production
export PGBACKREST_STANZA=codexdominion

# ask [PSQL OPTION...]: statements from standard input, as the superuser, to the server whose socket is in PGHOST.
ask() {
  psql --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 "$@"
}

# result BYTES SENTENCE: what came of an act, for who asked for it.
result() {
  printf '%s\n' "$2"
  printf '%s\n%s\n' "$1" "$2" >"${RESULT:-/dev/null}"
}

# fail SENTENCE: ends an act that did not succeed.
fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}
