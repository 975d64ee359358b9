#!/bin/bash
# Makes the database and the roles that log in to it, with the passwords in /run/secrets. Runs at the first start; run again,
# it takes over passwords that were changed:
#   docker compose exec postgres /docker-entrypoint-initdb.d/10-roles.sh
set -euo pipefail

# The passwords go from psql to the server over the local socket, and into no log.
export PGOPTIONS="-c log_min_duration_statement=-1 -c log_min_error_statement=panic -c client_min_messages=warning"
as_superuser=(psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres)

# login ROLE ATTRIBUTE...: a role that logs in with the password in the secret of its name.
login() {
  local role=$1
  shift
  local secret=/run/secrets/${role}_password
  [[ $role != codex ]] || secret=/run/secrets/owner_password
  [[ -s $secret ]] || {
    echo "$secret is missing or empty" >&2
    return 1
  }
  "${as_superuser[@]}" --dbname postgres --set role="$role" <<SQL
\set password \`cat $secret\`
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
ALTER ROLE :"role" LOGIN $* PASSWORD :'password';
SQL
}

# The owner is no superuser: it makes the services' roles and lends them monitoring.
login codex CREATEROLE
login replication REPLICATION
login exporter
login pgbouncer
for service in auth_service council_service workflow_worker health_aggregator; do
  login "$service"
done

"${as_superuser[@]}" --dbname postgres <<'SQL'
GRANT pg_monitor TO codex WITH ADMIN OPTION;
GRANT pg_monitor TO exporter;
SELECT 'CREATE DATABASE codexdominion_production OWNER codex'
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'codexdominion_production') \gexec
REVOKE CONNECT ON DATABASE codexdominion_production FROM PUBLIC;
GRANT CONNECT ON DATABASE codexdominion_production
    TO exporter, pgbouncer, auth_service, council_service, workflow_worker, health_aggregator;
SQL

# PgBouncer asks here for the verifiers of the roles that come through it, and of no others.
"${as_superuser[@]}" --dbname codexdominion_production <<'SQL'
CREATE SCHEMA IF NOT EXISTS pgbouncer;
GRANT USAGE ON SCHEMA pgbouncer TO pgbouncer;
CREATE OR REPLACE FUNCTION pgbouncer.verifier(name text) RETURNS TABLE (role name, verifier text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT rolname, rolpassword FROM pg_authid WHERE rolname = $1 AND rolname IN ('auth_service', 'council_service')
$$;
REVOKE ALL ON FUNCTION pgbouncer.verifier(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pgbouncer.verifier(text) TO pgbouncer;
SQL
