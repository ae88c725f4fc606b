#!/usr/bin/env bash
# Installs what the tests need, builds, and runs every test of the solution.
#
#   ./test.sh          all tests
#   ./test.sh --long   also the long ones: the full fuzz run and the soak
#
# The same by environment: TASKQ_FUZZ=1 for the full fuzz run, TASKQ_LONG=1 for the soak.
# The last line is "N passed, N failed", with ", N skipped" where tests were skipped. The exit code is 0 only when
# tests ran and none failed. What stops the run before its end (a package, the build, a test process that dies) counts
# as one failure.
set -euo pipefail
cd "$(dirname "$0")"

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en

# Ends the run: passed, failed, skipped.
finish() {
  local line="$1 passed, $2 failed"
  if [ "$3" -gt 0 ]; then line="$line, $3 skipped"; fi
  printf '%s\n' "$line"
  [ "$1" -gt 0 ] && [ "$2" -eq 0 ] && exit 0
  exit 1
}

# Ends the run before the tests could: what went wrong.
stop() {
  printf 'test.sh: %s\n' "$1" >&2
  finish 0 1 0
}

# --- What the tests need ---------------------------------------------------------------------------------------------

missing=()

# need PACKAGE COMMAND...: installs the Debian package unless the command succeeds.
need() {
  local package=$1
  shift
  if ! "$@" >/dev/null 2>&1; then missing+=("$package"); fi
}

# Runs a command as root.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs what is missing, in one go.
install_missing() {
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  local advice="the tests need ${missing[*]}"
  command -v apt-get >/dev/null || stop "$advice, and there is no apt-get here: install them by your package manager"
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    stop "$advice: run 'apt-get install ${missing[*]}' as root, or install sudo"
  fi

  printf 'Installing %s\n' "${missing[*]}"
  as_root apt-get update -qq || stop "apt-get update failed"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null ||
    stop "apt-get could not install ${missing[*]}"
}

# Independent implementations of the wire formats, for Debian's own Python.
need python3-msgpack /usr/bin/python3 -c 'import msgpack'
need python3-snappy /usr/bin/python3 -c 'import snappy'

# The server that the tests of TaskQ.Redis start.
need redis-server command -v redis-server

# The server that the tests of TaskQ.Sql start, unless TASKQ_TEST_POSTGRES names another one.
if [ -z "${TASKQ_TEST_POSTGRES:-}" ]; then
  need postgresql sh -c 'ls /usr/lib/postgresql/*/bin/initdb || command -v initdb'
fi

# The same, unless TASKQ_TEST_MYSQL does.
if [ -z "${TASKQ_TEST_MYSQL:-}" ]; then
  need mariadb-server sh -c 'ls /usr/sbin/mariadbd || command -v mariadbd'
fi

# The library that the tests of TaskQ.Sql use for SQLite.
need libsqlite3-0 sh -c 'ldconfig -p | grep -q libsqlite3.so.0'

# The servers that the tests of TaskQ.Sqs start, unless TASKQ_TEST_SQS names another one: npm packages in the user's cache.
sqs_servers="fauxqs@1.9.2 local-aws-sqs@2.0.2"
export TASKQ_SQS_SERVERS=${TASKQ_SQS_SERVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/taskq/sqs-servers}
if [ -z "${TASKQ_TEST_SQS:-}" ]; then
  need nodejs command -v node
  need npm command -v npm
fi

# Installs the SQS servers where they are not, or where others were.
install_sqs_servers() {
  local stamp=$TASKQ_SQS_SERVERS/versions
  if [ -n "${TASKQ_TEST_SQS:-}" ] || [ "$(cat "$stamp" 2>/dev/null)" = "$sqs_servers" ]; then return; fi
  printf 'Installing %s\n' "$sqs_servers"
  mkdir -p "$TASKQ_SQS_SERVERS"
  # shellcheck disable=SC2086 # several words
  (cd "$TASKQ_SQS_SERVERS" && npm install --no-save --no-package-lock --no-audit --no-fund --silent --prefix . $sqs_servers) ||
    stop "npm could not install $sqs_servers"
  printf '%s' "$sqs_servers" >"$stamp"
}

# --- Run -------------------------------------------------------------------------------------------------------------

for argument in "$@"; do
  case $argument in
    --long) export TASKQ_FUZZ=1 TASKQ_LONG=1 ;;
    *) stop "unknown argument '$argument'; --long is the only one" ;;
  esac
done

command -v dotnet >/dev/null || stop "the .NET SDK is missing; global.json says which"
install_missing
install_sqs_servers

dotnet build TaskQ.sln || stop "the build failed"

# How long one test process may take, in seconds; a test that takes a minute is named while it runs.
limit=900
if [ -n "${TASKQ_LONG:-}${TASKQ_FUZZ:-}" ]; then limit=7200; fi

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# A figure of a run's closing summary, 0 when it has none.
figure() {
  sed -n '/^Test run summary:/,$p' "$logs/$2" | sed -n "s/^ *$1: *\([0-9][0-9]*\) *$/\1/p" | tail -n 1 | grep . || echo 0
}

# run LABEL PREFIX ARGUMENT...: runs tests of one project. The label is the project, and after a colon which tests they are,
# if not all; each line starts with the prefix.
run() {
  local label=$1 prefix=$2 status=0 line
  local name=${label%%:*}
  shift 2
  printf '\n== %s\n' "$label"
  timeout --kill-after=10 "$limit" "tests/$name/bin/Debug/net10.0/$name" \
    --no-ansi --no-progress --long-running 60 --xunit-diagnostics on "$@" 2>&1 |
    tee "$logs/$label" |
    while IFS= read -r line || [ -n "$line" ]; do printf '%s%s\n' "$prefix" "$line"; done || status=$?
  printf '%s' "$status" >"$logs/$label.status"
}

# Which run beside TaskQ.Redis.Tests, one after the other: they wait most of the time, for servers and for time to pass.
# The others measure more, so they share the cores with no other; nor do these in the long runs.
waiting="TaskQ.Sqs.Tests TaskQ.Example.Tests"
beside="TaskQ.Redis.Tests $waiting"
if [ -n "${TASKQ_LONG:-}${TASKQ_FUZZ:-}" ]; then beside=; fi

projects=$(for project in tests/*/*.Tests.csproj; do basename "$project" .csproj; done)
for name in $projects; do
  case " $beside " in
    *" $name "*) ;;
    *) run "$name" "" ;;
  esac
done

# What measures how long a server takes shares the cores with no other either.
runs=$projects
if [ -n "$beside" ]; then
  runs="$runs TaskQ.Redis.Tests:quiet"
  run TaskQ.Redis.Tests:quiet "" --filter-trait Needs=Quiet
  run TaskQ.Redis.Tests "Redis.Tests: " --filter-not-trait Needs=Quiet &
  for name in $waiting; do run "$name" "${name#TaskQ.}: "; done
  wait
fi

passed=0 failed=0 skipped=0
for name in $runs; do
  status=$(cat "$logs/$name.status" || echo 1)
  passed=$((passed + $(figure succeeded "$name")))
  skipped=$((skipped + $(figure skipped "$name")))
  failures=$(figure failed "$name")
  failed=$((failed + failures))
  if [ "$status" -ne 0 ] && [ "$failures" -eq 0 ]; then
    case $status in
      8) problem="ran no test" ;;
      124 | 137) problem="did not end within $limit s" ;;
      *) problem="died with exit code $status" ;;
    esac
    printf 'test.sh: %s %s\n' "$name" "$problem" >&2
    failed=$((failed + 1))
  fi
done

# What failed is said once more, where a log that was cut still shows it: the test and the start of its message.
for name in $runs; do
  grep -h -A 6 '^failed ' "$logs/$name" | cut -c1-300 || true
done

printf '\n'
if [ "$passed" -eq 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
finish "$passed" "$failed" "$skipped"
