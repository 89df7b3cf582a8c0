"""Is what a report says of itself true? Stated errors and verdicts, held against a packet capture on a disturbed machine.

For each row of each report: the figure, what the wire says it should have been, the stated bound (`client_error_ms`) and the
verdict. SPATE_VERDICT_RUNS sets the number of runs of each kind (10); SPATE_VERDICT_TABLE=FILE gets every row.
"""
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from harness import quantile
from wire import Capture

RUNS = int(os.environ.get("SPATE_VERDICT_RUNS", "10"))
PERCENTILES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
# Between the instant that is noted and the packet there is a system call: no error of the bound, and no less than this.
CALL_MS = 0.1


def busy(bench):
    """A busy program on every core."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count())]
    try:
        for core, child in enumerate(others):
            os.sched_setaffinity(child.pid, {core})
        judge(bench, "busy")
    finally:
        for child in others:
            child.kill()
            child.wait()


def quota(bench):
    """Generator and provider share half a core of quota with a busy program."""
    group = Quota(0.5)
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"], preexec_fn=group.enter)
    try:
        judge(bench, "quota", enter=group.enter)
    finally:
        other.kill()
        other.wait()
        group.close()


def pieces(bench):
    """The generator is stopped for 20 ms, and runs for 20 to 400 ms, again and again."""
    judge(bench, "pieces", beside=stop_in_pieces)


def real(bench):
    """The real server, a busy program on every core in every second run."""
    if not os.environ.get("SPATE_REALSERVER"):
        bench.row("skipped: SPATE_REALSERVER=URL is not set", "", "")
        return
    judge(bench, "real", busy_when=lambda number: number % 2 == 1)


class Quota:
    """A control group that gets a share of one core, version 1 or 2."""

    def __init__(self, cores):
        name = f"spate-verdicts-{os.getpid()}"
        first = Path("/sys/fs/cgroup/cpu")
        self.folder = (first if first.is_dir() else Path("/sys/fs/cgroup")) / name
        self.folder.mkdir()
        if first.is_dir():
            (self.folder / "cpu.cfs_period_us").write_text("100000")
            (self.folder / "cpu.cfs_quota_us").write_text(str(int(cores * 100_000)))
        else:
            (self.folder / "cpu.max").write_text(f"{int(cores * 100_000)} 100000")

    def enter(self):
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def throttled(self):
        return dict(line.split() for line in (self.folder / "cpu.stat").read_text().splitlines())

    def close(self):
        for _ in range(50):
            try:
                self.folder.rmdir()
                return
            except OSError:
                time.sleep(0.1)


def stop_in_pieces(child, number):
    lengths = random.Random(number)
    while child.poll() is None:
        child.send_signal(signal.SIGSTOP)
        time.sleep(0.02)
        child.send_signal(signal.SIGCONT)
        time.sleep(lengths.uniform(0.02, 0.4))


# MARK: Runs


def judge(bench, name, enter=None, beside=None, busy_when=lambda number: False):
    figures, rows = [], []
    for number in range(RUNS):
        folder = bench.folder / f"{name}-{number}"
        others = []
        if busy_when(number):
            others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count())]
        try:
            with Capture() as capture:
                child = run(bench, folder, enter)
                if beside:
                    threading.Thread(target=beside, args=(child, number), daemon=True).start()
                bench.finish(child, 300)
                seen = capture.requests()
        finally:
            for other in others:
                other.kill()
                other.wait()
        found = list(judged(bench.outcome(child, folder), folder, seen))
        rows += [row for row, _ in found]
        figures += [figure for _, several in found for figure in several]
        write_table(f"{name} {number}", found)
    conclude(bench, rows, figures)


def run(bench, folder, enter):
    url = os.environ.get("SPATE_REALSERVER", "").rstrip("/")
    words = ["demo"]
    if bench.name == "verdicts-real":
        words = ["ramp", "--url", url, "--concurrency", "1,2,4,8,16", "--hold", "4s", "--settle", "500ms"]
        words += ["--input-tokens", "24", "--max-tokens", "48", "--yes"]
    child = subprocess.Popen(
        [str(bench.program), *words, "-o", str(folder), "--quiet", "--seed", "1"],
        stdin=subprocess.DEVNULL,
        stdout=open(bench.folder / "out.txt", "wb"),
        stderr=open(bench.folder / "err.txt", "wb"),
        preexec_fn=enter,
    )
    bench.children.append(child)
    return child


# MARK: Rows


class Row:
    """A level, an edge, or the warm burst that is its control."""

    def __init__(self, name, validity, figures, idle):
        self.name, self.validity = name, validity
        self.idle_said, self.idle_true = idle
        judging = [figure for figure in figures if figure.judges]
        self.worst = max((figure.deserves(0.01, 0.5) for figure in judging), default=0)
        self.far = max((figure.deserves(0.05, 2) for figure in judging), default=0)
        self.covered = all(figure.covered for figure in figures)


class Figure:
    def __init__(self, name, said, true, bound, judges):
        self.name, self.said, self.true, self.bound, self.judges = name, said, true, bound, judges
        self.error = said - true
        self.covered = -CALL_MS <= self.error <= bound + CALL_MS

    def deserves(self, share, least):
        """Its error against a limit: above 1 is beyond it."""
        return abs(self.error) / max(least, share * self.said)


def judged(outcome, folder, seen):
    """(row, figures) of every row of the report."""
    requests, steps, zero, run = stored(folder)
    for phase in outcome.target["phases"]:
        if phase["kind"] == "ramp":
            for level in phase["steps"]:
                ids = [s["id"] for s in steps if s["kind"] == "level" and s["concurrency"] == level["concurrency"]]
                mine = [r for r in requests if r["step"] in ids and r["measured"] and r["outcome"] in ("ok", "ok_length")]
                figures = list(compared(level["stats"], mine, seen, run, ("ttft", "wait", "e2e")))
                idle = level["stats"]["client_idle_share"], true_idle(steps, ids, requests, seen, run, zero)
                yield Row(f"{level['concurrency']} streams", level["validity"], figures, idle), figures
        for burst in phase.get("bursts") or []:
            for kind, name, stats, validity in (
                ("edge", "burst", burst["stats"], burst["validity"]),
                ("control", "warm burst", burst["control"], burst["control_validity"]),
            ):
                ids = [s["id"] for s in steps if s["kind"] == kind and s["burst"] == burst["index"]]
                mine = [
                    r for r in requests
                    if r["step"] in ids and r["rank"] is not None and r["outcome"] in ("ok", "ok_length")
                ]
                figures = list(compared(stats, mine, seen, run, ("ttft_scheduled", "wait")))
                yield Row(f"{name} {burst['index']}", validity, figures, (None, None)), figures


def stored(folder):
    base = sqlite3.connect(f"file:{folder / 'run.sqlite'}?mode=ro", uri=True)
    base.row_factory = sqlite3.Row
    try:
        meta = dict(base.execute("SELECT key, value FROM meta").fetchall())
        offset = base.execute("SELECT realtime_offset_ns FROM health ORDER BY at_ns LIMIT 1").fetchone()[0]
        requests = [dict(row) for row in base.execute("SELECT * FROM requests").fetchall()]
        steps = [dict(row) for row in base.execute("SELECT * FROM steps").fetchall()]
    finally:
        base.close()
    return requests, steps, meta["started_at_unix_ns"] - offset, meta["id"]


def compared(stats, requests, seen, run, metrics):
    """What is said of each metric's percentiles beside the same percentiles by the wire."""
    pairs = [(request, seen.get(f"{run}-{request['sequence']}")) for request in requests]
    if any(wire is None or wire.first_token is None for _, wire in pairs):
        raise RuntimeError(f"{sum(wire is None for _, wire in pairs)} of {len(pairs)} requests are not on the wire")
    for metric in metrics:
        dist = stats[f"{metric}_ms"]
        if not pairs or not dist:
            continue
        values = [both(metric, request, wire) for request, wire in pairs]
        for percentile, fraction in PERCENTILES:
            said = quantile([value[0] for value in values], fraction)
            if abs(said - dist[percentile]) > 0.001:
                raise RuntimeError(f"{metric} {percentile} is {dist[percentile]}, and {said} by the store")
            true = quantile([value[1] for value in values], fraction)
            interval = dist.get(f"{percentile}_ci") or [None, None]
            error = (dist["client_error_ms"] or {}).get(percentile)
            yield Figure(f"{metric} {percentile}", said, true, error, None not in interval)


def both(metric, request, wire):
    """One request's figure as it was said, and by the wire, ms."""
    first, last = request["first_token_ns"], request["last_token_ns"]
    if metric == "wait":
        return (first - request["written_ns"]) / 1e6, (wire.first_token - wire.written) / 1e6
    if metric == "ttft":
        return first / 1e6, (wire.first_token - wire.sent + wire.set_up) / 1e6
    if metric == "e2e":
        return last / 1e6, (wire.last_token - wire.sent + wire.set_up) / 1e6
    # An edge counts from its release, and its sending is judged by itself: only the stamp can be wrong.
    said = (first + request["dispatch_lag_ns"]) / 1e6
    stamping = (first - request["written_ns"]) - (wire.first_token - wire.written)
    return said, said - stamping / 1e6


def true_idle(steps, ids, requests, seen, run, zero):
    """Share of the slots' time in the level's windows in which no request was on the wire."""
    ids = set(ids)
    windows = [
        (zero + step["settled_ns"], zero + step["window_ended_ns"], step["concurrency"]) for step in steps if step["id"] in ids
    ]
    spans = []
    for request in requests:
        wire = seen.get(f"{run}-{request['sequence']}")
        if wire and wire.ended:
            spans.append((wire.opened or wire.sent, wire.ended))
    held = sum(max(0, min(end, b) - max(begin, a)) for a, b, _ in windows for begin, end in spans)
    return 1 - held / sum((b - a) * slots for a, b, slots in windows)


# MARK: Verdicts


def conclude(bench, rows, figures):
    covered = sum(row.covered for row in rows) / len(rows)
    bench.row("rows, figures", f"{len(rows)}, {len(figures)}", "")
    for part in ("latencies", "load", "verdict"):
        bench.row(f"  {part}", ", ".join(f"{n} {v}" for v, n in sorted(Counter(r.validity[part] for r in rows).items())), "")
    late = [figure.error for figure in figures]
    bench.row("  error p50, p95, largest", " ".join(f"{x:.2f}" for x in (quantile(late, .5), quantile(late, .95), max(late))) + " ms", "")
    bench.row("rows whose bounds cover their true errors", f"{100 * covered:.1f} %", ">= 95 %", covered >= 0.95)
    harsh = [row for row in rows if row.validity["latencies"] == "invalid" and row.worst <= 1]
    bench.equal("times called invalid that were within 1 %", len(harsh), 0)
    lenient = [row for row in rows if row.validity["latencies"] == "valid" and row.far > 1]
    bench.equal("times called valid that were off by more than 5 %", len(lenient), 0)
    levels = [row for row in rows if row.idle_said is not None]
    if levels:
        gap = max(abs(row.idle_said - row.idle_true) for row in levels)
        bench.row("idle share, said against true, at most", f"{100 * gap:.2f} %", "")
        harsh = [row for row in levels if row.validity["load"] == "invalid" and row.idle_true <= 0.01]
        bench.equal("loads called invalid that were kept to 1 %", len(harsh), 0)
        lenient = [row for row in levels if row.validity["load"] == "valid" and row.idle_true > 0.05]
        bench.equal("loads called valid that were short by more than 5 %", len(lenient), 0)


def write_table(name, found):
    path = os.environ.get("SPATE_VERDICT_TABLE")
    if not path:
        return
    with open(path, "a") as table:
        for row, figures in found:
            for figure in figures:
                idle = "" if row.idle_said is None else f"{row.idle_said:.4f}\t{row.idle_true:.4f}"
                print(
                    name, row.name, figure.name, f"{figure.said:.3f}", f"{figure.true:.3f}", f"{figure.error:.3f}",
                    f"{figure.bound:.3f}", "judges" if figure.judges else "", "" if figure.covered else "NOT COVERED",
                    row.validity["latencies"], row.validity["load"], idle, sep="\t", file=table,
                )
