"""Many streams on one loop: are the times and the tokens those of the server?"""
import sqlite3

from harness import at, median, quantile

PROMPTS = "workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: %d}\nwarmup: {requests: 0}\n"


def provider(slots, first, step):
    """One replica that takes all streams at once, with a constant step."""
    return (
        "targets:\n  - provider: simulated\n    scenario: {from: slots16, slots: %d, prefill: {base: %s, per_1k_tokens: 0ms}, "
        "step: {base: %s, per_active: 0ms}}\n" % (slots, first, step)
    )


def truth(bench):
    """500 streams, TTFT 200 ms, 50 ms a token: `wait` against the journal's first token - received."""
    outcome = bench.run(
        provider(500, "200ms", "50ms") + PROMPTS % 64
        + "phases:\n  - steady: {concurrency: 500, for: 20s, settle: 5s}\n",
        seconds=90,
    )
    journal, rows = outcome.journal, outcome.requests()
    answered = [row for row in rows if row["outcome"] in ("ok", "ok_length")]
    measured = [row for row in answered if row["measured"] and row["id"] in journal.requests]
    said = [(row["first_token_ns"] - row["written_ns"]) / 1e6 for row in measured]
    true = [
        (entry["first_token"] - entry["received"]) / 1e6 for entry in (journal.requests[row["id"]] for row in measured)
    ]
    stamps = [(at(row, "first_token_ns") - journal.requests[row["id"]]["first_token"]) / 1e6 for row in measured]
    bench.row("requests measured", f"{len(measured)}", ">= 1000", len(measured) >= 1000)
    bench.row("true wait p50 / p99 (journal)", f"{median(true):.1f} / {quantile(true, .99):.1f}", "")
    bench.row("said wait p50 / p99", f"{median(said):.1f} / {quantile(said, .99):.1f}", "")
    bench.at_most("|said - true| of the p50", abs(median(said) - median(true)), 2, "ms")
    bench.at_most("|said - true| of the p99", abs(quantile(said, .99) - quantile(true, .99)), 15, "ms")
    bench.row("first token: received - sent, p50 / p99", f"{median(stamps):.2f} / {quantile(stamps, .99):.2f} ms", "")
    wrong = [row["id"] for row in answered if row["output_tokens"] != journal.requests[row["id"]]["tokens_sent"]]
    bench.equal("requests whose tokens differ from the journal", len(wrong), 0)
    bench.equal("requests not answered, of all", len(rows) - len(answered), 0)
    bench.equal("requests in the journal", len(journal.requests), len(rows))
    verdict = outcome.summary["validity"]
    bench.row("verdict, CPU of one core", f"{verdict['verdict']}, {verdict['cpu_percent']:.0f} %", "")
    lag(bench, journal)


def cancelled(bench):
    """Streams cut by a short drain: tokens lie between those sent 100 ms before the cancel and all that were sent."""
    outcome = bench.run(
        provider(300, "200ms", "50ms") + PROMPTS % 400
        + "phases:\n  - steady: {concurrency: 300, for: 4s, settle: 0s}\ndrain: {grace: 500ms}\n",
        seconds=60,
    )
    journal = outcome.journal
    rows = [row for row in outcome.requests() if row["outcome"] == "cancelled" and row["id"] in journal.requests]
    bench.row("cancelled requests", f"{len(rows)}", ">= 300", len(rows) >= 300)
    outside = 0
    for row in rows:
        entry = journal.requests[row["id"]]
        limit = at(row, "ended_ns") - 100_000_000
        least = max((tokens for instant, tokens in entry.get("sent", []) if instant <= limit), default=0)
        outside += not least <= (row["output_tokens"] or 0) <= entry["tokens_sent"]
    bench.equal("whose tokens lie outside the bounds", outside, 0)
    tokens = [row["output_tokens"] or 0 for row in rows] or [0]
    bench.row("tokens of a cancelled request, p50", f"{median(tokens):.0f}", "> 50", median(tokens) > 50)


def width(bench):
    """5,000 streams on one loop, a token every 250 ms each."""
    outcome = bench.run(
        provider(5000, "1s", "250ms") + PROMPTS % 40
        + "phases:\n  - steady: {concurrency: 5000, for: 30s, settle: 12s}\ndrain: {grace: 30s}\n",
        seconds=150,
    )
    totals, validity = outcome.target["totals"], outcome.summary["validity"]
    bench.equal("requests in flight at most", validity["max_in_flight"], 5000)
    bench.row("requests", f"{totals['requests']['scheduled']}", "")
    bench.equal("not successful", totals["requests"]["scheduled"] - totals["requests"]["success"], 0)
    bench.equal("of them client_resource", totals["outcomes"].get("client_resource", 0), 0)
    first, peak = resident(outcome.folder)
    bench.row("resident memory, first and greatest", f"{first / 1e6:.0f}, {peak / 1e6:.0f} MB", "")
    # The first look comes when the streams are open already, so the growth lies between these two.
    bench.row("memory per stream, at least", f"{(peak - first) / 5000 / 1e3:.1f} kB", "")
    bench.row("memory per stream, at most (all of it)", f"{peak / 5000 / 1e3:.1f} kB", "")
    bench.row("output tokens per second", f"{outcome.target['phases'][0]['stats']['output_tokens_per_second'] or 0:.0f}", "")
    bench.row("verdict, CPU of one core", f"{validity['verdict']}, {validity['cpu_percent']:.0f} %", "")
    journal = outcome.journal
    answered = [row for row in outcome.requests() if row["outcome"] in ("ok", "ok_length")]
    wrong = [row for row in answered if row["output_tokens"] != journal.requests[row["id"]]["tokens_sent"]]
    bench.equal("requests whose tokens differ from the journal", len(wrong), 0)
    lag(bench, journal)


def resident(folder):
    """The generator's memory at the first look and at its greatest, bytes."""
    base = sqlite3.connect(f"file:{folder / 'run.sqlite'}?mode=ro", uri=True)
    try:
        values = [row[0] for row in base.execute("SELECT resident_bytes FROM health ORDER BY at_ns")]
    finally:
        base.close()
    return values[0], max(values)


def lag(bench, journal):
    """How late the simulated provider itself was, by its own account."""
    end = journal.end or {}
    times = ", ".join(f"{end.get(f'emission_lag_{name}_ns', 0) / 1e6:.2f}" for name in ("p50", "p99", "max"))
    bench.row("the provider's own emission lag p50, p99, max", times + " ms", "")
    bench.equal("listen overflows", end.get("listen_overflows"), 0)
