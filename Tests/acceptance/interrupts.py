"""Signals: what was measured is kept, and no process is left behind."""
import json
import random
import shutil
import signal
import subprocess
import time

from harness import Journal, is_alive, now_ns, stored_requests, wait_until

PROFILE = """
targets:
  - provider: simulated
    scenario: {from: slots16, slots: 32, prefill: {base: 20ms}, step: {base: 10ms}}
workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: 32}
warmup: {requests: 0}
phases:
  - steady: {concurrency: 32, for: 5m, settle: 1s}
"""


def interrupt(bench):
    child = bench.start(PROFILE)
    folder = bench.folder / "run"
    wait_until((folder / "run.sqlite").exists, 10)
    time.sleep(5)
    sent = now_ns()
    child.send_signal(signal.SIGINT)
    outcome = bench.finish(child, 30)
    summary, journal = outcome.summary, outcome.journal
    requests = outcome.target["totals"]["requests"]
    bench.equal("exit code", outcome.status, 105)
    bench.equal("interrupted, complete", (summary["run"]["interrupted"], summary["run"]["complete"]), (True, True))
    bench.equal("requests let finish", requests["success"], requests["scheduled"])
    bench.equal("requests in the journal", len(journal.requests), requests["scheduled"])
    late = [entry for entry in journal.requests.values() if entry["received"] > sent + 250_000_000]
    bench.equal("new requests later than 250 ms after it", len(late), 0)
    bench.equal("provider left behind", is_alive(journal.pid), False)


def kill(bench, times=20):
    """SIGKILL at random moments: every request that ended more than a second before it is in the report."""
    generator = random.Random(20)
    worst, unreadable, unmarked, orphans, most = 0.0, 0, 0, 0, 0
    folder = bench.folder / "run"
    for _ in range(times):
        shutil.rmtree(folder, ignore_errors=True)
        child = bench.start(PROFILE)
        if not wait_until((folder / "run.sqlite").exists, 10):
            raise RuntimeError(f"it did not start: {bench.said()}")
        time.sleep(generator.uniform(0.2, 4))
        killed = now_ns()
        child.kill()
        child.wait()
        shown = subprocess.run(
            [bench.program, "report", folder, "--json"], capture_output=True, timeout=30, stdin=subprocess.DEVNULL
        )
        if shown.returncode != 0:
            unreadable += 1
            continue
        unmarked += json.loads(shown.stdout)["run"]["complete"]
        pid = Journal(folder / "truth.jsonl").pid
        gone = wait_until(lambda: not is_alive(pid), 6)
        orphans += not gone
        journal = Journal(folder / "truth.jsonl")  # with its end
        stored = {row["id"] for row in stored_requests(folder)}
        most = max(most, len(stored))
        lost = [
            killed - entry["ended"]
            for name, entry in journal.requests.items()
            if entry["outcome"] == "completed" and entry["ended"] < killed and name not in stored
        ]
        worst = max([worst] + [age / 1e9 for age in lost])
    bench.equal(f"of {times}: reports that cannot be rendered", unreadable, 0)
    bench.equal("reports not marked incomplete", unmarked, 0)
    bench.at_most("age of the oldest lost request", worst, 1, "s")
    bench.row("requests stored, at most", f"{most}", "> 100", most > 100)
    bench.equal("providers left behind", orphans, 0)
