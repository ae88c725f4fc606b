"""What TaskQ must reach beside its peers."""

import catalog

LEASES = {"default": 30, "best": 5}  # seconds


def judge(summary):
    """Rows of (name, target, figure, whether it is met, or None)."""
    yield at_least("Redis `drain`: defaults against the best peer's defaults", 6,
                   summary.median("redis", "drain", "taskq", "default", "rate"), peers(summary, "redis", "drain", ["default"]))
    yield at_least("Redis `drain`: defaults against the best peer at its best", 4,
                   summary.median("redis", "drain", "taskq", "default", "rate"), peers(summary, "redis", "drain"))
    for scenario, bound in (("add16", 2), ("addrange", 2), ("dedupe", 3)):
        for mode in ("default", "best"):
            yield at_least(f"Redis `{scenario}`: {mode} against the best peer at its best", bound,
                           summary.median("redis", scenario, "taskq", mode, "rate"), peers(summary, "redis", scenario))
    for mode in ("default", "best"):
        yield latency(summary, mode)
    for mode in ("default", "best"):
        yield at_least(f"Memory `roundtrip` against a bare channel, {mode} both", 0.2,
                       summary.median("memory", "roundtrip", "taskq-memory", mode, "rate"),
                       [("a channel", summary.median("memory", "roundtrip", "channel", mode, "rate"))])
    yield at_least("Memory `roundtrip` against MassTransit at its best", 10,
                   summary.median("memory", "roundtrip", "taskq-memory", "default", "rate"),
                   [("MassTransit", summary.median("memory", "roundtrip", "masstransit", mode, "rate")) for mode in ("default", "best")])
    for mode in ("default", "best"):
        yield at_least(f"PostgreSQL `drain`: {mode} against graphile-worker's {mode}", 2,
                       summary.median("postgres", "drain", "taskq-postgres", mode, "rate"), peers(summary, "postgres", "drain", [mode]))
    for store, name in (("Redis", "taskq"), ("PostgreSQL", "taskq-postgres")):
        for mode, lease in LEASES.items():
            yield crash(summary, store, name, mode, lease)


def peers(summary, store, scenario, modes=("default", "best")):
    """Names and medians of the others."""
    return [(f"{peer.title}, {mode}", summary.median(store, scenario, peer.name, mode, "rate"))
            for peer in catalog.PEERS if peer.store == store and peer.title != "TaskQ" for mode in modes]


def at_least(name, bound, ours, others):
    others = [(rate, who) for who, rate in others if rate]
    if not ours or not others:
        return name, f"at least {bound} times", "", None
    rate, who = max(others)
    return name, f"at least {bound} times", f"{ours / rate:.2f} times: {ours:,.0f} and {rate:,.0f} ({who})", ours / rate >= bound


def latency(summary, ours_mode):
    name, goal = f"Redis `latency` p99: {ours_mode} against the best peer", "no more"
    ours = summary.median("redis", "latency", "taskq", ours_mode, "p99_ms")
    others = [(value, f"{peer.title}, {mode}") for peer in catalog.PEERS if peer.store == "redis" and peer.name != "taskq"
              for mode in ("default", "best") if (value := summary.median("redis", "latency", peer.name, mode, "p99_ms"))]
    if not ours or not others:
        return name, goal, "", None
    value, who = min(others)
    return name, goal, f"{ours:.2f} ms and {value:.2f} ms ({who})", ours <= value


def crash(summary, store, peer, mode, lease):
    name, goal = f"{store}, SIGKILL with a lease of {lease} s", f"redelivered within {lease + 1} s, nothing lost"
    runs = summary.rows(store.lower() if store == "Redis" else "postgres", "crash", peer, mode)
    if not runs or min(run["watch"] for run in runs) <= lease + 1:
        return name, goal, "", None
    latest = max((run["redelivery_s"] or 0) for run in runs)
    lost = sum(run["lost"] for run in runs)
    missed = sum(run["interrupted"] - run["redelivered"] for run in runs)
    return name, goal, f"{latest:.1f} s, {lost} lost", latest <= lease + 1 and lost == 0 and missed == 0
