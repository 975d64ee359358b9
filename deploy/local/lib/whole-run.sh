# shellcheck shell=bash
# `make run` as a person would start and stop it, for tests that need the whole product. Needs common.sh and processes.sh.

START_LIMIT=${START_LIMIT:-1800}
STOP_RUN_LIMIT=60
RUN_PID=

# start_run: starts it and waits until all is healthy; sets STARTED_IN, in seconds. The caller's EXIT trap calls end_run.
start_run() {
  local began=$SECONDS
  # A shell lets what it starts in the background ignore SIGINT; a person's Ctrl-C is not ignored.
  env --default-signal=INT deploy/local/run &
  RUN_PID=$!
  while [[ ! -f $LOCAL/runtime.env ]]; do
    kill -0 "$RUN_PID" 2>/dev/null || fail "make run ended before it was healthy"
    ((SECONDS - began < START_LIMIT)) || fail "make run was not healthy within $START_LIMIT s"
    pause 0.5
  done
  # shellcheck disable=SC2034 # for the caller
  STARTED_IN=$((SECONDS - began))
}

# end_run: stops the run that this script started, however the script ends.
end_run() {
  if [[ -n $RUN_PID ]] && kill -0 "$RUN_PID" 2>/dev/null; then
    kill -INT "$RUN_PID" 2>/dev/null || true
    wait "$RUN_PID" || true
  fi
}

# running: "name pid" of everything that the run has recorded.
running() {
  local file pid
  for file in "$LOCAL"/run/*.pid; do
    [[ -e $file ]] || continue
    pid=$(pid_of "$(basename "$file" .pid)")
    [[ -z $pid ]] || echo "$(basename "$file" .pid) $pid"
  done
}

# stop_run: stops it as Ctrl-C does, and fails when anything is left; sets STOPPED_IN, in seconds.
stop_run() {
  local began=$SECONDS processes name pid
  processes=$(running)
  kill -INT "$RUN_PID"
  while kill -0 "$RUN_PID" 2>/dev/null; do
    ((SECONDS - began < STOP_RUN_LIMIT)) || fail "make run did not stop within $STOP_RUN_LIMIT s of SIGINT"
    pause 0.2
  done
  wait "$RUN_PID" || fail "make run ended with an error after SIGINT"
  # shellcheck disable=SC2034 # for the caller
  STOPPED_IN=$((SECONDS - began))
  while read -r name pid; do
    if [[ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" == "$REPO"* ]]; then
      fail "$name (pid $pid) was left running"
    fi
  done <<<"$processes"
  [[ ! -f $LOCAL/runtime.env ]] || fail "runtime.env was left behind"
}

# use_run: takes the run that is up, or starts one, and exports what runtime.env tells of it.
use_run() {
  if [[ ! -f $LOCAL/runtime.env ]]; then
    trap end_run EXIT
    start_run
  fi
  set -a
  # shellcheck source=/dev/null
  source "$LOCAL/runtime.env"
  set +a
  export RUN_PIDS=$LOCAL/run
}

# leave_run: stops the run if use_run started it.
leave_run() {
  [[ -z $RUN_PID ]] || stop_run
}
