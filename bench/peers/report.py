"""Writes RESULTS.md, the plots, and the block of README.md from the rows of a run."""

import os
import statistics

import catalog
import plot
import targets

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
README = os.path.join(os.path.dirname(BENCH), "README.md")
BEGIN = "<!-- peers: written by bench/compare.sh -->"
END = "<!-- /peers -->"
WHAT = {
    "add": "one producer that awaits each add",
    "add16": "16 producers at once, each awaits its adds",
    "addrange": "1,000 messages per call",
    "dedupe": "as `add16`, each message under an id of its own that lets it in once",
    "drain": "a backlog, from the start of the worker to the last handler",
    "latency": "an idle worker, one message each 10 ms, from the add to the start of the handler",
    "roundtrip": "16 producers and the consumer at once",
}
STORES = {"redis": "Redis", "postgres": "PostgreSQL", "memory": "In process"}


class Summary:
    """Medians and ranges by store, scenario, peer and mode."""

    def __init__(self, results):
        self.results = results
        self.groups = {}
        for row in results["rows"]:
            self.groups.setdefault((row["store"], row["scenario"], row["peer"], row["mode"]), []).append(row)

    def rows(self, *key):
        return self.groups.get(key, [])

    def values(self, store, scenario, peer, mode, figure):
        return [row[figure] for row in self.rows(store, scenario, peer, mode)]

    def median(self, *key):
        values = self.values(*key)
        return statistics.median(values) if values else None

    def entries(self, store, scenario):
        """(peer, mode) in the order of the catalog, where there are figures."""
        return [(peer, mode) for peer in catalog.PEERS if peer.store == store for mode in ("default", "best")
                if self.rows(store, scenario, peer.name, mode)]


def is_ours(peer):
    return peer.title == "TaskQ"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def settings_text(peer, mode, settings, scenario):
    if mode == "default":
        return "as it is" if not is_ours(peer) and (scenario.startswith("add") or scenario == "dedupe") else peer.default
    return ", ".join(f"{catalog.WORDS.get(key, key)} {str(value).lower() if isinstance(value, bool) else value}"
                     for key, value in settings.items()) or "as its defaults"


def rate_table(summary, store, scenario):
    ours = {mode: summary.median(store, scenario, peer.name, mode, "rate")
            for peer, mode in summary.entries(store, scenario) if is_ours(peer)}
    rows = []
    for peer, mode in summary.entries(store, scenario):
        values = summary.values(store, scenario, peer.name, mode, "rate")
        median = statistics.median(values)
        base = ours.get(mode) or ours.get("default")
        ratio = "" if is_ours(peer) or not base else plot.figure(base / median)
        first = summary.rows(store, scenario, peer.name, mode)[0]
        rows.append([peer.title, mode, f"{median:,.0f}", f"{min(values):,.0f} to {max(values):,.0f}", ratio,
                     f"{first['n']:,}", settings_text(peer, mode, first["settings"], scenario)])
    return table(["", "setting", "messages/s", "range", "TaskQ is times as fast", "messages", "what that is"], rows)


def latency_table(summary, store):
    rows = []
    for peer, mode in summary.entries(store, "latency"):
        cells = []
        for figure in ("p50_ms", "p99_ms"):
            values = summary.values(store, "latency", peer.name, mode, figure)
            cells += [f"{statistics.median(values):.2f}", f"{min(values):.2f} to {max(values):.2f}"]
        first = summary.rows(store, "latency", peer.name, mode)[0]
        rows.append([peer.title, mode, *cells, settings_text(peer, mode, first["settings"], "latency")])
    return table(["", "setting", "p50 ms", "range", "p99 ms", "range", "what that is"], rows)


def spread(values, form):
    values = [value for value in values if value is not None]
    if not values:
        return "never"
    low, high = form(min(values)), form(max(values))
    return low if low == high else f"{form(statistics.median(values))} ({low} to {high})"


def crash_rows(summary):
    rows = []
    for store in ("redis", "postgres"):
        for peer, mode in summary.entries(store, "crash"):
            runs = summary.rows(store, "crash", peer.name, mode)
            column = lambda name: [run[name] for run in runs]
            seconds = "never" if not any(column("redelivered")) else spread(column("redelivery_s"), lambda value: f"{value:.1f}")
            rows.append([f"{peer.title}, {STORES[store]}", mode, spread(column("interrupted"), str), seconds,
                         spread(column("lost"), str), spread(column("duplicates"), str),
                         spread(column("last_s"), lambda value: f"{value:.1f}"),
                         ", ".join(f"{key} {value}" for key, value in runs[0]["settings"].items() if key != "concurrency") or "as it is"])
    return rows


def crash_section(summary):
    rows = crash_rows(summary)
    if not rows:
        return []
    watch = max(row["watch"] for row in summary.results["rows"] if row["scenario"] == "crash")
    notes = [f"- {peer.title}: {peer.crash_note}" for peer in catalog.PEERS if peer.crash_note]
    return ["## SIGKILL of a worker", "",
            "A backlog of 1,000 messages that take 100 ms each, two workers that run ten at once each. The second starts when the first has ended 30, "
            "and the first is killed when the second has ended 30. "
            f"Then the other is watched for {watch} s. *Interrupted* is what the killed one was running, *redelivered* the seconds "
            "until the other one started the last of it. *Not run* is what no worker has ended by then, which contains what the killed one had fetched but not started.", "",
            *table(["", "setting", "interrupted", "redelivered after s", f"not run within {watch} s", "ran twice", "last message s after the kill", "beside ten at once"], rows),
            *notes, ""]


def sweep_section(summary):
    sweeps = summary.results["sweeps"]
    if not sweeps:
        return []
    peers = {peer.name: peer for peer in catalog.PEERS}
    rows = []
    for sweep in sweeps:
        unit = " ms p99" if sweep["scenario"] == "latency" else "/s"
        outcomes = []
        for outcome in sweep["outcomes"]:
            settings = settings_text(peers[sweep["peer"]], "best", outcome["settings"], sweep["scenario"])
            text = f"{settings}: {plot.figure(outcome['value'])}{unit}"
            outcomes.append(f"**{text}**" if outcome["settings"] == sweep["chosen"] else text)
        rows.append([peers[sweep["peer"]].title, f"{sweep['store']} {sweep['scenario']}", "<br>".join(outcomes)])
    return ["## How the best settings were found", "", "One short run of each before the measured ones; the fastest is the best.", "",
            *table(["", "scenario", "tried"], rows)]


def missing_section(summary):
    lines = [f"- {peer.title}, {STORES[peer.store]} `{scenario}`: {reason}." for peer in catalog.PEERS for scenario, reason in peer.lacks.items()]
    lines += [f"- {name} is not measured: {reason}." for name, reason in summary.results["missing"].items()]
    lines += [f"- {failure['peer']} `{failure['scenario']}` {failure['mode']} failed: {failure['problem']}" for failure in summary.results["failures"]]
    lines += ["- graphile-worker is 0.17.3: newer ones could not be installed where this was written.",
              "- Sidekiq and Celery are Debian's, which are older than the newest."]
    return ["## What is not here", "", *lines, ""]


def target_section(summary):
    rows = [[name, goal, figure, {True: "met", False: "**missed**", None: "not measured"}[met]] for name, goal, figure, met in targets.judge(summary)]
    return ["## Targets", "", "Ratios of the medians of this run.", "", *table(["", "target", "measured", ""], rows)]


def plots(summary):
    """Name to SVG; what has no figures is left out."""
    def group(store, scenario, figure):
        return [(f"{peer.title}, {mode}", summary.median(store, scenario, peer.name, mode, figure),
                 min(values), max(values), is_ours(peer), mode == "default")
                for peer, mode in summary.entries(store, scenario)
                for values in [summary.values(store, scenario, peer.name, mode, figure)]]

    wanted = {
        "drain": ("drain", "messages per second, more is better; line: range", [(f"{STORES[s]}: drain", s, "drain", "rate") for s in ("redis", "postgres")]),
        "add": ("add", "messages per second, more is better; line: range",
                [(f"Redis: {scenario}", "redis", scenario, "rate") for scenario in ("add", "add16", "addrange", "dedupe")]),
        "latency": ("latency", "milliseconds from the add to the start of the handler, less is better; line: range",
                    [(f"{STORES[s]}: {name}", s, "latency", figure) for s in ("redis", "postgres", "memory")
                     for name, figure in (("p50", "p50_ms"), ("p99", "p99_ms"))]),
    }
    made = {}
    for name, (title, subtitle, parts) in wanted.items():
        groups = [(label, items) for label, *key in parts if (items := group(*key))]
        if groups:
            made[name] = plot.bars(title, subtitle, groups)
    return made


def results_page(summary):
    results = summary.results
    lines = ["# TaskQ beside its peers", "",
             "Written by `bench/compare.sh`; [how it is measured](peers/README.md).", "",
             f"- Machine: {results['machine']}; load average at the start {results['load']}.",
             f"- Date: {results['date']}. Command: `{results['command']}`. It took {results['seconds'] / 60:.0f} minutes.",
             f"- Runs of each: {results['rounds']}; medians and ranges.",
             f"- Stores: {', '.join(version for version in results['stores'].values() if version != 'none') or 'none'}.",
             f"- Versions: {', '.join(f'{name} {version}' for name, version in results['versions'].items())}.", ""]
    if results["quick"]:
        lines += ["**A quick run: an eighth of the messages, to see that all works. The figures are not for comparing.**", ""]
    lines += target_section(summary)
    made = plots(summary)
    for store, scenarios in catalog.SCENARIOS.items():
        shown = [scenario for scenario in scenarios if summary.entries(store, scenario)]
        if shown:
            lines += [f"## {STORES[store]}", ""]
        for scenario in shown:
            lines += [f"### {scenario}", "", f"{WHAT[scenario][0].upper()}{WHAT[scenario][1:]}.", ""]
            lines += latency_table(summary, store) if scenario == "latency" else rate_table(summary, store, scenario)
    lines += crash_section(summary)
    if made:
        lines += ["## Plots", "", *(f"![{name}](plots/{name}.svg)" for name in made), ""]
    lines += sweep_section(summary) + missing_section(summary)
    return "\n".join(lines), made


def runs_text(results):
    return "one run" if results["rounds"] == 1 else f"medians of {results['rounds']} runs"


def readme_entries(store):
    """The rows of the short table: the peer, its title, and the modes of which the better one counts."""
    both = ("default", "best")
    for peer in catalog.PEERS:
        if peer.store == store and is_ours(peer):
            yield peer, peer.title, ("default",)
            yield peer, f"{peer.title} at its best", both
        elif peer.store == store:
            yield peer, peer.title, both


def readme_block(summary):
    """The short table: each peer at its best, TaskQ as it is and at its best."""
    scenarios = ["add", "add16", "addrange", "dedupe", "drain"]
    rows = []
    for store in ("redis", "postgres", "memory"):
        columns = scenarios if store != "memory" else ["roundtrip"]
        for peer, title, modes in readme_entries(store):
            cells = []
            for scenario in (*scenarios, "roundtrip"):
                rates = [] if scenario not in columns else [
                    rate for mode in modes if (rate := summary.median(store, scenario, peer.name, mode, "rate"))]
                cells.append(f"{max(rates):,.0f}" if rates else "")
            p99 = [value for mode in modes if (value := summary.median(store, "latency", peer.name, mode, "p99_ms"))]
            if any(cells) or p99:
                rows.append([f"{title}, {STORES[store]}", *cells, f"{min(p99):.2f} ms" if p99 else ""])
    results = summary.results
    return [BEGIN, f"Messages per second, each at the better of its defaults and its best setting, TaskQ at its defaults too. {results['machine']}; "
            f"{runs_text(results)}; [all figures](bench/RESULTS.md), [how](bench/peers/README.md).", "",
            *table(["", *scenarios, "roundtrip", "latency p99"], rows)[:-1], END]


def write(results):
    """Writes all; gives the ratios as lines of text."""
    summary = Summary(results)
    page, made = results_page(summary)
    if not results["dry"]:
        os.makedirs(os.path.join(BENCH, "plots"), exist_ok=True)
        for name, svg in made.items():
            save(os.path.join(BENCH, "plots", f"{name}.svg"), svg)
        save(os.path.join(BENCH, "RESULTS.md"), page)
        with open(README, encoding="utf-8") as file:
            readme = file.read()
        if BEGIN in readme and END in readme:
            before, rest = readme.split(BEGIN, 1)
            save(README, before + "\n".join(readme_block(summary)) + rest.split(END, 1)[1])
    return page


def save(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
