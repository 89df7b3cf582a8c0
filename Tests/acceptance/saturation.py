"""An open loop that its server cannot keep up with ends early and says so; one that it can keep up with goes on."""
import json
import subprocess

# One slot and 50 ms an answer, which begins at the next step of 5 ms: 18.2 to 20 requests a second are all it can do.
PROFILE = """targets:
  - provider: simulated
    scenario: {from: slots16, slots: 1, jitter: 0.1, seed: %d, prefill: {base: 30ms, per_1k_tokens: 0ms}, step: {base: 5ms, per_active: 0ms}, queue_limit: 100000}
workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: 5}
warmup: {requests: 2}
drain: {grace: 60s}
phases:
  - rate: {rps: %g, for: %ds, arrivals: %s, stop_over_saturated: %s}
"""
# rate, seconds, arrivals, whether it may be ended early, whether it should be
CASES = {
    "120 % of capacity, Poisson": (24, 90, "poisson", "true", True),
    "200 % of capacity, constant": (40, 90, "constant", "true", True),
    "70 % of capacity, Poisson": (14, 90, "poisson", "true", False),
    "95 % of capacity, constant": (19, 90, "constant", "true", False),
    "120 %, told to go on": (24, 45, "poisson", "false", False),
}
CAPACITY = 20


def ended_early(bench):
    children = []
    for number, (name, (rate, seconds, law, stops, _)) in enumerate(CASES.items()):
        path, folder = bench.folder / f"{number}.yaml", bench.folder / str(number)
        path.write_text(PROFILE % (number + 1, rate, seconds, law, stops))
        child = subprocess.Popen(
            [str(bench.program), "run", str(path), "-o", str(folder), "--quiet", "--no-preflight"],
            stdin=subprocess.DEVNULL,
            stdout=open(bench.folder / f"{number}.txt", "wb"),
            stderr=open(bench.folder / f"{number}.err", "wb"),
        )
        bench.children.append(child)
        children.append((name, number, folder, child))
    for name, number, folder, child in children:
        child.wait(timeout=300)
        rate, seconds, law, stops, hopeless = CASES[name]
        summary = json.loads((folder / "summary.json").read_text())
        phase = summary["targets"][0]["phases"][0]
        step, text = phase["steps"][0], (bench.folder / f"{number}.txt").read_text()
        given = step.get("over_saturated")
        bench.equal(f"{name}: given up", given is not None, hopeless)
        bench.equal(f"{name}: the report says so", "given up, requests came faster than they were answered" in " ".join(text.split()), hopeless)
        if given is None:
            # Whole seconds, inside the time that was planned.
            bench.row(f"{name}: window", f"{step['window_s']:.1f} s", f"{seconds - 1} .. {seconds} s", seconds - 1 <= step["window_s"] <= seconds)
            continue
        after = given["at_s"] - phase["started_s"]
        bench.row(f"{name}: given up after", f"{after:.1f} s", "30 .. 60 s", 30 <= after <= 60)
        growth, slope = given["in_system_per_s"], given["ttft_s_per_s"]
        served = step["achieved_rps"]
        bench.row(f"{name}: served", f"{served:.1f} /s", "18.2 .. 20 /s +- 5 %", 0.95 * 18.2 <= served <= 1.05 * CAPACITY)
        # What stays is what comes beyond what is served. An answer that comes now was due at served/rate of the time now.
        wanted, slower = step["sent_rps"] - served, 1 - served / step["sent_rps"]
        bench.row(f"{name}: queue grew by", f"{growth:.2f} /s", f"{wanted:.2f} /s +- 20 %", abs(growth / wanted - 1) < 0.2)
        bench.row(f"{name}: TTFT grew by", f"{slope:.3f} s/s", f"{slower:.3f} +- 20 %", abs(slope / slower - 1) < 0.2)
        requests = phase["stats"]["requests"]
        parts = sum(requests[part] for part in ("success", "failed", "throttled", "excluded"))
        bench.equal(f"{name}: every request has an outcome", requests["scheduled"], parts)
