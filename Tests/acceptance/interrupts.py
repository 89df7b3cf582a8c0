"""A signal: what was measured is kept, and no process is left behind."""
import signal
import time

from harness import is_alive, now_ns, wait_until

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
