"""Runs a peer's program and reads the JSON line that it prints."""

import atexit
import json
import os
import signal
import subprocess
import tempfile
import time

import catalog

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 150  # seconds for one run
READY = 60


class ProgramError(Exception):
    """A program that did not do its work."""


def text(settings):
    """Settings as a program reads them."""
    return json.dumps(settings)


class Tools:
    """Where the tools are: the cache folder and what compare.sh built there."""

    def __init__(self, cache, bench, client_bench=None):
        self.cache = cache
        self.benches = {None: bench}  # by the client of Redis: TaskQ's own, and the newer one
        if client_bench:
            self.benches[catalog.NEWER_CLIENT] = client_bench
        node = os.path.join(cache, "npm", "node_modules", "node", "bin", "node")
        self.node = node if os.path.exists(node) else "node"

    def command(self, program):
        """The command line of a peer's program."""
        path = os.path.join(HERE, program)
        name, kind = os.path.splitext(os.path.basename(program))
        if kind == ".cs":
            return [os.path.join(self.cache, "dotnet", name, name)]
        return [{".cjs": self.node, ".rb": "ruby", ".py": "/usr/bin/python3"}[kind], path]

    def environment(self, settings, **values):
        if settings.get("gcServer"):
            values["DOTNET_gcServer"] = "1"
        if settings.get("inlineSockets"):
            values["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1"
        if "spins" in settings:
            values["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = f"{settings['spins']:x}"
        if settings.get("tiered") is False:
            values["DOTNET_TieredCompilation"] = "0"
        npm = os.path.join(self.cache, "npm", "node_modules")
        return {**os.environ, "NODE_PATH": npm, "NODE_ENV": "production", "DOTNET_gcConcurrent": "0", **values}


class Run:
    """A process whose output goes to a file, so that a peer's log costs what a log costs and nobody reads it."""

    def __init__(self, command, environment):
        self.command = command
        self.output = tempfile.NamedTemporaryFile(mode="w+", prefix="taskq-peer-")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=self.output, stderr=self.output,
                                        env=environment, text=True, start_new_session=True)
        atexit.register(self.kill)  # a session of its own does not hear of Ctrl+C

    def wait_ready(self):
        end = time.monotonic() + READY
        while not any(line.strip() == "ready" for line in self._lines()):
            if self.process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise ProgramError(self._says("was not ready"))
            time.sleep(0.02)

    def go(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def result(self):
        """The last line of JSON, when the process has ended well."""
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ProgramError(self._says(f"took more than {PATIENCE} s")) from None
        atexit.unregister(self.kill)
        lines = [line for line in self._lines() if line.startswith("{")]
        if code != 0 or not lines:
            raise ProgramError(self._says(f"ended with {code}"))
        self.output.close()
        return json.loads(lines[-1])

    def kill(self):
        """Kills the process and all that it has started."""
        atexit.unregister(self.kill)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def _lines(self):
        self.output.seek(0)
        return self.output.read().splitlines()

    def _says(self, problem):
        text = "\n".join(self._lines()[-8:])
        return f"{' '.join(self.command[-4:])} {problem}:\n{text}"


def run_peer(tools, server, peer, scenario, n, settings):
    """One run of a peer's program on an empty store. Gives n, seconds, p50_ms, p99_ms where they apply."""
    command = tools.command(peer.program)
    environment = tools.environment(settings, PEER_URL=server.url)
    arguments = [str(n), text(settings)]
    if scenario != "drain":
        return Run([*command, scenario, *arguments], environment).result()
    Run([*command, "fill", *arguments], environment).result()
    workers = [Run([*command, "drain", *arguments], environment) for _ in range(settings.get("processes", 1))]
    for worker in workers:
        worker.wait_ready()
    for worker in workers:
        worker.go()
    results = [worker.result() for worker in workers]
    count = sum(result["count"] for result in results)
    if count != n:
        raise ProgramError(f"{peer.title}: {n} messages were added, {count} ran")
    last = max(result["last"] for result in results if result["count"])
    return {"n": n, "seconds": last - min(result["start"] for result in results)}


def run_bench(tools, server, peer, scenario, n, settings):
    """One run of TaskQ's bench, which has the bare channel too."""
    name = peer.name if peer.name == "channel" else settings.get("scenario", scenario)
    options = ["--backend", "redis", "--redis", f"127.0.0.1:{server.port}"] if peer.store == "redis" else []
    if "capacity" in settings:
        options += ["--capacity", str(settings["capacity"])]
    command = [tools.benches[settings.get("client")], name, *options, "--n", str(n), "--rounds", "1", "--json"]
    return Run(command, tools.environment(settings)).result()


def run(tools, server, peer, scenario, n, settings):
    """One run on an empty store: a dictionary with n, rate, and p50_ms, p99_ms for latency."""
    server.clear()
    measure = run_bench if peer.program == "bench" else run_peer
    result = measure(tools, server, peer, scenario, n, settings)
    row = {key: result[key] for key in ("n", "p50_ms", "p99_ms") if result.get(key) is not None}
    if scenario != "latency":
        row["rate"] = result["n"] / result["seconds"]
    return row
