#!/usr/bin/env bash
# Measures TaskQ beside its peers: installs what is missing, runs all, writes bench/RESULTS.md, bench/plots and the block
# of README.md, and prints the tables. peers/README.md says how it is measured.
#
#   bench/compare.sh                          all, in about half an hour on two quiet cores
#   bench/compare.sh --quick --dry            to see that it works; writes nothing
#   bench/compare.sh --only redis             one part: redis, postgres, memory or crash; may be repeated
#   bench/compare.sh --peer bullmq            TaskQ and one peer; may be repeated
#   bench/compare.sh --scenario drain         one scenario; may be repeated
#   bench/compare.sh --rounds 5               runs of each
#   bench/compare.sh --again --only memory    measures a part anew; of the last run the rest stays
#   bench/compare.sh --report                 writes the last run down again
#
# What npm and NuGet bring goes to the user's cache, or to TASKQ_PEERS.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en

cache=${TASKQ_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/taskq/peers}
mkdir -p "$cache"
lacking=()

# lacks REASON PEER...: leaves peers out of the comparison.
lacks() {
  local reason=$1
  shift
  for peer in "$@"; do
    printf 'compare.sh: no %s: %s\n' "$peer" "$reason" >&2
    lacking+=("--missing=$peer=$reason")
  done
}

# --- Debian's packages -----------------------------------------------------------------------------------------------

# Runs a command as root.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# install PACKAGE...: installs Debian packages.
install() {
  command -v apt-get >/dev/null || return 1
  printf 'Installing %s\n' "$*" >&2
  as_root apt-get update -qq >&2 &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

# need CHECK PACKAGE...: installs packages unless a shell command succeeds.
need() {
  local check=$1
  shift
  sh -c "$check" >/dev/null 2>&1 || install "$@"
}

need 'command -v redis-server' redis-server || { echo "compare.sh: redis-server is missing" >&2; exit 1; }
need 'ls /usr/lib/postgresql/*/bin/initdb' postgresql || { echo "compare.sh: PostgreSQL is missing" >&2; exit 1; }
need 'ruby -e "require %q(sidekiq); require %q(hiredis)"' ruby-sidekiq ruby-hiredis || lacks "its Debian package could not be installed" sidekiq
need '/usr/bin/python3 -c "import celery, redis"' python3-celery python3-redis || lacks "its Debian package could not be installed" celery

# --- npm's packages --------------------------------------------------------------------------------------------------

# Exact versions, so that two runs compare the same. graphile-worker 0.18 needs a version of a package that was not to be had.
packages="node@22.23.3 bullmq@6.7.0 ioredis@6.0.0 bee-queue@2.0.0 graphile-worker@0.17.3 pg@8.23.1"

# Installs them unless they are there already.
install_npm() {
  [ "$(cat "$cache/npm/versions" 2>/dev/null)" = "$packages" ] && return
  need 'command -v npm' nodejs npm || return 1
  printf 'Installing %s\n' "$packages" >&2
  mkdir -p "$cache/npm"
  # shellcheck disable=SC2086 # several words
  (cd "$cache/npm" && npm install --no-save --no-package-lock --no-audit --no-fund --loglevel=error --prefix . $packages >&2) || return 1
  printf '%s' "$packages" >"$cache/npm/versions"
}

install_npm || lacks "npm could not install it" bullmq bee-queue graphile-worker

# --- What is built ---------------------------------------------------------------------------------------------------

dotnet build "$here/TaskQ.Bench" --configuration Release --verbosity quiet >&2

# The newer client of Redis that is one setting of TaskQ.
client=$(cd "$here/peers" && /usr/bin/python3 -c 'import catalog; print(catalog.NEWER_CLIENT)')
built=()
if dotnet build "$here/TaskQ.Bench" --configuration Release --verbosity quiet --artifacts-path "$cache/redis-client" \
  -p:StackExchangeRedisVersion=$client >&2; then
  built=("--client-bench=$cache/redis-client/bin/TaskQ.Bench/release/TaskQ.Bench")
else
  printf 'compare.sh: TaskQ runs with the older client alone: StackExchange.Redis %s could not be installed\n' "$client" >&2
fi

# build PROGRAM: builds a C# program of the peers.
build() {
  local name
  name=$(basename "$1" .cs)
  dotnet build "$here/peers/$1" --configuration Release --verbosity quiet --output "$cache/dotnet/$name" >&2
}

build taskq/taskq-peer.cs
build memory/masstransit-peer.cs || lacks "it could not be built" masstransit

exec /usr/bin/python3 "$here/peers/compare.py" --cache "$cache" --said="$*" \
  --bench "$here/TaskQ.Bench/bin/Release/net10.0/TaskQ.Bench" "${built[@]}" "${lacking[@]}" "$@"
