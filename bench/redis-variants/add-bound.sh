#!/usr/bin/env bash
# How many adds a second Redis takes from any client that waits for each: the least that an add can do (keep the record and the place
# in the list; with a name, look whether it is taken and keep it too), 8 or 16 in a call, two calls on their way, as 16 producers make; by
# redis-benchmark, which is written in C and does nothing else.
#   add-bound.sh [messages]            needs redis-server and redis-tools; starts a server of its own, without persistence
set -euo pipefail
messages=${1:-400000}
folder=$(mktemp -d)
trap 'redis-cli -s "$folder/s" shutdown nosave 2>/dev/null || true; rm -rf "$folder"' EXIT
redis-server --port 0 --unixsocket "$folder/s" --save '' --appendonly no --dir "$folder" --daemonize yes >/dev/null
until redis-cli -s "$folder/s" ping >/dev/null 2>&1; do sleep 0.05; done

named='
local n, names, ids, records = #ARGV / 2, {}, {}, {}
local taken = redis.call("HMGET", KEYS[1] .. "v", unpack(ARGV, 1, n))
for i = 1, n do
  if not taken[i] then
    ids[#ids + 1] = ARGV[i]
    names[#names + 1] = ARGV[i]
    names[#names + 1] = ARGV[i]
    records[#records + 1] = ARGV[i]
    records[#records + 1] = ARGV[n + i]
  end
end
if #ids == 0 then return end
redis.call("HSET", KEYS[1] .. "v", unpack(names))
redis.call("HSET", KEYS[1] .. "j", unpack(records))
redis.call("RPUSH", KEYS[1] .. "r", unpack(ids))'
plain='
local n, records = #ARGV / 2, {}
for i = 1, n do
  records[2 * i - 1], records[2 * i] = ARGV[i], ARGV[n + i]
end
redis.call("HSET", KEYS[1] .. "j", unpack(records))
redis.call("RPUSH", KEYS[1] .. "r", unpack(ARGV, 1, n))'
record=$(printf 'r%.0s' $(seq 100))

cpu() { redis-cli -s "$folder/s" info cpu | tr -d '\r' | awk -F: '/main_thread/ { sum += $2 } END { print sum }'; }

# measure KIND SCRIPT BATCH
measure() {
  local kind=$1 hash batch=$3 ids=() records=() before calls
  hash=$(redis-cli -s "$folder/s" script load "$2")
  redis-cli -s "$folder/s" flushall >/dev/null
  for i in $(seq "$batch"); do ids+=("$i:__rand_int__") records+=("$record"); done
  before=$(cpu)
  calls=$(redis-benchmark -s "$folder/s" -c 2 -P 1 -r 100000000000 -n $((messages / batch)) -q EVALSHA "$hash" 1 '{q}' "${ids[@]}" "${records[@]}" |
    tr '\r' '\n' | grep -o '[0-9.]* requests per second' | tail -1 | cut -d' ' -f1)
  awk -v kind="$kind" -v batch="$batch" -v calls="$calls" -v stored="$(redis-cli -s "$folder/s" hlen '{q}j')" -v before="$before" -v after="$(cpu)" \
    'BEGIN { printf "%d in a call: %d %s adds/s, %d stored, %.2f us of server CPU each\n", batch, calls * batch, kind, stored, (after - before) / stored * 1e6 }'
}

for batch in 8 16; do
  for _ in 1 2 3; do
    measure plain "$plain" "$batch"
    measure named "$named" "$batch"
  done
done
