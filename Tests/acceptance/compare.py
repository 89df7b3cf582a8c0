"""Comparisons: two providers that differ are told apart, two equal ones are not, whatever the hour does to both."""
import json
import subprocess

SEEDS = range(1, 11)
AT_ONCE = 4  # runs at a time: each keeps four streams in flight, a few percent of a core
HOURS = "hours: [{at: 0s, speed: 1}, {at: 14s, speed: 0.7}]"


RAMP = "ramp: {concurrency: [4, 4, 4, 4, 4, 4], hold: 800ms, settle: 150ms, min_requests: 20, hold_max: 3s}"
JOB = "batch: {requests: 300, concurrency: 4}"  # six blocks of fifty


def profile(seed, order, slowness, hours, phase, tokens):
    def target(name, factor, number):
        scenario = ", ".join(
            part
            for part in (
                f"from: steady, name: {name}, replicas: 1, slots: 16, jitter: 0.3, seed: {1000 * number + seed}",
                f"prefill: {{base: {int(20_000 * factor)}us, per_1k_tokens: 0ms}}",
                f"step: {{base: {int(2000 * factor)}us, per_active: {int(100 * factor)}us}}",
                hours,
            )
            if part
        )
        return f"  - {{name: {name}, provider: simulated, scenario: {{{scenario}}}}}"

    return f"""name: compare
seed: {seed}
targets:
{target("a", 1, 1)}
{target("b", slowness, 2)}
order: {order}
workload: {{prompts: {{synthetic: {{input_tokens: 32}}}}, max_tokens: {tokens}}}
warmup: {{requests: 2}}
phases:
  - {phase}
"""


def comparisons(bench, name, order, slowness, hours="", phase=RAMP, tokens=32):
    """The comparison of each seed's run, and how long a run took."""
    found = []
    pending = list(SEEDS)
    while pending:
        children = []
        for seed in pending[:AT_ONCE]:
            folder = bench.folder / f"{name}-{seed}"
            path = bench.folder / f"{name}-{seed}.yaml"
            path.write_text(profile(seed, order, slowness, hours, phase, tokens))
            child = subprocess.Popen(
                [str(bench.program), "run", str(path), "-o", str(folder), "--quiet", "--no-preflight"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=open(bench.folder / "err.txt", "wb"),
            )
            bench.children.append(child)
            children.append((folder, child))
        for folder, child in children:
            child.wait(timeout=90)
            found.append(json.loads((folder / "summary.json").read_text()))
        pending = pending[AT_ONCE:]
    return found


def row(summary, metric):
    return next(row for row in summary["comparison"]["rows"] if row["metric"] == metric)


def count(summaries, finding, metric="ramp.output_tokens_per_second"):
    return sum(row(summary, metric)["finding"] == finding for summary in summaries)


def ratios(summaries):
    found = sorted(row(summary, "ramp.output_tokens_per_second")["ratio"] for summary in summaries)
    return f"{found[0]:.3f} .. {found[-1]:.3f}"


def verdicts(bench):
    differ = comparisons(bench, "differ", "interleaved", 1.1)
    bench.row("10 % slower, interleaved: ratios of tokens/s", ratios(differ), "0.909", None)
    bench.row("found slower", f"{count(differ, 'worse')} of 10", ">= 9 of 10", count(differ, "worse") >= 9)
    held = sum(row(one, "ramp.output_tokens_per_second")["ci95"][0] <= 1 / 1.1 <= row(one, "ramp.output_tokens_per_second")["ci95"][1] for one in differ)
    bench.row("interval holds 1/1.1", f"{held} of 10", "", None)

    equal = comparisons(bench, "equal", "interleaved", 1)
    quiet = sum(all(one["finding"] == "none" for one in summary["comparison"]["rows"]) for summary in equal)
    bench.row("equal: ratios of tokens/s", ratios(equal), "1", None)
    bench.row("no difference shown in any figure", f"{quiet} of 10", ">= 9 of 10", quiet >= 9)

    drift = comparisons(bench, "drift", "interleaved", 1, HOURS)
    bench.row("equal, both 30 % slower in the end: ratios", ratios(drift), "1", None)
    bench.row("interleaved: no difference shown", f"{count(drift, 'none')} of 10", ">= 9 of 10", count(drift, "none") >= 9)
    both = comparisons(bench, "both", "interleaved", 1.1, HOURS)
    bench.row("10 % slower under the drift: found", f"{count(both, 'worse')} of 10", ">= 9 of 10", count(both, "worse") >= 9)

    fooled = comparisons(bench, "sequential", "sequential", 1, HOURS)
    bench.row("equal, one after the other: ratios", ratios(fooled), "not 1", None)
    bench.row("sequential: taken for slower", f"{count(fooled, 'worse')} of 10", ">= 9 of 10", count(fooled, "worse") >= 9)
    warned = sum(any("one after the other" in note for note in one["comparison"]["notes"]) for one in fooled)
    bench.equal("... and said so", warned, 10)


def jobs(bench):
    """The same of a fixed job, done in turns: the makespan tells."""
    differ = comparisons(bench, "differ", "interleaved", 1.1, phase=JOB, tokens=16)
    longer = sorted(row(one, "batch.makespan")["ratio"] for one in differ)
    bench.row("10 % slower: ratios of makespan", f"{longer[0]:.3f} .. {longer[-1]:.3f}", "1.1", None)
    found = count(differ, "worse", "batch.makespan")
    bench.row("found slower", f"{found} of 10", ">= 9 of 10", found >= 9)
    equal = comparisons(bench, "equal", "interleaved", 1, phase=JOB, tokens=16)
    quiet = sum(all(one["finding"] in ("none", "undetermined") for one in summary["comparison"]["rows"]) for summary in equal)
    bench.row("equal: no difference shown in any figure", f"{quiet} of 10", ">= 9 of 10", quiet >= 9)
