"""Real traces at twenty times their speed: do requests leave when they are due, and as long as they were?

SPATE_TRACES names a folder with azure2023_code.csv, mooncake_conversation_first1000.jsonl and their facts in
trace_oracles.json (rows, token sums).
"""
import csv
import json
import os
from datetime import datetime
from pathlib import Path

from harness import at, quantile

SPEED = 20
PROFILE = """targets:
  - provider: simulated
    scenario: {from: slots16, slots: %d, prefill: {base: 5ms, per_1k_tokens: 1us}, step: {base: %s, per_active: 0ms}, queue_limit: 100000}
warmup: {requests: 2}
phases:
  - replay: {trace: %s, format: %s, speed: %d}
"""


def replay(bench):
    folder = os.environ.get("SPATE_TRACES")
    if not folder:
        raise RuntimeError("SPATE_TRACES names no folder of traces")
    folder = Path(folder)
    facts = json.loads((folder / "trace_oracles.json").read_text())
    one(bench, folder / "azure2023_code.csv", "azure", facts, azure_times, slots=400, step="2ms", seconds=400)
    one(
        bench, folder / "mooncake_conversation_first1000.jsonl", "mooncake", facts, mooncake_times,
        slots=1000, step="4ms", seconds=120,
    )


def azure_times(path):
    """Seconds of each row, read by other means than the program's."""
    times = []
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            text, fraction = row["TIMESTAMP"].split(".")
            times.append(datetime.fromisoformat(text).timestamp() + float("0." + fraction))
    return times


def mooncake_times(path):
    return [json.loads(line)["timestamp"] / 1000 for line in open(path)]


def one(bench, path, form, facts, times_of, slots, step, seconds):
    wanted = facts[path.name]
    outcome = bench.run(PROFILE % (slots, step, path, form, SPEED), seconds=seconds)
    phase = next(phase for phase in outcome.target["phases"] if phase["kind"] == "replay")
    trace, stats = phase["steps"][0]["trace"], phase["stats"]
    dropped = sum(trace["dropped"].values())
    bench.equal(f"{form}: rows read", trace["rows_read"], wanted["rows"])
    bench.equal(f"{form}: due + dropped", trace["due"] + dropped, wanted["rows"])
    bench.equal(f"{form}: scheduled", stats["requests"]["scheduled"], wanted["rows"])
    bench.equal(f"{form}: answered", stats["requests"]["success"], wanted["rows"])
    bench.equal(f"{form}: tokens in, of the trace", trace["input_tokens"], wanted["sum_in"])
    bench.equal(f"{form}: tokens out, of the trace", trace["output_tokens"], wanted["sum_out"])
    bench.equal(f"{form}: tokens in, counted by the server", stats["input_tokens"], wanted["sum_in"])
    bench.equal(f"{form}: tokens out, counted by the server", stats["output_tokens"], wanted["sum_out"])

    journal = outcome.journal
    rows = sorted(
        (row for row in outcome.requests() if row["step_kind"] == "arrivals"), key=lambda row: row["scheduled_ns"]
    )
    times = sorted(times_of(path))
    first = times[0]
    begin = rows[0]["scheduled_ns"]
    planned = [(row["scheduled_ns"] - begin) / 1e9 for row in rows]
    errors = [abs(a - (time - first) / SPEED) for a, time in zip(planned, times)]
    bench.at_most(f"{form}: plan against the file, worst", max(errors) * 1e3, 0.002, "ms")
    ties = sum(a == b for a, b in zip(times, times[1:]))
    bench.equal(f"{form}: rows that share their instant with the next", sum(a == b for a, b in zip(planned, planned[1:])), ties)
    lags = [row["dispatch_lag_ns"] / 1e6 for row in rows]
    bench.row(f"{form}: sent after due, p50 / max", f"{quantile(lags, .5):.3f} / {max(lags):.2f} ms", "")
    bench.at_most(f"{form}: sent after due, p99", quantile(lags, 0.99), 2, "ms")
    received = [
        (journal.requests[row["id"]]["received"] - row["t0"] - row["scheduled_ns"]) / 1e6
        for row in rows
        if row["id"] in journal.requests
    ]
    bench.equal(f"{form}: requests in the journal", len(received), wanted["rows"])
    bench.row(
        f"{form}: wholly received after due, p50 / p99", f"{quantile(received, .5):.2f} / {quantile(received, .99):.2f} ms", ""
    )
    bench.row(f"{form}: distance of sent from planned", f"{phase['steps'][0]['distance']:.5f}", "")
    verdict = outcome.summary["validity"]
    bench.row(f"{form}: verdict, CPU of one core", f"{verdict['verdict']}, {verdict['cpu_percent']:.0f} %", "")
    for reason in verdict["reasons"]:
        bench.row(f"  {reason}", "", "")
    outcome.folder.rename(bench.folder / form)  # the next trace has a folder of its own
