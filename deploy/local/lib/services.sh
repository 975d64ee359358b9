# shellcheck shell=bash
# The four services and the console: their settings, their start, their first administrator.

ADMIN_EMAIL=admin@codexdominion.localhost
# Where build.sh had Cargo put them: what the profile dev builds goes to a folder of another name.
BINARIES="$REPO/target/${PROFILE/#dev/debug}"

# redis_url: where the services find Redis.
redis_url() {
  printf 'redis://:%s@127.0.0.1:%s/0' "$REDIS_PASSWORD" "$REDIS_PORT"
}

# port_of SERVICE: the port that a service listens on.
port_of() {
  case $1 in
    auth-service) echo "$AUTH_PORT" ;;
    council-service) echo "$COUNCIL_PORT" ;;
    workflow-worker) echo "$WORKER_PORT" ;;
    health-aggregator) echo "$HEALTH_PORT" ;;
  esac
}

# write_environments: .local/env/NAME.env holds exactly what a service is started with: the shared
# settings of .env.development, then its own. To run one by hand: set -a; . .local/env/NAME.env
write_environments() {
  local name role password
  for name in "${SERVICES[@]}"; do
    role=${name//-/_}
    password=${role^^}_PASSWORD
    (
      umask 077
      {
        grep -E '^[A-Z_]+=' "$REPO/.env.development" | grep -vE '^(JWT_SECRET|ENCRYPTION_KEY|MAIL_DIR|MAIL_FROM)='
        echo "DATABASE_URL=$(database_url "$role" "${!password}")"
        echo "REDIS_URL=$(redis_url)"
        echo "BIND_ADDRESS=127.0.0.1:$(port_of "$name")"
        echo "CONSOLE_ORIGIN=https://$CONSOLE_HOST:$TLS_PORT"
        echo "TRUSTED_PROXIES=127.0.0.1/32"
        echo "API_ORIGIN=https://$API_HOST:$TLS_PORT"
        case $name in
          # The demo's receiver listens on loopback.
          workflow-worker) echo "OUTBOUND_ALLOWLIST=127.0.0.0/8" ;;
          *) echo "JWT_SECRET=$JWT_SECRET" ;;
        esac
        [[ $name == health-aggregator ]] || echo "ENCRYPTION_KEY=$ENCRYPTION_KEY"
        if [[ $name == auth-service ]]; then
          echo "AUDIT_SIGNING_KEY_FILE=$LOCAL/audit-key.pem"
        fi
        if [[ $name == auth-service || $name == workflow-worker ]]; then
          echo "MAIL_DIR=$LOCAL/mail"
          echo "MAIL_FROM=no-reply@$CONSOLE_HOST"
        fi
        if [[ $name == health-aggregator ]]; then
          echo "JOB_MONITOR_BIND_ADDRESS=127.0.0.1:$JOB_MONITOR_PORT"
          echo "CONSOLE_HEALTH_URL=http://127.0.0.1:$CONSOLE_PORT/"
          echo "EDGE_URL=https://127.0.0.1:$TLS_PORT/"
          echo "CERTIFICATE_HOSTS=$CONSOLE_HOST:$TLS_PORT,$API_HOST:$TLS_PORT"
        fi
      } >"$LOCAL/env/$name.env"
    )
  done
  cat >"$LOCAL/env/console.env" <<ENV
NODE_ENV=production
NEXT_TELEMETRY_DISABLED=1
HOSTNAME=127.0.0.1
PORT=$CONSOLE_PORT
API_URL=https://$API_HOST:$TLS_PORT
NODE_EXTRA_CA_CERTS=$LOCAL/tls/ca.pem
ENV
}

# migrate: brings the schema up to date as the owner, then gives the services' roles their passwords.
migrate() {
  DATABASE_URL="$(database_url codex "$OWNER_PASSWORD")" \
    logged migrate "the migrations failed" "$BINARIES/auth-service" migrate
  set_role_passwords
}

# create_admin: the first administrator, when there is none of that name yet.
create_admin() {
  (
    set -a
    # shellcheck source=/dev/null
    source "$LOCAL/env/auth-service.env"
    printf %s "$ADMIN_PASSWORD" | "$BINARIES/auth-service" create-admin --email "$ADMIN_EMAIL" \
      --name Administrator --if-absent --password-stdin
  ) >"$LOGS/create-admin.log" 2>&1 || {
    show_log create-admin
    fail "the administrator could not be created; see $(log_of create-admin)"
  }
}

# seed: the councils and workflow types to begin with, of those that are missing.
seed() (
  set -a
  # shellcheck source=/dev/null
  source "$LOCAL/env/council-service.env"
  logged seed "the first councils could not be founded" "$BINARIES/council-service" seed
)

# start_services: starts all four, then waits for each to be ready.
start_services() {
  local name
  for name in "${SERVICES[@]}"; do
    start "$name" "$BINARIES/$name"
  done
  for name in "${SERVICES[@]}"; do
    wait_until "$name" 60 "$name (http://127.0.0.1:$(port_of "$name")/health/ready)" \
      curl --silent --fail --noproxy '*' --max-time 5 --output /dev/null "http://127.0.0.1:$(port_of "$name")/health/ready"
  done
}

# start_console: starts the built console and waits for its first page.
start_console() {
  [[ -f $REPO/frontend/.next/standalone/server.js ]] ||
    fail "frontend/.next/standalone/server.js was not built; see $(log_of frontend-build)"
  start console node "$REPO/frontend/.next/standalone/server.js"
  wait_until console 60 "the console" \
    curl --silent --fail --noproxy '*' --max-time 10 --output /dev/null "http://127.0.0.1:$CONSOLE_PORT/"
}

# write_runtime: tells other programs where the running stack is; it exists only while all is healthy.
write_runtime() {
  (
    umask 077
    cat >"$LOCAL/runtime.env.new" <<ENV
API_URL=https://$API_HOST:$TLS_PORT
CONSOLE_URL=https://$CONSOLE_HOST:$TLS_PORT
CA_CERT=$LOCAL/tls/ca.pem
ADMIN_EMAIL=$ADMIN_EMAIL
ADMIN_PASSWORD=$ADMIN_PASSWORD
DATABASE_URL=$(database_url codex "$OWNER_PASSWORD")
REDIS_URL=$(redis_url)
AUTH_URL=http://127.0.0.1:$AUTH_PORT
COUNCIL_URL=http://127.0.0.1:$COUNCIL_PORT
WORKER_URL=http://127.0.0.1:$WORKER_PORT
HEALTH_URL=http://127.0.0.1:$HEALTH_PORT
JOB_MONITOR_URL=http://127.0.0.1:$JOB_MONITOR_PORT
AUDIT_PUBLIC_KEY=$(APP_ENV=development AUDIT_SIGNING_KEY_FILE=$LOCAL/audit-key.pem "$BINARIES/auth-service" audit public-key)
ENV
    mv "$LOCAL/runtime.env.new" "$LOCAL/runtime.env"
  )
}

# print_summary: where to look.
print_summary() {
  cat <<TEXT

Codex Dominion runs.

  console       https://$CONSOLE_HOST:$TLS_PORT
  API           https://$API_HOST:$TLS_PORT   (health: /health, status: /status, description: /api/openapi.json)
  job monitor   http://127.0.0.1:$JOB_MONITOR_PORT
  sign in as    $ADMIN_EMAIL
  password      $ADMIN_PASSWORD   (kept in .local/secrets.env)
  logs          .local/logs/
  certificate   made by this clone; to do without the browser's warning, trust .local/tls/ca.pem
TEXT
  [[ -z $PORTS_MOVED ]] || printf '  ports         taken ones were replaced: %s\n' "$PORTS_MOVED"
  cat <<TEXT

  make demo     the main job as a story, in another terminal
  Ctrl-C        stops everything and keeps the data; make reset forgets it

TEXT
}
