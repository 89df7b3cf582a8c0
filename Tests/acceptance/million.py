"""A million requests: what `report` and `compare` cost. The rows are those of a short real run, repeated with their instants moved."""
import os
import random
import shutil
import sqlite3
import subprocess
import time

REQUESTS = 1_000_000
WIDTH = 128
SECONDS = 12
MEGABYTES, LIMIT = 1000, 10

PROFILE = f"""name: million
seed: 3
targets: [{{provider: simulated, scenario: {{from: steady, replicas: 1, slots: {WIDTH}}}, price: {{input: 0.1, output: 0.4}}}}]
workload: {{prompts: {{synthetic: {{input_tokens: 32}}}}, max_tokens: 8}}
phases:
  - steady: {{concurrency: {WIDTH}, for: {SECONDS}s, settle: 1s}}
"""

AFTER_DISPATCH = ("first_token_ns", "first_visible_ns", "last_token_ns", "ended_ns")


def leb(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def moved(arrivals, bins):
    """A request's arrivals, so many bins later: only the first bin is absolute."""
    first = shift = at = 0
    while at < len(arrivals):
        first |= (arrivals[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if arrivals[at - 1] < 0x80:
            return leb(first + bins) + arrivals[at:]
    return arrivals


def stretch(folder, wanted, seed=1):
    """Makes the soak stored in `folder` as long as it takes to have so many requests."""
    base = sqlite3.connect(folder / "run.sqlite")
    base.row_factory = sqlite3.Row
    chance = random.Random(seed)
    step = base.execute("SELECT * FROM steps WHERE kind = 'level'").fetchone()
    length = (step["window_ended_ns"] - step["settled_ns"]) // 1_000_000_000 * 1_000_000_000
    window = (step["settled_ns"], step["settled_ns"] + length)

    def rows(table, condition, *values):
        return [dict(row) for row in base.execute(f"SELECT * FROM {table} WHERE {condition}", values)]

    requests = rows("requests", "step = ? AND scheduled_ns >= ? AND scheduled_ns < ?", step["id"], *window)
    second = 1_000_000_000
    series = [
        ("bins", "bin", step["bin_ns"], rows("bins", "step = ? AND bin * ? >= ? AND bin * ? < ?", step["id"],
         step["bin_ns"], window[0], step["bin_ns"], window[1])),
        ("histograms", "second", second, rows("histograms", "step = ? AND second * ? >= ? AND second * ? < ?", step["id"],
         second, window[0], second, window[1])),
        ("health", "at_ns", 1, rows("health", "at_ns >= ? AND at_ns < ?", *window)),
    ]
    present = base.execute("SELECT count(*) FROM requests").fetchone()[0]
    copies = -(-(wanted - present) // len(requests))
    number = base.execute("SELECT max(sequence) FROM requests").fetchone()[0]

    def insert(table, several):
        names = list(several[0])
        marks = ", ".join("?" for _ in names)
        base.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", [tuple(row.values()) for row in several])

    for copy in range(1, copies + 1):
        later = copy * length
        batch = []
        for request in requests[: max(0, wanted - present)]:
            number, present = number + 1, present + 1
            factor = 1 + 0.1 * chance.random()
            row = dict(request, sequence=number, scheduled_ns=request["scheduled_ns"] + later)
            row["arrivals"] = moved(request["arrivals"], later // step["bin_ns"])
            for name in AFTER_DISPATCH:
                if row[name] is not None:
                    row[name] = int(row[name] * factor)
            batch.append(row)
        insert("requests", batch)
        for table, name, unit, several in series:
            insert(table, [dict(row, **{name: row[name] + later // unit}) for row in several])
    later = copies * length
    base.execute(
        "UPDATE steps SET window_ended_ns = window_ended_ns + ?, drained_ns = drained_ns + ? WHERE id = ?",
        (later, later, step["id"]),
    )
    base.execute("UPDATE steps SET started_ns = started_ns + ?, drained_ns = drained_ns + ? WHERE id > ?", (later, later, step["id"]))
    base.execute("UPDATE phases SET ended_ns = ended_ns + ? WHERE id = ?", (later, step["phase"]))
    base.execute("UPDATE meta SET value = value + ? WHERE key = 'duration_ns'", (later,))
    base.commit()
    base.close()
    return present


def cost(bench, *words):
    """Seconds and peak resident megabytes of one call."""
    began = time.monotonic()
    child = subprocess.Popen(
        [str(bench.program), *words],
        stdout=open(bench.folder / "out.txt", "wb"),
        stderr=open(bench.folder / "err.txt", "wb"),
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 97):
        raise RuntimeError(f"exit {child.returncode}: {bench.said()[-500:]}")
    return time.monotonic() - began, usage.ru_maxrss / 1024


def million(bench):
    outcome = bench.run(PROFILE, "--no-preflight", seconds=90)
    present = stretch(outcome.folder, REQUESTS)
    bench.equal("requests in the store", present, REQUESTS)
    other = bench.folder / "other"
    shutil.copytree(outcome.folder, other)
    for words in (["report"], ["report", "--json"], ["compare"]):
        folders = [str(outcome.folder)] + ([str(other)] if words == ["compare"] else [])
        seconds, megabytes = cost(bench, *words, *folders)
        bench.at_most(f"{' '.join(words)}: memory", megabytes, MEGABYTES, "MB")
        bench.at_most(f"{' '.join(words)}: time", seconds, LIMIT, "s")
