"""What is compared: the peers, their settings, and how many messages each has for about two seconds on two cores."""

from dataclasses import dataclass, field

SCENARIOS = {
    "redis": ["add", "add16", "addrange", "dedupe", "drain", "latency"],
    "postgres": ["add", "add16", "addrange", "dedupe", "drain", "latency"],
    "memory": ["roundtrip", "latency"],
}

LATENCY_MESSAGES = 500

# Of crash: each message takes 100 ms, two workers run ten at once each.
CRASH_CONCURRENCY = 10


@dataclass(frozen=True)
class Peer:
    """One library on one store."""

    name: str
    title: str
    store: str
    program: str  # see program.py
    counts: dict  # scenario, or (scenario, "best"), to messages
    best: dict = field(default_factory=dict)  # scenario to the settings that are tried; the fastest is its best
    crash: dict = field(default_factory=dict)  # mode to settings
    crash_note: str = ""  # what its documentation says of a worker that dies
    lacks: dict = field(default_factory=dict)  # scenario to the reason
    default: str = ""  # the defaults of its worker in words

    def n(self, scenario, mode):
        if scenario == "latency":
            return LATENCY_MESSAGES
        return self.counts.get((scenario, mode), self.counts[scenario])


def each(key, values, **others):
    """Settings that differ in one value."""
    return [{**others, key: value} for value in values]


def crash(best=None, **others):
    settings = {"concurrency": CRASH_CONCURRENCY, **others}
    modes = {"default": settings}
    if best:
        modes["best"] = {**settings, **best}
    return modes


# The other collector is the one that web applications have.
COLLECTORS = each("gcServer", [False, True])
PIPELINING = [{"pipelining": False}, {"pipelining": True}]
LIGHT_SIDEKIQ = {"hiredis": True, "quiet": True}
PREPARED = {"prepare": True}

# The newest StackExchange.Redis that the tests have run with; replies that are read on the thread that waits for them; and threads
# of the pool that stay awake for longer when they have nothing to do.
NEWER_CLIENT = "3.1.31"
INLINE_CLIENT = {"client": NEWER_CLIENT, "inlineSockets": True}
CLIENTS = [{"client": NEWER_CLIENT}, INLINE_CLIENT, {**INLINE_CLIENT, "spins": 16_384}]
WORDS = {"client": "StackExchange.Redis"}

# Of handlers that take 100 ms none is fetched long before it can run.
BEST_CRASH = {"leaseMs": 5000, "fetchBatch": CRASH_CONCURRENCY, "buffer": CRASH_CONCURRENCY}
LIGHT_BEE = {"keep": False, "events": False}

PEERS = [
    Peer(
        "taskq", "TaskQ", "redis", "bench",
        counts={"add": 25_000, "add16": 250_000, "addrange": 500_000, "dedupe": 200_000, "drain": 500_000, ("drain", "best"): 800_000},
        best={
            **{scenario: CLIENTS for scenario in ("add", "add16", "addrange", "dedupe")},
            "latency": [{"spins": 16_384}, *CLIENTS, {**INLINE_CLIENT, "spins": 4_096}, {**INLINE_CLIENT, "tiered": False}],
            "drain": [{"scenario": "drain-best", **client} for client in ({}, *CLIENTS)],
        },
        crash=crash(BEST_CRASH),
        default="StackExchange.Redis 1.2.6",
    ),
    Peer(
        "bullmq", "BullMQ", "redis", "redis/bullmq.cjs",
        counts={"add": 12_000, "add16": 50_000, "addrange": 60_000, "dedupe": 50_000, "drain": 8_000, ("drain", "best"): 25_000},
        best={
            "add16": PIPELINING,
            "dedupe": [{"pipelining": True}],
            "drain": [
                *each("concurrency", [10, 50, 200], keep=False),
                *each("concurrency", [50, 200], keep=False, pipelining=True),
                {"concurrency": 50, "keep": False, "processes": 2},
            ],
        },
        crash=crash({"lockMs": 5000, "stalledMs": 5000}),
        crash_note="a job is stalled when its lock of 30 s has run out; workers look for stalled ones every 30 s.",
        default="concurrency 1, completed jobs are kept",
    ),
    Peer(
        "bee-queue", "Bee-Queue", "redis", "redis/bee-queue.cjs",
        counts={"add": 40_000, "add16": 80_000, "addrange": 200_000, "dedupe": 80_000, "drain": 10_000, ("drain", "best"): 35_000},
        best={
            "add16": [LIGHT_BEE],
            "addrange": [LIGHT_BEE],
            "dedupe": [LIGHT_BEE],
            "latency": [LIGHT_BEE],
            "drain": [*each("concurrency", [10, 50, 200], **LIGHT_BEE), {**LIGHT_BEE, "concurrency": 50, "processes": 2}],
        },
        crash=crash({"stallMs": 5000}),
        crash_note="stalled jobs come back when the application calls `checkStalledJobs`, which its best setting does every 5 s.",
        default="concurrency 1, completed jobs are kept, stalled jobs are not looked for",
    ),
    Peer(
        "sidekiq", "Sidekiq", "redis", "redis/sidekiq.rb",
        counts={"add": 18_000, "add16": 20_000, "addrange": 200_000, "drain": 8_000, ("drain", "best"): 20_000},
        best={
            "add": [LIGHT_SIDEKIQ],
            "add16": [LIGHT_SIDEKIQ],
            "addrange": [LIGHT_SIDEKIQ],
            "drain": [*each("concurrency", [1, 2, 5, 10], **LIGHT_SIDEKIQ), *each("concurrency", [2, 5], processes=2, **LIGHT_SIDEKIQ)],
            "latency": [LIGHT_SIDEKIQ],
        },
        crash=crash(),
        lacks={"dedupe": "unique jobs are in Sidekiq Enterprise"},
        crash_note="a job leaves Redis when it is fetched, so what a killed process had is gone; Sidekiq Pro has another fetch.",
        default="concurrency 10, a log of each job, the Ruby Redis driver",
    ),
    Peer(
        "celery", "Celery", "redis", "redis/celery_peer.py",
        counts={"add": 4_000, "add16": 4_000, "drain": 2_000},
        best={
            "drain": [
                {"lean": True, "concurrency": 1, "prefetch": 128},
                {"lean": True, "concurrency": 2, "prefetch": 128},
                {"lean": True, "pool": "solo", "prefetch": 128},
                {"lean": True, "pool": "threads", "concurrency": 2, "prefetch": 128},
            ],
            "latency": [{"lean": True, "pool": "solo"}],
        },
        crash=crash({"late": True, "visibility": 10, "prefetch": 1}),
        lacks={"addrange": "no call that adds many", "dedupe": "a task_id may be used twice"},
        crash_note="a task is acknowledged before it runs. Its best setting acknowledges afterwards, with a visibility timeout of 10 s (the default is an hour), which its Redis transport looks at every 100 s.",
        default="a process per core, four messages ahead each, acknowledged before they run",
    ),
    Peer(
        "taskq-postgres", "TaskQ", "postgres", "taskq/taskq-peer.cs",
        counts={"add": 2_500, "add16": 10_000, "addrange": 60_000, "dedupe": 12_000, "drain": 80_000, ("drain", "best"): 150_000},
        best={
            "add16": [PREPARED],
            "dedupe": [PREPARED],
            "drain": [PREPARED, {**PREPARED, "fetchBatch": 500, "buffer": 2000, "workers": 2, "fetchers": 2}],
        },
        crash=crash(BEST_CRASH),
        default="as it is",
    ),
    Peer(
        "graphile-worker", "graphile-worker", "postgres", "postgres/graphile-worker.cjs",
        counts={"add": 2_500, "add16": 6_000, "addrange": 40_000, "dedupe": 5_000, "drain": 1_500, ("drain", "best"): 90_000},
        best={
            "drain": [
                {"quiet": True, "concurrency": 10},
                *each("concurrency", [4, 10, 24], quiet=True, ahead=500, batchMs=1),
                {"quiet": True, "concurrency": 10, "ahead": 500, "batchMs": 1, "processes": 2},
            ],
            "latency": [{"quiet": True, "concurrency": 10}],
        },
        crash=crash(),
        crash_note="a job is taken again when it has been locked for four hours; nothing sets another time.",
        default="concurrency 1, a log of each job",
    ),
    Peer(
        "taskq-memory", "TaskQ", "memory", "bench",
        counts={"roundtrip": 3_000_000},
        best={"roundtrip": [*COLLECTORS, *each("capacity", [1_000, 3_000, 10_000])]},
        default="as it is",
    ),
    Peer(
        "channel", "System.Threading.Channels", "memory", "bench",
        counts={"roundtrip": 8_000_000},
        best={"roundtrip": COLLECTORS},
        lacks={"latency": "a loop over a channel, the limit of roundtrip"},
        default="a loop over a channel",
    ),
    Peer(
        "masstransit", "MassTransit", "memory", "memory/masstransit-peer.cs",
        counts={"roundtrip": 60_000},
        best={
            "roundtrip": [*each("concurrency", [1, 2, 16, 64]), *each("concurrency", [1, 16], gcServer=True)],
            "latency": [{"concurrency": 16}],
        },
        default="as it is, no logging",
    ),
]
