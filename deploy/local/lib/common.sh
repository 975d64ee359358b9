# shellcheck shell=bash
# What every local script shares: where things are, how progress and failure are told.

REPO="$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd -P)"
LOCAL="$REPO/.local"
LOGS="$LOCAL/logs"
export PATH="$PATH:/usr/sbin:/sbin"

# The programs that run in production.
# shellcheck disable=SC2034 # for those that source this
SERVICES=(auth-service council-service workflow-worker health-aggregator)

STEP=0
STEPS=${STEPS:-0}

# step TEXT: one line of progress, with the seconds since the script began.
step() {
  STEP=$((STEP + 1))
  printf '[%d/%d] %s (%ds)\n' "$STEP" "$STEPS" "$1" "$SECONDS"
}

# note TEXT: a detail that belongs to the step above.
note() {
  printf '      %s\n' "$1"
}

# fail SENTENCE: says what went wrong and what to do, and ends the script; its EXIT trap cleans up.
fail() {
  printf '\nerror: %s\n' "$1" >&2
  exit 1
}

# log_of NAME: the log file of a step or a process, as a person would type it.
log_of() {
  printf '%s' ".local/logs/$1.log"
}

# logged NAME SENTENCE COMMAND...: runs a command with its output in a log; a failure names that log.
logged() {
  local name=$1 sentence=$2
  shift 2
  if ! "$@" >"$LOGS/$name.log" 2>&1 </dev/null; then
    tail -n 8 "$LOGS/$name.log" >&2
    fail "$sentence; the log is $(log_of "$name")"
  fi
}

# prepare_folders: makes the private folder that everything local lives in.
prepare_folders() {
  mkdir -p "$LOCAL" "$LOGS" "$LOCAL/run" "$LOCAL/env" "$LOCAL/stamps"
  [[ -w $LOCAL ]] || fail "$LOCAL belongs to another user; run as $(stat -c %U "$LOCAL"), or remove that folder"
}

# cargo_build PROFILE PROGRAM...: builds these programs and no other: each is linked for itself, which takes a release build
# minutes. All of the workspace is named, because for fewer packages what they depend on would be built again.
cargo_build() {
  local profile=$1
  shift
  cargo build --workspace --locked --profile "$profile" "${@/#/--bin=}"
}

# take_lock SENTENCE: at most one run or reset at a time; the kernel frees the lock however we end.
take_lock() {
  exec {LOCK_FD}>"$LOCAL/lock" || fail "cannot write $LOCAL/lock"
  flock --nonblock "$LOCK_FD" || fail "$1"
}

# version_at_least HAVE WANTED: compares dotted versions.
version_at_least() {
  [[ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" == "$2" ]]
}

# random_chars N: N letters and digits from the system's random source; safe in a URL.
random_chars() {
  local out=
  while ((${#out} < $1)); do
    out+="$(openssl rand -base64 96 | tr -dc 'A-Za-z0-9')"
  done
  printf '%s' "${out:0:$1}"
}
