"""Celery: https://docs.celeryq.dev. Settings: pool, concurrency, prefetch, lean (no gossip, mingle, heartbeat), late, visibility."""

import json
import math
import multiprocessing
import os
import signal
import sys
import threading
import time

from celery import Celery
from celery.signals import worker_ready

TEXT = "someone@example.org"
PRODUCERS = 16
LATENCY_WARM_UP = 300
INTERVAL = 0.010
WORK = 0.100  # seconds that a handler of work takes

scenario, n = sys.argv[1], int(sys.argv[2])
settings = json.loads(sys.argv[3] if len(sys.argv) > 3 else "{}")
url = os.environ["PEER_URL"]
now = time.monotonic  # the machine's monotonic clock, which all processes share

app = Celery("peer", broker=url)
app.conf.task_default_queue = "jobs"
app.conf.worker_prefetch_multiplier = settings.get("prefetch", app.conf.worker_prefetch_multiplier)
app.conf.task_acks_late = settings.get("late", False)
if "visibility" in settings:
    app.conf.broker_transport_options = {"visibility_timeout": settings["visibility"]}

# The pool's processes are forked, so they share these with the process that measures.
count = multiprocessing.Value("q", 0)
first = multiprocessing.Value("d", 0, lock=False)
last = multiprocessing.Value("d", 0, lock=False)
ready = multiprocessing.Value("d", 0, lock=False)
started = multiprocessing.Array("d", n + LATENCY_WARM_UP if scenario == "latency" else 1, lock=False)
log = os.open(os.environ["PEER_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT) if scenario == "work" else None


@app.task(name="noop")
def noop(text, number):
    with count.get_lock():
        last.value = now()
        if count.value == 0:
            first.value = last.value
        count.value += 1


@app.task(name="timed")
def timed(text, number):
    started[number] = now()
    with count.get_lock():
        count.value += 1


@app.task(name="slow")
def slow(text, number):
    os.write(log, f"S {number} {now()}\n".encode())
    time.sleep(WORK)
    os.write(log, f"E {number} {now()}\n".encode())


@worker_ready.connect
def on_ready(**_):
    ready.value = now()


def report(**result):
    print(json.dumps(result), flush=True)


def percentile(ordered, share):
    return ordered[min(max(math.ceil(share * len(ordered)) - 1, 0), len(ordered) - 1)]


def run_worker():
    """The worker as its command line starts it, until it is killed."""
    arguments = ["worker", "-Q", "jobs"]
    if "pool" in settings:
        arguments += ["--pool", settings["pool"]]
    if "concurrency" in settings:
        arguments += ["--concurrency", str(settings["concurrency"])]
    if settings.get("lean"):
        arguments += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    app.worker_main(arguments)


def with_worker(measure):
    """Runs something beside a worker of its own process group, which is gone afterwards."""
    worker = multiprocessing.Process(target=lambda: (os.setpgrp(), run_worker()))
    worker.start()
    try:
        measure()
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.join()


def wait_for(condition, patience=60):
    end = now() + patience
    while not condition():
        if now() > end:
            raise TimeoutError(f"{count.value} jobs ran within {patience} s")
        time.sleep(0.002)


def drain():
    print("ready", flush=True)
    sys.stdin.readline()

    def measure():
        wait_for(lambda: count.value == n)
        report(start=min(ready.value or math.inf, first.value), first=first.value, last=last.value, count=count.value)

    with_worker(measure)


def latency():
    """An idle worker and one job each 10 ms: from the call of delay to the start of the handler."""

    def measure():
        wait_for(lambda: ready.value)
        time.sleep(0.5)
        total = n + LATENCY_WARM_UP
        added = [0.0] * total
        start = now()
        for i in range(total):
            time.sleep(max(0.0, start + i * INTERVAL - now()))
            added[i] = now()
            timed.delay(TEXT, i)
        wait_for(lambda: count.value == total)
        milliseconds = sorted((started[i] - added[i]) * 1e3 for i in range(LATENCY_WARM_UP, total))
        report(n=n, p50_ms=percentile(milliseconds, 0.50), p99_ms=percentile(milliseconds, 0.99))

    with_worker(measure)


def add_from(offset, step):
    for i in range(offset, n, step):
        noop.delay(TEXT, i)


def add_at_once():
    threads = [threading.Thread(target=add_from, args=(p, PRODUCERS)) for p in range(PRODUCERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def measure_adds():
    noop.delay(TEXT, 0)  # opens a connection
    app.control.purge()
    start = now()
    if scenario == "add":
        add_from(0, 1)
    else:
        add_at_once()
    seconds = now() - start
    with app.connection_for_read() as connection:
        stored = connection.default_channel.queue_declare("jobs", passive=True).message_count
    if stored != n:
        raise RuntimeError(f"{n} jobs were added, the queue holds {stored}")
    report(n=n, seconds=seconds)


def fill():
    task = slow if settings.get("work") else noop
    with app.producer_pool.acquire(block=True) as producer:
        for i in range(n):
            task.apply_async((TEXT, i), producer=producer)
    report(n=n)


if scenario == "fill":
    fill()
elif scenario == "drain":
    drain()
elif scenario == "latency":
    latency()
elif scenario == "work":
    run_worker()
elif scenario in ("add", "add16"):
    measure_adds()
else:
    raise SystemExit(f"Celery has no {scenario}")
