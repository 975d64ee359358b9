# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is read by the other files
# Chooses the ports: the usual ones, or the next free ones where those are taken; remembers the choice.

PORT_DEFAULTS=(
  AUTH_PORT=8001 COUNCIL_PORT=8002 WORKER_PORT=8003 HEALTH_PORT=8004 JOB_MONITOR_PORT=9181
  CONSOLE_PORT=3000 TLS_PORT=8443 HTTP_PORT=8080 POSTGRES_PORT=54320 REDIS_PORT=63790
)

# busy_ports: every local TCP port in use, one a line, read from the kernel (no tool needed).
# Connections count as well as listeners, since an outgoing one blocks a port too; TIME_WAIT (06) does not.
busy_ports() {
  local hex
  awk 'FNR > 1 && $4 != "06" { split($2, at, ":"); print at[length(at)] }' /proc/net/tcp* | sort -u |
    while read -r hex; do echo "$((16#$hex))"; done
}

# choose_ports: sets AUTH_PORT and its companions, and writes .local/ports.env.
choose_ports() {
  local pair name wanted port taken=" " moved=()
  taken+="$(busy_ports | tr '\n' ' ')"
  if [[ -f $LOCAL/ports.env ]]; then
    # shellcheck source=/dev/null
    source "$LOCAL/ports.env"
  fi
  for pair in "${PORT_DEFAULTS[@]}"; do
    name=${pair%%=*}
    wanted=${!name:-${pair#*=}}
    port=$wanted
    while [[ $taken == *" $port "* ]]; do
      port=$((port + 100))
      ((port <= 65535)) || fail "no free port was found for $name; free port $wanted and try again"
    done
    taken+="$port "
    printf -v "$name" %s "$port"
    [[ $port == "${pair#*=}" ]] || moved+=("${pair#*=} -> $port")
  done
  for pair in "${PORT_DEFAULTS[@]}"; do
    name=${pair%%=*}
    echo "$name=${!name}"
  done >"$LOCAL/ports.env"
  PORTS_MOVED="${moved[*]}"
}

# choose_free_ports FIRST NAME...: sets each variable to a free port, from the first one up, and exports it.
choose_free_ports() {
  local port=$1 name taken
  shift
  taken=" $(busy_ports | tr '\n' ' ') "
  for name in "$@"; do
    while [[ $taken == *" $port "* ]]; do port=$((port + 1)); done
    export "$name=$port"
    port=$((port + 1))
  done
}
