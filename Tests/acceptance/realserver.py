"""A real inference server (llama.cpp) with 8 slots: its counter of tokens is the truth."""
import os
import re
import time
import urllib.request

COUNTER = "llamacpp:tokens_predicted_total"


def ramp(bench):
    url = os.environ.get("SPATE_REALSERVER", "").rstrip("/").removesuffix("/v1")
    if not url:
        bench.row("skipped: SPATE_REALSERVER=URL is not set", "", "")
        return
    before = settled(url)
    child = bench.popen(
        "ramp", "--concurrency", "1,2,4,8,16", "--hold", "10s", "--settle", "1s", "--input-tokens", "24", "--max-tokens", "48",
        "--url", url, "--metrics-url", "/metrics",
        "-o", str(bench.folder / "run"), "--quiet",
    )
    outcome = bench.finish(child, 300)
    after = settled(url)
    target = outcome.target
    parts = {name: target[name]["output_tokens"] for name in ("totals", "warmup", "preflight")}
    requests = target["totals"]["requests"]
    bench.row("requests", f"{requests['scheduled']}", ">= 125", requests["scheduled"] >= 125)
    bench.equal("of them successful", requests["success"], requests["scheduled"])
    if not requests["success"]:
        raise RuntimeError(f"nothing succeeded: {target['failures'][:3]}")
    bench.row("output tokens: totals, warm-up, preflight", ", ".join(str(part) for part in parts.values()), "")
    bench.equal("their sum, against the server's counter", sum(parts.values()), after - before)
    for name, pair in ((name, target["server"]["reconciled"][name]) for name in ("prompt_tokens", "output_tokens")):
        bench.equal(f"{name}: here, and by the counter that spate read itself", pair["client"], pair["server"])
    bench.row("tokens per chunk", f"{target['totals']['tokens_per_chunk'] or 0:.2f}", "")
    phase = next(phase for phase in target["phases"] if phase["kind"] == "ramp")
    for step in phase["steps"]:
        stats = step["stats"]
        bench.row(
            f"{step['concurrency']:>3} streams: tokens/s, kept, TTFT p50",
            f"{stats['output_tokens_per_second']:.0f}, {100 * (step['retention'] or 0):.0f} %, "
            f"{stats['ttft_ms']['p50']:.0f} ms",
            "",
        )
    servers = {step["concurrency"]: step["server"] for step in phase["steps"]}
    for streams, server in servers.items():
        waits = server["waiting"]["mean"]
        bench.row(f"{streams:>3} streams: its slots at work, its queue", f"{server['running']['mean']:.1f}, {waits:.1f}", "")
    bench.row("queue up to its 8 slots", f"{servers[8]['waiting']['max']:g}", "= 0", servers[8]["waiting"]["max"] == 0)
    bench.row("queue at 16 streams", f"{servers[16]['waiting']['mean']:.1f}", "> 4", servers[16]["waiting"]["mean"] > 4)
    knee = phase["knee"]
    bench.row("knee", f"{knee['concurrency']} {knee['bracket']}", "")


def counter(url):
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return int(float(re.search(rf"^{re.escape(COUNTER)} (\S+)$", text, re.MULTILINE).group(1)))


def settled(url):
    """The counter, once it stands still: it lags the answers a little."""
    last = counter(url)
    for _ in range(20):
        time.sleep(0.5)
        value = counter(url)
        if value == last:
            return value
        last = value
    raise RuntimeError("the server is busy with others; its counter does not stand still")


TALK = """targets:
  - {name: real, url: %s}
workload:
  prompts: {synthetic: {input_tokens: 8}}
  max_tokens: 24
  conversation: {turns: 4, think: {uniform: [50ms, 150ms]}}
  extra_body: {cache_prompt: %s}
warmup: {requests: 2}
phases:
  - steady: {concurrency: 2, for: 15s, settle: 1s}
"""


def talk(bench):
    """Conversations: with its prefix cache the server reads again only what is new, without it all of it."""
    url = os.environ.get("SPATE_REALSERVER", "").rstrip("/").removesuffix("/v1")
    if not url:
        bench.row("skipped: SPATE_REALSERVER=URL is not set", "", "")
        return
    shares = {}
    for cached in ("true", "false"):
        before = settled(url)
        outcome = bench.run(TALK % (url, cached), seconds=90)
        target = outcome.target
        parts = sum(target[name]["output_tokens"] for name in ("totals", "warmup", "preflight"))
        bench.equal(f"cache {cached}: output tokens against the server's counter", parts, settled(url) - before)
        phase = target["phases"][0]
        conversations, turns = phase["conversations"], phase["steps"][0]["turns"]
        bench.row(f"cache {cached}: conversations", f"{conversations['begun']}", ">= 10", conversations["begun"] >= 10)
        # Its model makes noise: an answer may be reasoning alone, or bytes of which no character comes.
        mute = {row["conversation"] for row in outcome.requests() if row["conversation"] is not None and not row["visible_bytes"]}
        bench.equal(f"cache {cached}: broken, answers without text", conversations["broken"], len(mute))
        shares[cached] = [turn["cached_share"] or 0 for turn in turns]
        bench.row(
            f"cache {cached}: cached by turn", ", ".join(f"{100 * share:.0f} %" for share in shares[cached]), ""
        )
        bench.row(
            f"cache {cached}: TTFT p50 by turn", ", ".join(f"{turn['ttft_ms']['p50']:.0f}" for turn in turns) + " ms", ""
        )
        inputs = [turn["input_tokens_per_request"]["p50"] for turn in turns]
        bench.row(f"cache {cached}: input grows by turn", f"{inputs[0]:.0f} .. {inputs[-1]:.0f}", "", inputs == sorted(set(inputs)))
        outcome.folder.rename(bench.folder / f"cache-{cached}")
    bench.row("cached from the second turn on", f"{100 * min(shares['true'][1:]):.0f} %", ">= 30 %", min(shares["true"][1:]) >= 0.3)
    bench.row("without the cache", f"{100 * max(shares['false']):.0f} %", "0 %", max(shares["false"]) == 0)
