# shellcheck shell=bash
# Images from what this machine builds anyway: the programs and the console, in place of a build of their own in each image.

export BINARIES=prebuilt CONSOLE=prebuilt

# build_programs SERVICE...: puts release builds of these into .local/binaries, where deploy/docker/services.Dockerfile takes them.
build_programs() {
  local service arguments=()
  COMMIT=$(git -c safe.directory="$REPO" rev-parse --short HEAD 2>/dev/null || echo unknown)
  export COMMIT
  for service in "$@"; do arguments+=(--package "$service"); done
  BUILD_COMMIT=$COMMIT cargo build --release --locked --bins "${arguments[@]}"
  rm -rf "$LOCAL/binaries"
  mkdir -p "$LOCAL/binaries"
  for service in "$@"; do cp "target/release/$service" "$LOCAL/binaries/"; done
}
