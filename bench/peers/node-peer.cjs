// What the peers of Node share: the protocol of README.md, the load of TaskQ's bench, and the warm-up of the JIT.
'use strict';

const fs = require('node:fs');
const readline = require('node:readline');

const TEXT = 'someone@example.org';
const PRODUCERS = 16;
const PER_CALL = 1000;
const FILL_PER_CALL = 5000;
const WARM_UP_SECONDS = 2;
const LATENCY_WARM_UP = 300;
const INTERVAL_MS = 10;
const HANDLER_MS = 100; // of work
const PATIENCE_SECONDS = 60; // for the first message

const payload = number => ({ text: TEXT, number });
const range = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
const sleep = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

/** Seconds of the machine's monotonic clock, which all processes share. */
const now = () => Number(process.hrtime.bigint()) / 1e9;

const print = result => process.stdout.write(JSON.stringify(result) + '\n');

/** The number that nearest rank gives. */
const percentile = (sorted, share) => sorted[Math.min(Math.max(Math.ceil(share * sorted.length) - 1, 0), sorted.length - 1)];

async function times(n, add) {
  for (let i = 0; i < n; i++) await add(i);
}

const inChunks = async (n, size, addMany) => {
  for (let from = 0; from < n; from += size) await addMany(range(from, Math.min(n, from + size)));
};

/** How each scenario that only adds does it. */
const adding = {
  add: (queue, n) => times(n, i => queue.add(i)),
  add16: (queue, n) =>
    Promise.all(range(0, PRODUCERS).map(async p => {
      for (let i = p; i < n; i += PRODUCERS) await queue.add(i);
    })),
  addrange: (queue, n) => inChunks(n, PER_CALL, numbers => queue.addMany(numbers)),
  dedupe: (queue, n) =>
    Promise.all(range(0, PRODUCERS).map(async p => {
      for (let i = p; i < n; i += PRODUCERS) await queue.add(i, `order-${i}`);
    })),
};

/** Short rounds on queues of their own until the JIT has had its time. */
async function warmUp(n, round) {
  const end = now() + WARM_UP_SECONDS;
  for (let i = 0; now() < end; i++) await round(`warm-${process.pid}-${i}`, Math.max(1, Math.floor(n / 10)));
}

async function measureAdds(peer, scenario, n) {
  await warmUp(n, async (name, count) => {
    const queue = await peer.open(name);
    await adding[scenario](queue, count);
    await queue.close();
  });
  const queue = await peer.open('jobs');
  const start = now();
  await adding[scenario](queue, n);
  const seconds = now() - start;
  if (scenario === 'dedupe') await queue.add(0, 'order-0');
  const stored = await queue.count();
  if (stored !== n) throw new Error(`${n} jobs were added, the queue holds ${stored}`);
  await queue.close();
  return { n, seconds };
}

async function fill(peer, name, n) {
  const queue = await peer.open(name);
  await inChunks(n, FILL_PER_CALL, numbers => queue.addMany(numbers));
  await queue.close();
}

/** Runs a worker until it has had n messages, or none for a second because others had them. */
async function drainOne(peer, name, n, processes) {
  let count = 0;
  let first, last;
  let finish;
  const done = new Promise(resolve => (finish = resolve));
  const start = now();
  const worker = await peer.work(name, () => {
    last = now();
    first ??= last;
    if (++count === n) finish();
  });
  const timer = setInterval(() => {
    const idle = now() - (last ?? start);
    if (idle > (last && processes > 1 ? 1 : PATIENCE_SECONDS)) finish();
  }, 50);
  await done;
  clearInterval(timer);
  await worker.close();
  return { start, first, last, count };
}

async function drain(peer, n, processes) {
  await warmUp(n, async (name, count) => {
    await fill(peer, name, count);
    await drainOne(peer, name, count, 1);
  });
  process.stdout.write('ready\n');
  await new Promise(resolve => readline.createInterface({ input: process.stdin }).once('line', resolve));
  return drainOne(peer, 'jobs', n, processes);
}

/** An idle worker and one job each 10 ms: from the call of add to the start of the handler. */
async function latency(peer, n) {
  const all = n + LATENCY_WARM_UP;
  const added = new Float64Array(all);
  const started = new Float64Array(all);
  let count = 0;
  let finish, warmed;
  const done = new Promise(resolve => (finish = resolve));
  const worker = await peer.work('jobs', number => {
    if (number < 0) return warmed();
    started[number] = now();
    if (++count === all) finish();
  });
  const queue = await peer.open('jobs');
  await sleep(500);
  for (const end = now() + WARM_UP_SECONDS; now() < end;) {
    const ran = new Promise(resolve => (warmed = resolve));
    await queue.add(-1);
    await ran;
  }
  const begin = now();
  for (let i = 0; i < all; i++) {
    const wait = begin + (i * INTERVAL_MS) / 1e3 - now();
    if (wait > 0) await sleep(wait * 1e3);
    added[i] = now();
    await queue.add(i);
  }
  await done;
  await worker.close();
  await queue.close();
  const milliseconds = range(LATENCY_WARM_UP, all).map(i => (started[i] - added[i]) * 1e3).sort((a, b) => a - b);
  return { n, p50_ms: percentile(milliseconds, 0.5), p99_ms: percentile(milliseconds, 0.99) };
}

/** A worker to kill: it records when each handler starts and ends. */
async function work(peer) {
  const log = fs.openSync(process.env.PEER_LOG, 'a');
  const record = (kind, number) => fs.writeSync(log, `${kind} ${number} ${now()}\n`);
  await peer.work('jobs', async number => {
    record('S', number);
    await sleep(HANDLER_MS);
    record('E', number);
  });
  await new Promise(() => {});
}

/**
 * Runs what the command line says: scenario, number of messages, settings as JSON. A peer opens queues with add(number, id),
 * addMany(numbers), count() and close(), and starts workers that call a handler with the number.
 */
exports.run = async makePeer => {
  const [scenario, n, settings] = [process.argv[2], Number(process.argv[3]), JSON.parse(process.argv[4] ?? '{}')];
  const peer = makePeer(process.env.PEER_URL, settings);
  await peer.prepare?.();
  if (scenario === 'fill') {
    await fill(peer, 'jobs', n);
    print({ n });
  } else if (scenario === 'drain') print(await drain(peer, n, settings.processes ?? 1));
  else if (scenario === 'latency') print(await latency(peer, n));
  else if (scenario === 'work') await work(peer);
  else print(await measureAdds(peer, scenario, n));
  process.exit(0);
};

exports.payload = payload;
