# shellcheck shell=bash
# shellcheck disable=SC2153 # the ports are set by choose_ports
# The edge: renders nginx/nginx.conf.template for this machine and starts NGINX with it.

CONSOLE_HOST=codexdominion.localhost
API_HOST=api.codexdominion.localhost

# render_nginx FOLDER CERTIFICATE: writes FOLDER/nginx.conf for a local run. The template's variables are upper case;
# nginx's own are lower case and stay as they are.
render_nginx() {
  local folder=$1 certificate=$2 name
  local -A value=(
    [NGINX_USER_LINE]="# started by an ordinary user"
    [NGINX_WORKERS]=2
    [NGINX_PID]="$folder/nginx.pid"
    [NGINX_ERROR_LOG]=stderr
    [NGINX_ACCESS_LOG]="$folder/access.log"
    [NGINX_TEMP]="$folder/temp"
    # Every upstream is an address here, so no name is ever asked for.
    [DNS_RESOLVER]=127.0.0.1
    [LISTEN_TLS]="127.0.0.1:$TLS_PORT"
    [LISTEN_HTTP]="127.0.0.1:$HTTP_PORT"
    [PUBLIC_PORT_SUFFIX]=":$TLS_PORT"
    [REAL_IP_LINES]="# whoever connects"
    [ACME_WEBROOT]="$folder/acme"
    [CONSOLE_HOST]="$CONSOLE_HOST"
    [API_HOST]="$API_HOST"
    [CONSOLE_ORIGIN]="https://$CONSOLE_HOST:$TLS_PORT"
    [TLS_CERTIFICATE]="$certificate/server.pem"
    [TLS_KEY]="$certificate/server.key"
    [CONSOLE_UPSTREAM]="127.0.0.1:$CONSOLE_PORT"
    [AUTH_UPSTREAM]="127.0.0.1:$AUTH_PORT"
    [COUNCIL_UPSTREAM]="127.0.0.1:$COUNCIL_PORT"
    [HEALTH_UPSTREAM]="127.0.0.1:$HEALTH_PORT"
    [OPENAPI_FILE]="$REPO/docs/openapi.json"
    [RATE_LIMIT_API]="$(setting RATE_LIMIT_API 10r/s)"
    [RATE_LIMIT_API_BURST]="$(setting RATE_LIMIT_API_BURST 40)"
    [RATE_LIMIT_LOGIN]="$(setting RATE_LIMIT_LOGIN 5r/m)"
    [RATE_LIMIT_LOGIN_BURST]="$(setting RATE_LIMIT_LOGIN_BURST 5)"
    [LIMIT_OPEN_REQUESTS]="$(setting LIMIT_OPEN_REQUESTS 500)"
  )
  # As root, NGINX's workers stay root too: they listen on loopback only, and the clone may lie under /root.
  ((EUID != 0)) || value[NGINX_USER_LINE]="user root;"
  mkdir -p "$folder/temp"
  ln -sfn "$REPO/nginx/snippets" "$folder/snippets"
  (
    for name in "${!value[@]}"; do export "$name=${value[$name]}"; done
    "$REPO/deploy/render" "$REPO/nginx/nginx.conf.template"
  ) >"$folder/nginx.conf" || fail "nginx/nginx.conf.template asks for what deploy/local/lib/nginx.sh does not know"
}

# setting NAME DEFAULT: a setting from the environment, else from .env.development, else the default.
setting() {
  local found=${!1:-}
  [[ -n $found ]] || found=$(sed -n "s/^$1=//p" "$REPO/.env.development" | tail -n 1)
  printf '%s' "${found:-$2}"
}

# start_nginx: starts the edge and waits until it passes /health on.
start_nginx() {
  render_nginx "$LOCAL/nginx" "$LOCAL/tls"
  logged nginx-test "the NGINX configuration was refused" nginx_with "$LOCAL/nginx" -t
  start nginx nginx -e stderr -p "$LOCAL/nginx" -c "$LOCAL/nginx/nginx.conf" -g 'daemon off;'
  wait_until nginx 60 "https://$API_HOST:$TLS_PORT/health" through_the_edge "$API_HOST" /health
  wait_until nginx 30 "https://$CONSOLE_HOST:$TLS_PORT/" through_the_edge "$CONSOLE_HOST" /
}

# nginx_with FOLDER ARGUMENT...: nginx with the configuration in FOLDER.
nginx_with() {
  local folder=$1
  shift
  nginx -e stderr -p "$folder" -c "$folder/nginx.conf" "$@"
}

# through_the_edge HOST PATH: whether a request as a browser makes it succeeds.
through_the_edge() {
  curl --silent --fail --output /dev/null --max-time 5 --cacert "$LOCAL/tls/ca.pem" \
    --noproxy '*' --resolve "$1:$TLS_PORT:127.0.0.1" "https://$1:$TLS_PORT$2"
}
