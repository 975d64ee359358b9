# shellcheck shell=bash
# Builds the services and the console, side by side, and skips what has not changed. PROFILE=release takes programs that are
# optimised, which take longer to build.

PROFILE=${PROFILE:-dev}
PROGRAMS=("${SERVICES[@]}")
# It is to begin at once, and is always taken as tests are built.
[[ $PROFILE != dev ]] || PROGRAMS+=(demo)

FRONTEND="$REPO/frontend"

# build_all: both builds at once; the first that fails ends the script.
build_all() {
  local name
  [[ -f $FRONTEND/package.json ]] || fail "frontend/package.json is missing; take a complete clone of the repository"
  if [[ -t 2 ]]; then
    START_LOG=/dev/stderr start cargo-build cargo build --workspace --locked --profile "$PROFILE" "${PROGRAMS[@]/#/--bin=}"
  else
    start cargo-build cargo build --workspace --locked --profile "$PROFILE" "${PROGRAMS[@]/#/--bin=}"
    note "the compiler writes to $(log_of cargo-build)"
  fi
  start frontend-build bash "$REPO/deploy/local/lib/build-frontend"
  for name in frontend-build cargo-build; do
    wait_for_build "$name"
  done
}

# wait_for_build NAME: waits, telling every half minute that it is still at it.
wait_for_build() {
  local name=$1 pid began=$SECONDS told=$SECONDS
  read -r pid _ <"$LOCAL/run/$name.pid"
  while [[ -n $(pid_of "$name") ]]; do
    pause 0.3
    if ((SECONDS - told >= 30)); then
      told=$SECONDS
      note "$name has run for $((SECONDS - began)) s"
    fi
  done
  if ! wait "$pid"; then
    [[ ! -f $LOGS/$name.log ]] || show_log "$name"
    fail "$name failed; correct what it says, then try again$([[ ! -f $LOGS/$name.log ]] || echo " ($(log_of "$name"))")"
  fi
  rm -f "$LOCAL/run/$name.pid"
}
