# shellcheck shell=bash
# The private PostgreSQL: .local/postgres, on 127.0.0.1 only, over TCP with passwords only.

PGDATA="$LOCAL/postgres"

# choose_postgres_user FOLDER: sets AS_POSTGRES, the words that run a command as the owner of FOLDER.
# PostgreSQL refuses to run as root. The user `postgres` may be unable to walk to a clone under /root;
# a capability that only lifts reading and searching (or, where a container lacks it, the wider one) helps.
choose_postgres_user() {
  local folder=$1 capability drop=(setpriv --reuid postgres --regid postgres --init-groups)
  AS_POSTGRES=()
  ((EUID == 0)) || return 0
  id postgres >/dev/null 2>&1 || fail "the user postgres is missing; install the Debian package postgresql-15"
  chown postgres: "$folder"
  AS_POSTGRES=("${drop[@]}" --)
  for capability in "" dac_read_search dac_override; do
    [[ -z $capability ]] ||
      AS_POSTGRES=("${drop[@]}" "--inh-caps=+$capability" "--ambient-caps=+$capability" --)
    # Tried, not asked: access(2) overlooks such capabilities.
    "${AS_POSTGRES[@]}" touch "$folder" 2>/dev/null && return
  done
  fail "the user postgres cannot reach $folder; move the clone (to /srv, say), or run as an ordinary user"
}

# create_cluster: makes the cluster beside its place and moves it there when it is whole, so that an
# interrupted attempt is never taken for data, nor data for an interrupted attempt.
create_cluster() {
  local new="$PGDATA.new" password_file
  rm -rf "$new"
  mkdir -m 700 "$new"
  choose_postgres_user "$new"
  password_file=$(mktemp)
  printf '%s\n' "$POSTGRES_PASSWORD" >"$password_file"
  ((EUID != 0)) || chown postgres: "$password_file"
  logged initdb "initdb could not make the database in .local/postgres" \
    "${AS_POSTGRES[@]}" "$(postgres_bin)/initdb" --pgdata "$new" --username postgres --pwfile "$password_file" \
    --auth scram-sha-256 --encoding UTF8 --locale C.UTF-8
  rm -f "$password_file"
  printf 'host all all 127.0.0.1/32 scram-sha-256\n' >"$new/pg_hba.conf"
  mv "$new" "$PGDATA"
}

# start_postgres: starts the server and makes the owner role and the database when they are absent.
start_postgres() {
  local bin version
  [[ -e $PGDATA ]] || create_cluster
  choose_postgres_user "$PGDATA"
  version=$(cat "$PGDATA/PG_VERSION")
  bin=/usr/lib/postgresql/$version/bin
  [[ -x $bin/postgres ]] || fail "the data in .local/postgres needs PostgreSQL $version; install postgresql-$version, or: make reset"
  # No Unix socket: its path has a length limit that a deep clone would pass.
  start postgres "${AS_POSTGRES[@]}" "$bin/postgres" -D "$PGDATA" -p "$POSTGRES_PORT" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
    -c max_connections=200 -c shared_buffers=128MB \
    -c log_min_duration_statement=500 -c timezone=UTC -c log_timezone=UTC
  wait_until postgres 60 PostgreSQL postgres_answers
  create_database
}

# as_superuser: psql as the superuser, on standard input; only this script uses it.
as_superuser() {
  PGPASSWORD=$POSTGRES_PASSWORD psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
    "host=127.0.0.1 port=$POSTGRES_PORT user=postgres dbname=postgres connect_timeout=3"
}

# postgres_answers: whether our PostgreSQL takes a query.
postgres_answers() {
  as_superuser <<<'SELECT 1'
}

# create_database: the owner is no superuser; it may make the services' roles and lend them monitoring.
create_database() {
  if ! as_superuser >"$LOGS/database.log" 2>&1 <<SQL; then
SELECT 'CREATE ROLE codex LOGIN CREATEROLE' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'codex') \gexec
ALTER ROLE codex PASSWORD '$OWNER_PASSWORD';
GRANT pg_monitor TO codex WITH ADMIN OPTION;
SELECT 'CREATE DATABASE codexdominion OWNER codex' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'codexdominion') \gexec
REVOKE CONNECT ON DATABASE codexdominion FROM PUBLIC;
SQL
    show_log database
    fail "the database could not be made; see $(log_of database)"
  fi
}

# database_url ROLE PASSWORD: where a role finds the database.
database_url() {
  printf 'postgres://%s:%s@127.0.0.1:%s/codexdominion' "$1" "$2" "$POSTGRES_PORT"
}

# set_role_passwords: the migration makes the services' roles without passwords; these are this clone's own.
set_role_passwords() {
  if ! as_superuser >"$LOGS/roles.log" 2>&1 <<SQL; then
ALTER ROLE auth_service PASSWORD '$AUTH_SERVICE_PASSWORD';
ALTER ROLE council_service PASSWORD '$COUNCIL_SERVICE_PASSWORD';
ALTER ROLE workflow_worker PASSWORD '$WORKFLOW_WORKER_PASSWORD';
ALTER ROLE health_aggregator PASSWORD '$HEALTH_AGGREGATOR_PASSWORD';
GRANT CONNECT ON DATABASE codexdominion TO auth_service, council_service, workflow_worker, health_aggregator;
SQL
    show_log roles
    fail "the services' database passwords could not be set; see $(log_of roles)"
  fi
}
