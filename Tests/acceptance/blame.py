"""Was it the client? The generator is stopped, or shares its core, and must say so; left alone it must not."""
import os
import signal
import subprocess
import sys
import threading
import time

from harness import at, median, quantile
from streams import PROMPTS, provider

SIMULATED = provider(16, "100ms", "20ms") + PROMPTS % 32
LOAD = "phases:\n  - steady: {concurrency: %d, for: %ds, settle: 1s}\n"


def profile(concurrency, seconds):
    """Against the real server if there is one, else the simulated provider."""
    url = os.environ.get("SPATE_REALSERVER", "").rstrip("/")
    head = f"targets:\n  - url: {url}\n{PROMPTS % 48}" if url else SIMULATED
    return head + LOAD % (concurrency, seconds)


def quiet(bench):
    """Left alone on an idle machine it is valid in four of five runs; else its reason is a lag that was recorded."""
    verdicts = [judged(bench, f"run {number}", profile(8, 10)) for number in range(1, 6)]
    valid = sum(verdict["verdict"] == "valid" for verdict in verdicts)
    bench.row("quiet runs that are valid", f"{valid} of 5", ">= 4", valid >= 4)


def stopped(bench):
    """SIGSTOP and SIGCONT: the verdict is that which the journal's truth deserves; a stop of 2 s or 4 s is timed, blamed
    on the generator, and costs no figure its truth."""
    deserves(bench, judged(bench, "stopped 50 ms of every 100 ms", NEIGHBOURS, stops=(0.05, 0.1)))
    deserves(bench, judged(bench, "stopped 5 ms of every 100 ms", NEIGHBOURS, stops=(0.005, 0.1)))
    long = judged(bench, "stopped once for 4 s", LONG_ANSWERS, stops=(4, None))
    bench.equal("stopped once for 4 s of 12", long["verdict"], "invalid")
    bench.row("whole answers later than their bound", f"{beyond(bench.outcome)}", "= 0", beyond(bench.outcome) == 0)
    # Its steps are 20 ms long: no gap is the server's.
    stats = bench.outcome.target["phases"][0]["stats"]
    bench.equal("answers told to have a gap above 1 s", stats["long_gap_share"], 0)
    # Long enough to fill the sockets: what the server held back comes seconds after it was made.
    judged(bench, "stopped once for 14 s", FAST_ANSWERS, stops=(14, None))
    bench.row("whole answers later than their bound", f"{beyond(bench.outcome)}", "= 0", beyond(bench.outcome) == 0)
    once = judged(bench, "stopped once for 2 s", profile(8, 10), stops=(2, None))
    bench.equal("stopped once for 2 s of 10", once["verdict"], "invalid")
    incidents = [
        incident
        for phase in bench.outcome.target["phases"]
        for incident in phase["incidents"] or []
        if incident["kind"] == "client_stop"
    ]
    longest = max((incident["end_s"] - incident["start_s"] for incident in incidents), default=0)
    bench.row("the stop as it was timed", f"{longest:.3f} s", "2.0 +- 0.1 s", abs(longest - 2) <= 0.1)


def neighbour(bench):
    """Busy loops on its core: the verdict is that which the journal's truth deserves, or stricter with a reason."""
    for busy in (0, 1, 2, 4, 12):
        others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
        try:
            for child in others:
                os.sched_setaffinity(child.pid, {0})
            verdict = judged(bench, f"{busy} busy neighbours", NEIGHBOURS, core=0)
        finally:
            for child in others:
                child.kill()
                child.wait()
        deserves(bench, verdict)


STREAMS = 64
NEIGHBOURS = provider(STREAMS, "100ms", "20ms") + PROMPTS % 32 + LOAD % (STREAMS, 8)
FAST_ANSWERS = provider(32, "100ms", "5ms") + PROMPTS % 2400 + LOAD % (32, 20)
LONG_ANSWERS = provider(STREAMS, "100ms", "20ms") + PROMPTS % 250 + LOAD % (STREAMS, 12)


def deserves(bench, verdict):
    """The verdict of the latest run is that which the journal's truth deserves, or stricter with a reason."""
    order = ("valid", "suspect", "invalid")
    error, wait, held = truth_of(bench.outcome)
    deserved = "valid" if error <= max(2, 0.01 * wait) else "suspect" if error <= max(10, 0.05 * wait) else "invalid"
    lack = "valid" if held >= 0.98 else "suspect" if held >= 0.94 else "invalid"
    deserved = max(deserved, lack, key=order.index)
    bench.row("  error of first token p99, level held", f"{error:.3f} ms, {100 * held:.1f} %", deserved)
    agrees = verdict["verdict"] == deserved or (
        order.index(verdict["verdict"]) > order.index(deserved) and bool(verdict["reasons"])
    )
    bench.row("  verdict", verdict["verdict"], deserved, agrees)


def beyond(outcome):
    """Whole answers whose last token came earlier than is said of it, by the journal and a millisecond."""
    journal, count = outcome.journal, 0
    for row in outcome.requests():
        entry = journal.requests.get(row["id"])
        if entry and row["last_token_ns"] is not None and row["outcome"] in ("ok", "ok_length"):
            count += (at(row, "last_token_ns") - entry["last_token"] - row["late_last_ns"]) / 1e6 > 1
    return count


def truth_of(outcome):
    """By the journal: p99 of |said - true| of the first token's instant and the median wait, ms; and the share of the
    asked streams that the server had in hand while the load was on."""
    journal, errors, waits = outcome.journal, [], []
    for row in outcome.requests():
        entry = journal.requests.get(row["id"])
        if not entry or not row["measured"] or row["first_token_ns"] is None:
            continue
        errors.append(abs(at(row, "first_token_ns") - entry["first_token"]) / 1e6)
        waits.append((entry["first_token"] - entry["received"]) / 1e6)
    entries = [entry for entry in journal.requests.values() if entry.get("ended")]
    begin = sorted(entry["received"] for entry in entries)[STREAMS] + 10**9
    end = max(entry["received"] for entry in entries) - 10**9
    lived = sum(max(0, min(entry["ended"], end) - max(entry["received"], begin)) for entry in entries)
    return quantile(errors, 0.99), median(waits), lived / (end - begin) / STREAMS


def judged(bench, what, text, stops=None, core=None):
    """One run; what its verdict says."""
    child = bench.start(text)
    if core is not None:
        time.sleep(0.3)
        for thread in os.listdir(f"/proc/{child.pid}/task"):
            os.sched_setaffinity(int(thread), {core})
    stopper = threading.Thread(target=stop_and_go, args=(child, *stops)) if stops else None
    if stopper:
        stopper.start()
    outcome = bench.outcome = bench.finish(child, 90)
    if stopper:
        stopper.join()
    outcome.folder.rename(outcome.folder.with_name(f"run-{what.replace(' ', '-')}"))
    outcome.folder = outcome.folder.with_name(f"run-{what.replace(' ', '-')}")
    validity = outcome.summary["validity"]
    lags = ", ".join(f"{validity[name]['p99'] or 0:.1f}" for name in ("loop_lag_ms", "dispatch_lag_ms", "read_lag_ms"))
    bench.row(f"{what}: lag p99 of loop, dispatch, read", f"{lags} ms", "")
    for reason in validity["reasons"]:
        bench.row(f"  {reason}"[:100], "", "")
    return validity


def stop_and_go(child, stopped, every):
    """From 3 s after the start on: stopped for so long in each period, or once."""
    time.sleep(3)
    while child.poll() is None:
        began = time.monotonic()
        child.send_signal(signal.SIGSTOP)
        time.sleep(stopped)
        child.send_signal(signal.SIGCONT)
        if every is None:
            return
        time.sleep(max(0, began + every - time.monotonic()))
