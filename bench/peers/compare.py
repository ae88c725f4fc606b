"""Runs the comparison and writes it down; compare.sh calls it when all is installed."""

import argparse
import json
import os
import signal
import sys
import time

import catalog
import faults
import machine
import program
import report
import servers


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["redis", "postgres", "memory", "crash"], action="append", help="one part; may be repeated")
    parser.add_argument("--peer", action="append", help="one peer by its name, TaskQ stays; may be repeated")
    parser.add_argument("--scenario", action="append", help="one scenario; may be repeated")
    parser.add_argument("--rounds", type=int, help="runs of each; the default is 3, with --quick 1")
    parser.add_argument("--quick", action="store_true", help="an eighth of the messages: to see that all works")
    parser.add_argument("--dry", action="store_true", help="prints the tables only: RESULTS.md, plots and README.md stay")
    parser.add_argument("--report", action="store_true", help="writes the last run down again, without running")
    parser.add_argument("--again", action="store_true", help="measures what is named anew; of the last run the rest stays")
    parser.add_argument("--cache", required=True, help=argparse.SUPPRESS)  # what compare.sh has installed
    parser.add_argument("--bench", required=True, help=argparse.SUPPRESS)  # the bench, built for release
    parser.add_argument("--client-bench", help=argparse.SUPPRESS)  # the same with the newer client of Redis, if it could be installed
    parser.add_argument("--said", default="", help=argparse.SUPPRESS)  # what compare.sh was told
    parser.add_argument("--missing", action="append", default=[], metavar="PEER=REASON", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or (1 if options.quick else 3)
    return options


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Comparison:
    """Runs what was asked for and collects the rows."""

    def __init__(self, options):
        self.options = options
        self.tools = program.Tools(options.cache, options.bench, options.client_bench)
        self.rows = []
        self.sweeps = []
        self.failures = []
        self.stores = {}

    def peers(self, store):
        wanted = self.options.peer
        missing = {text.split("=", 1)[0] for text in self.options.missing}
        return [peer for peer in catalog.PEERS if peer.store == store and peer.name not in missing
                and (not wanted or peer.name in wanted or peer.name.startswith("taskq") or peer.name == "channel")]

    def size(self, n):
        return max(40, n // 8) if self.options.quick else n

    def run_store(self, store):
        server = servers.START[store]()
        self.stores[store] = server.version()
        try:
            for scenario in catalog.SCENARIOS[store]:
                if not self.options.scenario or scenario in self.options.scenario:
                    self.run_scenario(server, store, scenario)
        finally:
            server.close()

    def run_scenario(self, server, store, scenario):
        """Default and best of each peer, one after the other, as often as there are rounds."""
        configurations = []
        for peer in self.peers(store):
            if scenario not in peer.lacks:
                configurations.append((peer, "default", {}))
                if self.candidates(peer, scenario):
                    configurations.append((peer, "best", self.best(server, peer, scenario)))
        for index in range(self.options.rounds):
            for peer, mode, settings in configurations:
                n = self.size(peer.n(scenario, mode))
                row = self.attempt(server, peer, scenario, n, settings, mode)
                if row:
                    self.rows.append({"store": store, "scenario": scenario, "peer": peer.name, "mode": mode,
                                      "settings": settings, "round": index, **row})

    def candidates(self, peer, scenario):
        """The settings that are tried: those for which all is installed."""
        return [settings for settings in peer.best.get(scenario, []) if settings.get("client") in self.tools.benches]

    def best(self, server, peer, scenario):
        """The settings that win a short run of each."""
        candidates = self.candidates(peer, scenario)
        if len(candidates) == 1:
            return candidates[0]
        outcomes = []
        for settings in candidates:
            n = self.size(peer.n(scenario, "best")) // 3
            row = self.attempt(server, peer, scenario, n, settings, "sweep")
            if row:
                outcomes.append((row["rate"] if "rate" in row else -row["p99_ms"], settings))
        if not outcomes:
            return candidates[0]
        chosen = max(outcomes, key=lambda outcome: outcome[0])[1]
        self.sweeps.append({"store": peer.store, "peer": peer.name, "scenario": scenario, "chosen": chosen,
                            "outcomes": [{"settings": settings, "value": abs(value)} for value, settings in outcomes]})
        return chosen

    def attempt(self, server, peer, scenario, n, settings, mode):
        try:
            row = program.run(self.tools, server, peer, scenario, n, settings)
        except program.ProgramError as error:
            self.failed(peer, scenario, mode, error)
            return None
        figure = f"{row['rate']:,.0f}/s" if "rate" in row else f"p50 {row['p50_ms']:.2f}, p99 {row['p99_ms']:.2f} ms"
        say(f"{peer.store} {scenario}: {peer.name} {mode} {program.text(settings)}: {figure}")
        return row

    def failed(self, peer, scenario, mode, error):
        say(f"{peer.name} {scenario} {mode} FAILED: {error}")
        self.failures.append({"peer": peer.name, "store": peer.store, "scenario": scenario, "mode": mode,
                              "problem": str(error).splitlines()[0]})

    def run_crash(self):
        peers = [peer for store in ("redis", "postgres") for peer in self.peers(store)]
        self.rows += faults.run(self.tools, peers, self.options.rounds, self.options.quick, say, self.failed)


def measure(options):
    parts = options.only or ["redis", "postgres", "memory", "crash"]
    comparison = Comparison(options)
    started = time.time()
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    for store in ("redis", "postgres", "memory"):
        if store in parts:
            comparison.run_store(store)
    if "crash" in parts and not options.scenario:
        comparison.run_crash()
    return {
        "machine": machine.describe(), "load": load, "versions": machine.versions(comparison.tools), "stores": comparison.stores,
        "date": time.strftime("%Y-%m-%d", time.gmtime(started)), "seconds": time.time() - started,
        "command": f"bench/compare.sh {options.said}".strip(), "rounds": options.rounds, "quick": options.quick,
        "missing": dict(text.split("=", 1) for text in options.missing),
        "rows": comparison.rows, "sweeps": comparison.sweeps, "failures": comparison.failures,
    }


def renewed(before, now):
    """The results of an earlier run, in which those that were measured anew take the place of theirs."""
    def places(entries):
        return {(entry.get("store"), entry.get("scenario")) for entry in entries}

    anew = places(now["rows"])
    for part in ("rows", "sweeps", "failures"):
        before[part] = [entry for entry in before[part] if not places([entry]) & anew] + now[part]
    before["command"] += f", then {now['command']}"
    before["seconds"] += now["seconds"]
    for name, version in now["versions"].items():
        if before["versions"].get(name, version) != version:
            before["versions"][name] += f", then {version}"
    return before


def main(arguments):
    options = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what it has started is stopped at the exit
    kept = os.path.join(options.cache, "results.json")
    if options.report:
        with open(kept, encoding="utf-8") as file:
            results = json.load(file)
    else:
        results = measure(options)
        if options.again:
            with open(kept, encoding="utf-8") as file:
                results = renewed(json.load(file), results)
        with open(kept, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    results["dry"] = options.dry
    print(report.write(results))
    say(f"the runs took {results['seconds']:.0f} s; {len(results['failures'])} failed")
    return 1 if results["failures"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
