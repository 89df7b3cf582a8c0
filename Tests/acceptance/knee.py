"""A server with 16 slots: does each of ten runs find the knee where it is, and a search its capacity?"""
import json

LEVELS = [1, 2, 4, 8, 12, 15, 16, 17, 20, 32]
PROFILE = (
    "targets:\n  - {provider: simulated, scenario: slots16}\n"
    "workload: {prompts: {synthetic: {input_tokens: 64}}, max_tokens: {uniform: [16, 32]}}\n"
    "phases:\n  - ramp: {concurrency: %s, hold: 5s, settle: 1s}\n" % LEVELS
)


def slots(bench):
    hinges = knees = 0
    for seed in range(1, 11):
        outcome = bench.run(PROFILE, "--seed", str(seed), seconds=300)
        outcome.folder.rename(bench.folder / f"run-{seed}")
        bench.outcome = outcome
        outcome.folder = bench.folder / f"run-{seed}"
        knee = outcome.target["phases"][0]["knee"]
        hinge = (knee.get("hinge") or {}).get("concurrency")
        bracket = knee["bracket"] or [None, None]
        hinges += hinge is not None and abs(hinge - 16) <= 1
        knees += bracket[0] is not None and bracket[1] is not None and bracket[0] <= 16 <= bracket[1]
        verdict = outcome.summary["validity"]["verdict"]
        bench.row(f"seed {seed}: knee, bracket, hinge", f"{knee['concurrency']}, {bracket}, {hinge and round(hinge, 2)}", verdict)
    bench.row("hinge within 16 +- 1", f"{hinges} of 10", ">= 9", hinges >= 9)
    bench.row("16 within the plain knee's bracket", f"{knees} of 10", ">= 9", knees >= 9)


def find(bench):
    """Up to 16 streams TTFT is 50 ms, 40 ms of prefill and a step; from the 17th on some wait for a slot."""
    child = bench.popen(
        "ramp", "--find", "ttft.p95 < 70ms", "--hold", "2s", "--settle", "500ms", "--input-tokens", "32", "--max-tokens", "16",
        "--set", "targets=[{provider: simulated, scenario: {from: slots16, prefill: {base: 40ms, per_1k_tokens: 0ms}, "
        "step: {base: 10ms}}}]",
        "-o", str(bench.folder / "run"), "--quiet",
    )
    outcome = bench.finish(child, 400)
    found = outcome.target["phases"][0]["find"]
    for visit in found["levels"]:
        bench.row(f"{visit['concurrency']} streams", visit["verdict"], "")
    bench.row("capacity", f"{found['answer']} {found['bracket']}", "15 to 17", found["answer"] in (15, 16, 17))


def selftest(bench):
    """The machine's own error: at least one level is trusted, and the result is kept where later runs read it."""
    child = bench.popen("selftest", "--quick", "--quiet", "--json")
    status = child.wait(timeout=180)
    result = json.loads((bench.folder / "out.txt").read_text())
    for level in result["levels"]:
        wait = level["waitError"]["p99"]
        bench.row(f"{level['streams']} streams: error of first token p99", f"{wait:.4f} ms", level["verdict"])
    bench.equal("exit code", status, 0)
