"""Running spate, reading what it stored and what the simulated provider says it did."""
import json
import math
import signal
import sqlite3
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Outcome:
    status: int
    folder: Path
    text: str

    @property
    def summary(self):
        return json.loads((self.folder / "summary.json").read_text())

    @property
    def target(self):
        return self.summary["targets"][0]

    @property
    def journal(self):
        return Journal(self.folder / "truth.jsonl")

    def requests(self):
        """Rows of run.sqlite as dicts, with what their step says; instants as `at` reads them."""
        return stored_requests(self.folder)


def stored_requests(folder):
    uri = f"file:{folder / 'run.sqlite'}?mode=ro"
    base = sqlite3.connect(uri, uri=True)
    base.row_factory = sqlite3.Row
    try:
        meta = dict(base.execute("SELECT key, value FROM meta").fetchall())
        offset = base.execute("SELECT realtime_offset_ns FROM health ORDER BY at_ns LIMIT 1").fetchone()
        rows = base.execute(
            "SELECT r.*, s.kind AS step_kind, s.concurrency, s.burst, s.release_ns FROM requests r JOIN steps s ON s.id = r.step"
        ).fetchall()
    finally:
        base.close()
    result = []
    for row in rows:
        row = dict(row)
        row["id"] = f"{meta['id']}-{row['sequence']}"
        if offset:  # the run's own zero on CLOCK_MONOTONIC, which is the journal's
            row["t0"] = meta["started_at_unix_ns"] - offset[0]
        result.append(row)
    return result


def at(row, name):
    """An instant of a stored request on CLOCK_MONOTONIC, ns: they are stored since the scheduled instant plus lag."""
    value = row[name]
    if value is None:
        return None
    base = row["t0"] + row["scheduled_ns"]
    return base if name == "scheduled_ns" else base + (row["dispatch_lag_ns"] or 0) + value


class Journal:
    """truth.jsonl: requests by id, the closing line, the pid of the provider."""

    def __init__(self, path):
        self.requests, self.end, self.pid = {}, None, None
        for line in Path(path).read_text().splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # cut off by a kill
            if "pid" in entry:
                self.pid = entry["pid"]
            elif "end" in entry:
                self.end = entry
            elif "id" in entry:
                self.requests[entry["id"]] = entry


class Bench:
    """One check: its folder, its child processes, its rows of the table."""

    def __init__(self, name, program, folder):
        self.name, self.program, self.folder = name, program, folder
        self.failures, self.rows, self.children = 0, 0, []

    def row(self, what, measured, wanted, passed=None):
        """A line of the table; `passed` None is a figure without a bound."""
        self.rows += 1
        mark = {True: "PASS", False: "FAIL", None: ""}[passed]
        self.failures += passed is False
        print(f"{self.name:<15}{what:<52}{measured:>16}{wanted:>18}  {mark}", flush=True)

    def at_most(self, what, value, limit, unit):
        self.row(what, f"{value:.3g} {unit}", f"<= {limit:g} {unit}", value <= limit)

    def equal(self, what, value, expected):
        self.row(what, f"{value}", f"= {expected}", value == expected)

    def start(self, profile, *flags):
        path = self.folder / "profile.yaml"
        path.write_text(profile)
        return self.popen("run", str(path), "-o", str(self.folder / "run"), "--quiet", *flags)

    def popen(self, *words):
        child = subprocess.Popen(
            [str(self.program), *words],
            stdin=subprocess.DEVNULL,
            stdout=open(self.folder / "out.txt", "wb"),
            stderr=open(self.folder / "err.txt", "wb"),
            cwd=self.folder,
        )
        self.children.append(child)
        return child

    def finish(self, child, seconds):
        """Waits for its end; a child that takes longer is killed and the check has failed."""
        try:
            status = child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            raise RuntimeError(f"not over after {seconds} s: {self.said()[-500:]}") from None
        return Outcome(status, self.folder / "run", self.said())

    def outcome(self, child, folder):
        """Of a child that has ended, in a folder of its own."""
        if not (folder / "summary.json").exists():
            raise RuntimeError(f"exit {child.returncode}: {self.said()[-500:]}")
        return Outcome(child.returncode, folder, self.said())

    def run(self, profile, *flags, seconds):
        outcome = self.finish(self.start(profile, *flags), seconds)
        if not (outcome.folder / "summary.json").exists():
            raise RuntimeError(f"exit {outcome.status}: {outcome.text[-500:]}")
        return outcome

    def said(self):
        return "".join((self.folder / name).read_text(errors="replace") for name in ("out.txt", "err.txt"))

    def end_children(self):
        for child in self.children:
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
                child.wait()


def quantile(values, fraction):
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * fraction) - 1)]


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def is_alive(pid):
    """There, and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.01)
    return condition()


def now_ns():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)
