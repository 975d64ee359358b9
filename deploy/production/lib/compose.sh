# shellcheck shell=bash
# What the scripts of production share: the stack, and how its parts are asked. As for Compose itself, COMPOSE_FILE,
# COMPOSE_PROJECT_NAME and COMPOSE_ENV_FILES name another one, from the environment or from .env.

# Where Compose reads what differs from machine to machine; promotion notes there which volume is the primary's.
ENV_FILE=${COMPOSE_ENV_FILES:-$REPO/.env}
ENV_FILE=${ENV_FILE##*,}
[[ -n ${COMPOSE_FILE:-} || ! -f $ENV_FILE ]] || COMPOSE_FILE=$(sed -n 's/^COMPOSE_FILE=//p' "$ENV_FILE" | tail -n 1)
export COMPOSE_FILE=${COMPOSE_FILE:-docker-compose.production.yml}

# compose WORD...: Docker Compose on the stack. The files' names count from the clone.
compose() {
  (cd "$REPO" && docker compose --progress quiet --project-directory "$REPO" "$@")
}

# runs SERVICE: whether a container of it runs.
runs() {
  [[ -n $(compose ps --quiet --status running "$1") ]]
}

# ask SERVICE: statements from standard input, as the superuser, to the server in that container.
ask() {
  compose exec -T "$1" psql --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 \
    --username postgres --dbname codexdominion_production
}

# confirm SENTENCE: goes on when a person agrees, or when YES=1.
confirm() {
  printf '%s\n' "$1"
  [[ -z ${YES:-} ]] || return 0
  [[ -t 0 ]] || fail "nobody can be asked here; YES=1 agrees"
  local answer
  read -rp "Type yes to go on: " answer
  [[ $answer == yes ]] || fail "nothing was done"
}

# wait_for SECONDS WHAT COMMAND...: asks until a command succeeds.
wait_for() {
  local limit=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < limit)) || fail "$what: not within its time"
    sleep 0.5
  done
}

# replace_secret NAME VALUE: writes a secret that is not to be generated.
replace_secret() {
  rm -f "$SECRETS_DIR/$1"
  printf %s "$2" >"$SECRETS_DIR/$1"
  chmod 0444 "$SECRETS_DIR/$1"
}
