# shellcheck shell=bash
# Images from what this machine builds anyway: the programs and the console, in place of a build of their own in each image.
# BINARIES=build and CONSOLE=build have them built in Docker, as `make up` does.

export BINARIES=${BINARIES:-prebuilt} CONSOLE=${CONSOLE:-prebuilt}

# build_programs SERVICE...: puts builds of these into .local/binaries, where deploy/docker/services.Dockerfile takes them: as
# released, or with PROFILE=dev those that tests use, which are there sooner.
build_programs() {
  local service folder=target/${PROFILE:-release}
  COMMIT=$(git -c safe.directory="$REPO" rev-parse --short HEAD 2>/dev/null || echo unknown)
  export COMMIT
  [[ $BINARIES == prebuilt ]] || return 0
  if [[ ${PROFILE:-} == dev ]]; then
    folder=target/debug
    cargo_build dev "$@"
  else
    BUILD_COMMIT=$COMMIT cargo_build release "$@"
  fi
  rm -rf "$LOCAL/binaries"
  mkdir -p "$LOCAL/binaries"
  for service in "$@"; do strip --strip-debug -o "$LOCAL/binaries/$service" "$folder/$service"; done
}
