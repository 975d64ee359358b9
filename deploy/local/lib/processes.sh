# shellcheck shell=bash
# Starts, watches and stops processes, each by its own recorded pid and never by name.
#
# A record is .local/run/NAME.pid: "pid start-time". Together they name one process for as long as the
# machine is up, so that a pid used again by a stranger is never taken for ours.

STOP_LIMIT=30
# In this order: the door first, the stores last.
STOP_ORDER=(schemathesis-nginx prometheus alertmanager postgres-exporter redis-exporter frontend-build cargo-build nginx console auth-service council-service health-aggregator workflow-worker redis postgres)

# A pipe that never speaks: reading it with a timeout is a pause without a child process.
exec {PAUSE_FD}<> <(:)

# pause SECONDS: waits, interruptibly, leaving nothing behind.
pause() {
  read -rt "$1" -u "$PAUSE_FD" || true
}

# stat_of PID: "state session start-time" of a process, or nothing.
stat_of() {
  local line
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0
  # The name in parentheses may hold spaces; fields are counted after it.
  # shellcheck disable=SC2086
  set -- ${line##*) }
  echo "$1 $4 ${20}"
}

# start NAME COMMAND...: starts a process of ours in a session of its own (so that Ctrl-C reaches only
# this script), with the variables of .local/env/NAME.env, logging to .local/logs/NAME.log.
start() {
  local name=$1 log="${START_LOG:-$LOGS/$1.log}" pid
  shift
  [[ ! -f $log ]] || mv -f "$log" "$log.old"
  (
    unset DATABASE_URL REDIS_URL JWT_SECRET
    if [[ -f $LOCAL/env/$name.env ]]; then
      set -a
      # shellcheck source=/dev/null
      source "$LOCAL/env/$name.env"
      set +a
    fi
    # A child must hold neither the lock nor the pause pipe when this script is killed.
    eval "exec $LOCK_FD>&- $PAUSE_FD<&-"
    cd "$REPO" || exit 1
    exec setsid "$@"
  ) >>"$log" 2>&1 </dev/null &
  pid=$!
  echo "$pid $(stat_of "$pid" | cut -d' ' -f3)" >"$LOCAL/run/$name.pid"
  # Only a build is waited for; the shell need not comment on the end of the others.
  [[ $name == *-build ]] || disown "$pid"
}

# pid_of NAME: the pid of a recorded process that is still running and really ours, or nothing.
pid_of() {
  local pid started now folder
  [[ -f $LOCAL/run/$1.pid ]] || return 0
  read -r pid started <"$LOCAL/run/$1.pid" || return 0
  now=$(stat_of "$pid")
  [[ -n $now && ${now%% *} != Z && ${now##* } == "$started" ]] || return 0
  # Everything we start works inside the clone. (A container may hide the folder of another user's process.)
  folder=$(readlink "/proc/$pid/cwd" 2>/dev/null) || folder=$REPO
  [[ $folder == "$REPO"* ]] || return 0
  echo "$pid"
}

# stop NAME [SIGNAL]: asks a process to end, waits, and forces it at the limit.
stop() {
  local name=$1 signal=${2:-TERM} pid waited=0
  pid=$(pid_of "$name")
  if [[ -n $pid ]]; then
    kill "-$signal" "$pid" 2>/dev/null || true
    while [[ -n $(pid_of "$name") ]]; do
      if ((waited >= STOP_LIMIT * 10)); then
        note "$name did not stop within $STOP_LIMIT s; killed"
        kill -KILL -- "-$pid" 2>/dev/null || true
        break
      fi
      pause 0.1
      waited=$((waited + 1))
    done
  fi
  rm -f "$LOCAL/run/$name.pid"
}

# ask_to_stop NAME...: sends SIGTERM to several at once, so that they drain side by side.
ask_to_stop() {
  local name pid
  for name in "$@"; do
    pid=$(pid_of "$name")
    if [[ -n $pid ]]; then kill -TERM "$pid" 2>/dev/null || true; fi
  done
}

# stop_all: stops whatever of ours is running, in order; also what an earlier, killed script left.
stop_all() {
  local name signal pid
  rm -f "$LOCAL/runtime.env"
  for name in "${STOP_ORDER[@]}"; do
    signal=TERM
    case $name in
      *-build)
        # A build is a tree of compilers: its whole session goes.
        pid=$(pid_of "$name")
        if [[ -n $pid ]]; then kill -TERM -- "-$pid" 2>/dev/null || true; fi
        ;;
      auth-service) ask_to_stop auth-service council-service health-aggregator workflow-worker ;;
      postgres) signal=INT ;; # "fast": ends sessions, writes a checkpoint
    esac
    stop "$name" "$signal"
  done
}

# show_log NAME: the last lines of a log, on the terminal.
show_log() {
  printf -- '--- last lines of %s\n' "$(log_of "$1")" >&2
  tail -n 15 "$LOGS/$1.log" >&2 || true
  printf -- '---\n' >&2
}

# wait_until NAME SECONDS WHAT COMMAND...: waits until COMMAND succeeds, as long as process NAME lives.
wait_until() {
  local name=$1 limit=$2 what=$3 began=$SECONDS
  shift 3
  until "$@" >/dev/null 2>&1; do
    if [[ -z $(pid_of "$name") ]]; then
      show_log "$name"
      fail "$name ended while starting; see $(log_of "$name")"
    fi
    if ((SECONDS - began >= limit)); then
      show_log "$name"
      fail "$what did not answer within $limit s; see $(log_of "$name")"
    fi
    pause 0.2
  done
}

# supervise NAME...: returns never; ends the script when one of these processes ends.
supervise() {
  local name
  while true; do
    for name in "$@"; do
      if [[ -z $(pid_of "$name") ]]; then
        show_log "$name"
        fail "$name ended unexpectedly, so everything is being stopped; see $(log_of "$name")"
      fi
    done
    pause 1
  done
}
