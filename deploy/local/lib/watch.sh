# shellcheck shell=bash
# Watches the running product with the real Prometheus, its rules and exporters, and asks it all that people will.
# For `make smoke`; needs common.sh, processes.sh and ports.sh.

WATCH="$LOCAL/watch"
WATCHERS=(prometheus alertmanager postgres-exporter redis-exporter)
# How long what has been done may take to be shown.
SHOWN_LIMIT=120

# What rightly has no data here, each with its reason.
NO_DATA=(
  "overview/Last backup" # none is taken of a local run
)
# Metrics that rightly are not here: a local run has no backups and no replicas, and nothing fails in the demo.
NO_SERIES=(backup_age_seconds replication_lag_seconds workflow_failed_total)

# start_watching: starts the exporters, Alertmanager and Prometheus against the product that runs.
start_watching() {
  local name
  # No lock is held here for a child to close.
  # shellcheck disable=SC2034 # processes.sh reads it
  exec {LOCK_FD}</dev/null
  rm -rf "$WATCH"
  mkdir -p "$WATCH"
  ln -s "$REPO/deploy/prometheus/rules" "$WATCH/rules"
  # From Prometheus's usual one up.
  choose_free_ports 9090 PROMETHEUS_PORT ALERTMANAGER_PORT POSTGRES_EXPORTER_PORT REDIS_EXPORTER_PORT
  # shellcheck source=/dev/null
  (
    umask 077
    source "$LOCAL/runtime.env"
    printf 'DATA_SOURCE_NAME="%s?sslmode=disable"\n' "$DATABASE_URL" >"$LOCAL/env/postgres-exporter.env"
    printf 'REDIS_ADDR="%s"\n' "$REDIS_URL" >"$LOCAL/env/redis-exporter.env"
    export SCRAPE_INTERVAL=1s SCRAPE_TIMEOUT=1s EVALUATION_INTERVAL=1s APP_ENV=development
    export HEALTH_AGGREGATOR=${HEALTH_URL#http://} ALERTMANAGER=127.0.0.1:$ALERTMANAGER_PORT
    export POSTGRES_EXPORTER=127.0.0.1:$POSTGRES_EXPORTER_PORT REDIS_EXPORTER=127.0.0.1:$REDIS_EXPORTER_PORT
    export PROMETHEUS=127.0.0.1:$PROMETHEUS_PORT
    deploy/render deploy/prometheus/prometheus.yml >"$WATCH/prometheus.yml"
    # Nobody is to be told of what a test does.
    ALERT_SMTP_HOST=127.0.0.1:1 ALERT_PAGE_URL=http://127.0.0.1:1/ \
      deploy/render deploy/alertmanager/alertmanager.yml >"$WATCH/alertmanager.yml"
  )
  start postgres-exporter prometheus-postgres-exporter --web.listen-address "127.0.0.1:$POSTGRES_EXPORTER_PORT"
  start redis-exporter prometheus-redis-exporter --web.listen-address "127.0.0.1:$REDIS_EXPORTER_PORT"
  start alertmanager prometheus-alertmanager --config.file "$WATCH/alertmanager.yml" \
    --storage.path "$WATCH/alertmanager" --web.listen-address "127.0.0.1:$ALERTMANAGER_PORT" --cluster.listen-address=
  start prometheus prometheus --config.file "$WATCH/prometheus.yml" --storage.tsdb.path "$WATCH/data" \
    --web.listen-address "127.0.0.1:$PROMETHEUS_PORT" --log.level warn
  for name in "${WATCHERS[@]}"; do
    rm -f "$LOCAL/env/$name.env"
  done
  wait_until prometheus 60 Prometheus prometheus_sees_everything
}

# stop_watching: stops them, and forgets what they have seen.
stop_watching() {
  local name
  for name in "${WATCHERS[@]}"; do stop "$name"; done
  rm -rf "$WATCH"
}

# ask PATH ARGUMENT...: what Prometheus answers.
ask() {
  local path=$1
  shift
  curl --silent --fail --noproxy '*' --max-time 10 --get "http://127.0.0.1:$PROMETHEUS_PORT/api/v1/$path" "$@"
}

# prometheus_sees_everything: whether every job has targets, and each of them is up.
prometheus_sees_everything() {
  ask targets --data state=active | jq -e --slurpfile wanted <(printf '"%s"\n' codexdominion postgres redis prometheus alertmanager) '
    .data.activeTargets
    | all(.health == "up") and ($wanted - map(.labels.job) == []) and (map(select(.labels.job == "codexdominion")) | length == 4)'
}

# has_data EXPRESSION: whether it has at least one value that is a number.
has_data() {
  ask query --data-urlencode "query=$1" |
    jq -e '.status == "success" and ([.data.result[] | .value[1] | select(. != "NaN")] | length > 0)' >/dev/null
}

# panels: "dashboard/panel<tab>expression" of every panel, its variables as Grafana fills them in when all is chosen.
panels() {
  local file
  for file in "$REPO"/deploy/grafana/dashboards/*.json; do
    jq -r --arg dashboard "$(basename "$file" .json)" '
      [.templating.list[].name] as $variables
      | .panels[] | select(.targets) | .title as $title | .targets[]
      | .expr | gsub("\\$__rate_interval"; "1m") | gsub("\\$__range"; "1h")
      | reduce $variables[] as $name (.; gsub("\\$" + $name + "\\b"; ".*"))
      | "\($dashboard)/\($title)\t\(.)"' "$file"
  done
}

# series_of_rules: every metric that a rule asks for.
series_of_rules() {
  local functions='histogram_quantile|min_over_time|max_over_time|avg_over_time|label_replace'
  ask rules | jq -r '.data.groups[].rules[].query' |
    sed -E 's/"[^"]*"//g; s/\{[^}]*\}//g; s/\[[^]]*\]//g; s/\b(by|on|without)\s*\([^)]*\)//g' |
    grep -oE '[a-z][a-zA-Z0-9_:]*[_:][a-zA-Z0-9_:]*|\bup\b' | grep -vxE "$functions" | sort -u
}

# check_watching: whether every panel has data, every rule can be evaluated and every metric that a rule asks for exists,
# and nothing fires while all is well. Waits a while for what is still on its way.
check_watching() {
  local began=$SECONDS missing=() wanted=() pair name expression firing
  while IFS= read -r pair; do
    name=${pair%%$'\t'*}
    contained_in "$name" "${NO_DATA[@]}" || wanted+=("$pair")
  done < <(panels)
  while read -r name; do
    contained_in "$name" "${NO_SERIES[@]}" || wanted+=("rules/$name"$'\t'"$name")
  done < <(series_of_rules)
  ((${#wanted[@]} > 100)) || fail "only ${#wanted[@]} expressions were found in the dashboards and rules"
  missing=("${wanted[@]}")
  while ((${#missing[@]})); do
    wanted=("${missing[@]}")
    missing=()
    for pair in "${wanted[@]}"; do
      expression=${pair#*$'\t'}
      has_data "$expression" || missing+=("$pair")
    done
    if ((SECONDS - began >= SHOWN_LIMIT && ${#missing[@]})); then
      printf '  no data: %s\n' "${missing[@]}" >&2
      fail "${#missing[@]} expressions have no data after the demo"
    fi
    pause 1
  done
  ask rules | jq -r '.data.groups[].rules[] | select(.health != "ok") | "  \(.name): \(.health) \(.lastError // "")"' >"$WATCH/faults"
  [[ ! -s $WATCH/faults ]] || { cat "$WATCH/faults" >&2 && fail "rules can not be evaluated"; }
  firing=$(ask alerts | jq -r '[.data.alerts[] | select(.state == "firing") | .labels.alertname] | unique | join(" ")')
  [[ -z $firing ]] || fail "alerts fire though all is well: $firing"
}

# contained_in WORD WORD...: whether the first is one of the others.
contained_in() {
  local one word=$1
  shift
  for one in "$@"; do [[ $one != "$word" ]] || return 0; done
  return 1
}
