"""Runs the comparison and writes it down; compare.sh calls it when all is installed."""

import argparse
import json
import os
import statistics
import sys
import time

import catalog
import program
import servers


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["redis", "postgres", "memory", "crash"], action="append", help="one part; may be repeated")
    parser.add_argument("--peer", action="append", help="one peer by its name, TaskQ stays; may be repeated")
    parser.add_argument("--scenario", action="append", help="one scenario; may be repeated")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each; the default is 3")
    parser.add_argument("--quick", action="store_true", help="an eighth of the messages: to see that all works")
    parser.add_argument("--dry", action="store_true", help="prints the tables only: RESULTS.md, plots and README.md stay")
    parser.add_argument("--report", action="store_true", help="writes the last run down again, without running")
    parser.add_argument("--cache", required=True, help="the folder of what compare.sh has installed")
    parser.add_argument("--bench", required=True, help="the bench, built for release")
    return parser.parse_args(arguments)


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Comparison:
    """Runs what was asked for and collects the rows."""

    def __init__(self, options):
        self.options = options
        self.tools = program.Tools(options.cache, options.bench)
        self.rows = []
        self.sweeps = []
        self.failures = []
        self.stores = {}

    def peers(self, store):
        wanted = self.options.peer
        return [peer for peer in catalog.PEERS if peer.store == store
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
                if scenario in peer.best:
                    configurations.append((peer, "best", self.best(server, peer, scenario)))
        for index in range(self.options.rounds):
            for peer, mode, settings in configurations:
                n = self.size(peer.n(scenario, mode))
                row = self.attempt(server, peer, scenario, n, settings, mode)
                if row:
                    self.rows.append({"store": store, "scenario": scenario, "peer": peer.name, "mode": mode,
                                      "settings": settings, "round": index, **row})

    def best(self, server, peer, scenario):
        """The settings that win a short run of each."""
        candidates = peer.best[scenario]
        if len(candidates) == 1:
            return candidates[0]
        outcomes = []
        for settings in candidates:
            n = self.size(peer.n(scenario, "best")) // (4 if scenario == "latency" else 2)
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
            say(f"{peer.name} {scenario} {mode} FAILED: {error}")
            self.failures.append({"peer": peer.name, "store": peer.store, "scenario": scenario, "mode": mode,
                                  "problem": str(error).splitlines()[0]})
            return None
        figure = f"{row['rate']:,.0f}/s" if "rate" in row else f"p50 {row['p50_ms']:.2f}, p99 {row['p99_ms']:.2f} ms"
        say(f"{peer.store} {scenario}: {peer.name} {mode} {json.dumps(settings)}: {figure}")
        return row


def main(arguments):
    options = parse(arguments)
    parts = options.only or ["redis", "postgres", "memory", "crash"]
    comparison = Comparison(options)
    started = time.time()
    for store in ("redis", "postgres", "memory"):
        if store in parts:
            comparison.run_store(store)
    print(json.dumps({"rows": comparison.rows, "sweeps": comparison.sweeps, "failures": comparison.failures}, indent=1))
    say(f"took {time.time() - started:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
