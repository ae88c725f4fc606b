"""SIGKILL of a worker under load: what is lost, what runs twice, and when another worker has what it was doing."""

import os
import shutil
import tempfile
import threading
import time

import program
import servers

MESSAGES = 1000  # each takes 100 ms; two workers run ten at once each
ENDED = 30  # messages that the first worker has ended when the other starts, and that one when the first is killed
WATCH = 120  # seconds after the kill
WATCH_QUICK = 40
START_APART = 1  # seconds between two that begin
ROUNDS_APART = 12
PATIENCE = 60

# What TaskQ's bench does not run, a program like a peer's does.
TASKQ = "taskq/taskq-peer.cs"


class Log:
    """What a worker has written: S or E, the message, the time."""

    def __init__(self, path):
        self.path = path

    def lines(self, kind):
        if not os.path.exists(self.path):
            return []
        with open(self.path, encoding="ascii") as file:
            fields = [line.split() for line in file if line.endswith("\n")]
        return [(int(number), float(when)) for what, number, when in fields if what == kind]


def kill_one(tools, peer, settings, watch):
    """One run with a server of its own. Gives the row."""
    server = servers.START[peer.store]()
    folder = tempfile.mkdtemp(prefix="taskq-peers-")
    workers = []
    try:
        server.clear()
        command = tools.command(TASKQ if peer.program == "bench" else peer.program)
        program.Run([*command, "fill", str(MESSAGES), '{"work": true}'], tools.environment({}, PEER_URL=server.url)).result()
        logs = [Log(os.path.join(folder, name)) for name in ("victim", "other")]
        for log in logs:
            environment = tools.environment(settings, PEER_URL=server.url, PEER_LOG=log.path)
            workers.append(program.Run([*command, "work", str(MESSAGES), program.text(settings)], environment))
            wait_ended(log, ENDED)
        workers[0].kill()
        killed = time.monotonic()
        time.sleep(watch)
        row = figures(logs[0], logs[1], killed)
        if not row["interrupted"]:
            raise program.ProgramError(f"{peer.title}: the worker was idle when it was killed")
        return row
    finally:
        for worker in workers:
            worker.kill()
        server.close()
        shutil.rmtree(folder)


def wait_ended(log, count):
    end = time.monotonic() + PATIENCE
    while (ended := len(log.lines("E"))) < count:
        if time.monotonic() > end:
            raise program.ProgramError(f"a worker has ended {ended} messages in {PATIENCE} s")
        time.sleep(0.02)


def figures(victim, other, killed):
    ends = [number for log in (victim, other) for number, _ in log.lines("E")]
    interrupted = {number for number, _ in victim.lines("S")} - {number for number, _ in victim.lines("E")}
    again = {}
    for number, when in other.lines("S"):
        if number in interrupted:
            again.setdefault(number, when - killed)
    return {
        "n": MESSAGES,
        "interrupted": len(interrupted),
        "redelivered": len(again),
        "redelivery_s": max(again.values(), default=None),
        "lost": MESSAGES - len(set(ends)),
        "duplicates": len(ends) - len(set(ends)),
        "last_s": max(0.0, max((when for _, when in other.lines("E")), default=killed) - killed),
    }


def run(tools, peers, rounds, quick, say, failed):
    """All of them at the same time, a little apart, because nearly all of it is waiting. Gives the rows."""
    watch = WATCH_QUICK if quick else WATCH
    rows = []

    def one(delay, peer, mode, settings, index):
        time.sleep(delay)
        try:
            row = kill_one(tools, peer, settings, watch)
        except (program.ProgramError, RuntimeError) as error:
            failed(peer, "crash", mode, error)
            return
        when = "never" if row["redelivery_s"] is None else f"{row['redelivery_s']:.1f} s"
        say(f"{peer.store} crash: {peer.name} {mode} {program.text(settings)}: {row['lost']} lost, {row['duplicates']} twice, redelivered {when}")
        rows.append({"store": peer.store, "scenario": "crash", "peer": peer.name, "mode": mode, "settings": settings,
                     "round": index, "watch": watch, **row})

    runs = [(peer, mode, settings) for peer in peers for mode, settings in peer.crash.items()]
    threads = [threading.Thread(target=one, args=(index * ROUNDS_APART + place * START_APART, *each, index), daemon=True)
               for index in range(rounds) for place, each in enumerate(runs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return rows
