"""Single probes beside a load: is it the server that is slow, or this client?"""
import os
import subprocess
import sys
from pathlib import Path

from harness import median, wait_until

PROFILE = """targets:
  - provider: simulated
    scenario: {from: slots16, slots: %d, jitter: 0, prefill: {base: 20ms, per_1k_tokens: 0ms}, step: {base: 2ms, per_active: 0ms}}
workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: 16}
warmup: {requests: 1}
phases:
  - %s
"""
LATE = "this client is slow too"
OURS = "A client with nothing else to do is answered sooner"
SERVERS = "The wait is the server's, or the way's to it"


def threads(pid, name):
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            if (task / "comm").read_text().strip() == name:
                yield int(task.name)
        except OSError:
            pass


def tell(bench, what, outcome):
    probes = outcome.target["phases"][0]["probes"]
    text = " ".join(outcome.text.split())
    bench.row(f"{what}: probes, load (TTFT p50)", f"{probes['ttft_p50_ms']:.1f}, {probes['loaded_ttft_p50_ms']:.1f} ms", "")
    bench.row(f"{what}: verdict, left late by", f"{probes['verdict']}, {probes['late_p50_ms']:.2f} ms", "")
    # Each probe's own wait is what the provider says of it.
    journal, errors = outcome.journal, []
    for row in outcome.requests():
        truth = journal.requests.get(row["id"])
        if row["step"] >= 1_000_000 and truth and row["first_token_ns"] is not None:
            errors.append((row["first_token_ns"] - row["written_ns"] - (truth["first_token"] - truth["received"])) / 1e6)
    bench.at_most(f"{what}: {len(errors)} probes against the journal, median", abs(median(errors)), 2, "ms")
    verdict = outcome.summary["validity"]["verdict"]
    outcome.folder.rename(bench.folder / what.replace(" ", "-"))
    return probes, text, verdict


def beside(bench):
    slow = bench.run(PROFILE % (2, "steady: {concurrency: 12, for: 15s, settle: 1s, probe_rate: 5}"), seconds=60)
    probes, text, verdict = tell(bench, "slow server", slow)
    bench.equal("slow server: the report says it is the server", SERVERS in text and LATE not in text, True)
    bench.equal("slow server: the probes wait as long", probes["verdict"], "same")

    both = "rate: {rps: 60, for: 15s, settle: 1s, arrivals: constant, probe_rate: 5}"
    fast = bench.run(PROFILE % (64, both), seconds=60)
    probes, text, verdict = tell(bench, "both fast", fast)
    bench.equal("both fast: nobody is blamed", LATE not in text and OURS not in text, True)

    # The loop of the load gets what others leave of one core, and another keeps that core busy.
    core, other = sorted(os.sched_getaffinity(0))[:2]
    child = bench.start(PROFILE % (64, both))
    if not wait_until(lambda: list(threads(child.pid, "loop-1")), 20):
        raise RuntimeError(f"no probes' thread: {bench.said()}")
    spin = [sys.executable, "-c", f"import os\nos.sched_setaffinity(0, {{{core}}})\nwhile True: pass"]
    neighbours = [subprocess.Popen(spin) for _ in range(2)]
    bench.children.extend(neighbours)
    for task in threads(child.pid, "loop-0"):
        os.sched_setaffinity(task, {core})
        os.sched_setscheduler(task, os.SCHED_BATCH, os.sched_param(0))
        os.setpriority(os.PRIO_PROCESS, task, 19)
    for task in threads(child.pid, "loop-1"):
        os.sched_setaffinity(task, {other})
    try:
        starved = bench.finish(child, 90)
    finally:
        for neighbour in neighbours:
            neighbour.kill()
            neighbour.wait()
    probes, text, verdict = tell(bench, "slow client", starved)
    bench.equal("slow client: the report says it is this client", LATE in text or OURS in text, True)
    bench.row("slow client: verdict on the run", verdict, "not valid", verdict != "valid")
