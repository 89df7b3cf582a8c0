"""How long does a server stay warm? A search over sockets, against a provider whose idle time is known."""
import json
import subprocess

GAPS = "1m,3m,4m,4m30s,5m30s,6m30s,8m"
SCALE = 100  # what --fast divides a search's times by
FIXED, RANDOM = 300, (240, 420)  # s, of the scenarios keepwarm and keepwarm-random


def searches(bench, scenario, seeds, repeat):
    """The keepwarm of each seed's run, in seconds of the scenario; they wait most of the time, so all go at once."""
    children = []
    for seed in seeds:
        folder = bench.folder / f"{scenario}-{seed}"
        path = bench.folder / f"{scenario}-{seed}.yaml"
        path.write_text(
            f"seed: {seed}\n"
            f"targets:\n  - {{provider: simulated, scenario: {{from: {scenario}, seed: {seed}}}}}\n"
            "workload: {prompts: {synthetic: {input_tokens: 64}}, max_tokens: 8}\n"
            f"phases:\n  - keepwarm: {{gaps: [{GAPS}], repeat: {repeat}}}\n"
        )
        child = subprocess.Popen(
            [str(bench.program), "run", str(path), "-o", str(folder), "--fast", "--quiet", "--no-preflight"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=open(bench.folder / "err.txt", "ab"),
        )
        bench.children.append(child)
        children.append((folder, child))
    found = []
    for folder, child in children:
        child.wait(timeout=400)
        summary = json.loads((folder / "summary.json").read_text())
        found.append((summary["targets"][0]["phases"][0]["keepwarm"], folder))
    return found


def journal_colds(folder):
    """Cold requests of the journal beyond the first: each is a probe's, as those after them find it warm."""
    entries = [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]
    return sum(entry.get("cold") is True for entry in entries if "id" in entry) - 1


def search(bench, fixed_seeds=range(1, 6), random_seeds=range(1, 13)):
    held, colds = 0, 0
    for result, folder in searches(bench, "keepwarm", fixed_seeds, 3):
        warm, cold = result["warm_up_to_s"] * SCALE, result["cold_from_s"] * SCALE
        held += warm < FIXED < cold
        told = sum(gap["cold"] for gap in result["curve"])
        colds += told == journal_colds(folder)
        bench.row(f"fixed, seed {folder.name.split('-')[-1]}: warm up to, cold from", f"{warm:g} s, {cold:g} s", "")
    bench.equal("searches that bracket 300 s", held, len(fixed_seeds))
    bench.equal("searches whose colds are the journal's", colds, len(fixed_seeds))

    truth = sum(RANDOM) / 2
    covered, middles = 0, []
    for result, folder in searches(bench, "keepwarm-random", random_seeds, 6):
        low, high = (None if end is None else end * SCALE for end in result["ci"])
        covered += (low is None or low <= truth) and (high is None or high >= truth)
        middles.append(result["median_s"] * SCALE)
    count = len(middles)
    bench.row("random: medians", f"{min(middles):.0f} .. {max(middles):.0f} s", f"{truth:.0f} s")
    # Of twelve intervals of 95 % fewer than ten miss only once in fifty.
    bench.row(f"random: intervals that hold {truth:.0f} s", f"{covered} of {count}", f">= {count - 2}", covered >= count - 2)
    close = sum(abs(middle - truth) <= 60 for middle in middles)
    bench.row("random: medians within a minute", f"{close} of {count}", f">= {count - 2}", close >= count - 2)
