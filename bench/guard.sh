#!/usr/bin/env bash
# The regression guard: short scenarios, each beside the bare limit of the same run. Exits with 1 when a share of the limit has
# fallen below LEAST percent (70) of the one that bench/guard.json has. `bench/guard.sh --record` records the shares anew.
set -euo pipefail
cd "$(dirname "$0")/.."
options=(--guard bench/guard.json --least "${LEAST:-70}" --check "$@")
dotnet build -c Release bench/TaskQ.Bench -v q -nologo
bench=(bench/TaskQ.Bench/bin/Release/net10.0/TaskQ.Bench "${options[@]}")
status=0
"${bench[@]}" add16 drain roundtrip --n 500000 || status=1
"${bench[@]}" add16 addrange drain roundtrip --backend redis --n 50000 || status=1
"${bench[@]}" addrange drain --backend sqlite --n 20000 || status=1
exit $status
