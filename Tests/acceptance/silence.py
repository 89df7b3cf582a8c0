"""A server that falls silent, a generator that stands still: each is seen, timed, counted and blamed right."""
import os
import random
import signal
import threading
import time

from harness import Journal, at, now_ns, quantile, wait_until
from streams import PROMPTS, provider

SLOTS = 16
CLOSED = "phases:\n  - steady: {concurrency: %d, for: 14s, settle: 1s}\n"
OPEN = "phases:\n  - rate: {rps: 8, for: 14s, arrivals: constant}\n"
EDGE = "phases:\n  - burst: {sizes: [8], cycles: 1, idle: 3s, hold: 4s}\n"


def silence(bench):
    """The provider's process is stopped (or the generator's, or both), 5 s into a load of 14 s."""
    load = lambda step, phases, slots=SLOTS: provider(slots, "100ms", step) + PROMPTS % 64 + phases
    for stopped in (1.5, 2, 5):
        one(bench, f"closed, 50 tokens/s, {stopped} s", load("20ms", CLOSED % SLOTS), server=stopped)
    one(bench, "closed, 10 tokens/s, 2 s", load("100ms", CLOSED % SLOTS), server=2)
    one(bench, "one stream, 10 tokens/s, 2 s", load("100ms", CLOSED % 1), server=2)
    one(bench, "open, 50 tokens/s, 2 s", load("20ms", OPEN, 64), server=2)
    one(bench, "open, 10 tokens/s, 5 s", load("100ms", OPEN, 64), server=5)
    one(bench, "three times as many streams as slots, 2 s", load("20ms", CLOSED % (3 * SLOTS)), server=2)
    one(bench, "three times as many streams as slots", load("20ms", CLOSED % (3 * SLOTS)))
    one(bench, "nothing stopped", load("20ms", CLOSED % SLOTS))
    one(bench, "the generator, 2 s", load("20ms", CLOSED % SLOTS), client=2)
    one(bench, "both at once, 2 s", load("20ms", CLOSED % SLOTS), client=2, server=2)
    one(bench, "server 4 s, generator 1.5 s of them", load("20ms", CLOSED % SLOTS), client=1.5, server=4)


def one(bench, what, text, server=0.0, client=0.0):
    child = bench.start(text)
    folder = bench.folder / "run"
    stops = {}
    if server or client:
        wait_until(lambda: (folder / "truth.jsonl").exists() and Journal(folder / "truth.jsonl").pid, 20)
        pid = Journal(folder / "truth.jsonl").pid
        time.sleep(5)
        threads = [
            threading.Thread(target=stop, args=(stops, name, target, seconds))
            for name, target, seconds in (("server", pid, server), ("client", child.pid, client))
            if seconds
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    outcome = bench.finish(child, 60)
    phase = outcome.target["phases"][0]
    rows = outcome.requests()
    journal = outcome.journal
    found = [incident for incident in phase.get("incidents") or [] if incident["kind"] == "silence"]
    halts = [
        incident
        for incident in phase.get("incidents") or []
        if incident["kind"] == "client_stop" and incident["end_s"] - incident["start_s"] > 1
    ]
    bench.equal(f"{what}: stops of the generator", len(halts), 1 if client else 0)
    expected = 1 if server - client > 1 else 0
    bench.equal(f"{what}: silences", len(found), expected)
    if expected and found:
        zero = rows[0]["t0"]
        begin, end = ((instant - zero) / 1e9 for instant in stops["server"])
        gap = 0.15  # 50 ms and one gap of the slowest server here
        bench.row("  begins", f"{found[0]['start_s'] - begin:+.3f} s", "+- 0.15 s", abs(found[0]["start_s"] - begin) <= gap)
        # A server that goes on catches nothing up: its next step may take one step more.
        bench.row("  ends", f"{found[0]['end_s'] - end:+.3f} s", "+- 0.15 s", abs(found[0]["end_s"] - end) <= gap)
        bench.equal("  side", found[0]["side"], "server")
        # Who began or ended within a step of its borders may be counted or not: the two clocks of an end differ by as much.
        step = 25_000_000

        def hit(border):
            stopped, went_on = stops["server"]
            return sum(
                entry["received"] < went_on + border and (entry["ended"] or 1 << 62) > stopped - border
                for entry in journal.requests.values()
            )

        few, many = hit(-step), hit(step)
        said = found[0]["requests"]
        bench.row("  requests that it hit, by the journal", said, f"{few} to {many}", few <= said <= many)
        bench.row("  streams of, tokens missing", f"{found[0]['streams']} of {found[0]['of']}, {found[0]['tokens_missing']}", "")
    longest = (phase.get("longest_silence_ms") or 0) / 1000
    bench.row("  longest silence", f"{longest:.3f} s", "")
    outcome.folder.rename(outcome.folder.with_name(f"run-{len(os.listdir(bench.folder))}"))


def stop(stops, name, pid, seconds):
    began = now_ns()
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)
    stops[name] = (began, now_ns())


def late(bench):
    """The generator is stopped for 150 ms every now and then: stamps are late, and each says by how much at most."""
    chance = random.Random(1)  # at a steady pace answers fall in step with the stops
    child = bench.start(provider(32, "200ms", "20ms") + PROMPTS % 64 + "phases:\n  - steady: {concurrency: 32, for: 12s, settle: 1s}\n")
    time.sleep(2)
    while child.poll() is None:
        began = time.monotonic()
        child.send_signal(signal.SIGSTOP)
        time.sleep(0.15)
        child.send_signal(signal.SIGCONT)
        time.sleep(max(0, began + chance.uniform(0.3, 0.7) - time.monotonic()))
    outcome = bench.finish(child, 60)
    journal = outcome.journal
    said, true, bound, beyond, wide = [], [], [], 0, 0
    for row in outcome.requests():
        entry = journal.requests.get(row["id"])
        if not entry or row["first_token_ns"] is None or row["outcome"] not in ("ok", "ok_length"):
            continue
        error = (at(row, "first_token_ns") - entry["first_token"]) / 1e6
        said.append((row["first_token_ns"] - row["written_ns"]) / 1e6)
        true.append((entry["first_token"] - entry["received"]) / 1e6)
        bound.append(said[-1] - min(said[-1], row["late_first_ns"] / 1e6))
        beyond += error > row["late_first_ns"] / 1e6 + 1
        wide += error > 50
    bench.row("requests, stamped by the kernel", f"{len(said)}", ">= 200", len(said) >= 200)
    bench.row("wait p95: said, true", f"{quantile(said, .95):.1f}, {quantile(true, .95):.1f} ms", "")
    bench.row("wait p95 less its lateness", f"{quantile(bound, .95):.1f} ms", "<= true + 1", quantile(bound, .95) <= quantile(true, .95) + 1)
    bench.row("first tokens late by more than 50 ms", f"{wide}", "> 0", wide > 0)
    bench.equal("first tokens later than their bound", beyond, 0)
