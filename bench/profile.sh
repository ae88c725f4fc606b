#!/usr/bin/env bash
# Where the time and the memory of a scenario go: samples of all threads by `perf`, and the types of which most was allocated.
#   bench/profile.sh drain --backend redis          any arguments of the bench
# Needs Debian's linux-perf. What the runtime itself does has no symbols and shows as addresses.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build -c Release bench/TaskQ.Bench -v q -nologo
samples=$(mktemp)
trap 'rm -f "$samples"' EXIT

# Mapped twice, as code is by default, perf does not find the names of methods.
export DOTNET_PerfMapEnabled=1 DOTNET_EnableWriteXorExecute=0
perf record -q -F 1999 -g -o "$samples" bench/TaskQ.Bench/bin/Release/net10.0/TaskQ.Bench "$@" --allocations
report() { perf report -i "$samples" --no-children -g none "$@" 2>/dev/null | grep -E '^ +[0-9]' | cut -c1-160; }
echo; echo "Threads:"; report --sort comm | awk 'NR <= 10'
echo; echo "Libraries:"; report --sort comm,dso | awk 'NR <= 25'
echo; echo "Methods:"; report --sort symbol | awk 'NR <= 60'
