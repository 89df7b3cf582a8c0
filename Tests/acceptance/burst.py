"""Bursts: what the first requests after idle pay, and how sharp the edge is."""
from harness import at, median

WINDOW, ALLOWED = 10, 1  # of PRODUCT's time_to_recover: at most 1 of the next 10 exceeds


def serverless(bench):
    """The whole cycle on a provider that scales to zero, its times divided by five: all requests meet a cold start."""
    cycles(
        bench,
        3,
        """
targets:
  - provider: simulated
    scenario: {from: serverless, name: scaled, time_scale: 0.2, jitter: 0.3}
workload: {prompts: {synthetic: {input_tokens: 128}}, max_tokens: 64}
warmup: {requests: 0}
phases:
  - burst: {requests: 48, repeat: 3, baseline: {concurrency: 2, requests: 25}, idle: 8s, hold: 8s, pause: 500ms}
""",
    )


def partly_cold(bench):
    """One replica stays, so that a third of the edge is warm; answers are long, or it would serve the rest as well."""
    cycles(
        bench,
        1,
        """
targets:
  - provider: simulated
    scenario: {from: serverless, name: kept, replicas: {min: 1, max: 4}, time_scale: 0.2, jitter: 0.3}
workload: {prompts: {synthetic: {input_tokens: 128}}, max_tokens: 600}
warmup: {requests: 0}
phases:
  - burst: {requests: 48, repeat: 1, baseline: {concurrency: 12, requests: 25}, idle: 8s, hold: 12s, pause: 500ms}
""",
        mixed=True,
    )


def replicas(bench):
    """Which replicas came after an edge and who still waited then, by the provider's /metrics, against its journal."""
    outcome = bench.run(
        """
targets:
  - {provider: simulated, metrics: /metrics, scenario: {from: serverless, name: watched, time_scale: 0.5}}
workload: {prompts: {synthetic: {input_tokens: 128}}, max_tokens: 64}
warmup: {requests: 0}
phases:
  - burst: {requests: 64, repeat: 1, idle: 20s, hold: 10s, control: false}
""",
        seconds=150,
    )
    journal, rows = outcome.journal, outcome.requests()
    burst = outcome.target["phases"][0]["bursts"][0]
    edge = [row for row in rows if row["step_kind"] == "edge" and row["rank"] is not None]
    release = edge[0]["t0"] + edge[0]["release_ns"]
    # A replica is useful from the first request that it took.
    taken = {}
    for entry in journal.requests.values():
        if entry.get("replica") is not None and entry.get("dequeued") and entry["dequeued"] >= release:
            taken[entry["replica"]] = min(taken.get(entry["replica"], entry["dequeued"]), entry["dequeued"])
    bench.equal("replicas that came", len(burst["replicas"]), len(taken))
    for said, (number, instant) in zip(burst["replicas"], sorted(taken.items(), key=lambda item: item[1])):
        true = (instant - release) / 1e9
        bench.equal(f"replica {number}: its name", said["name"], f"engine={number}")
        bench.row(f"replica {number}: answered after the edge", f"{said['at_s']:.2f} s", f"{true:.2f} .. +1.2 s", true <= said["at_s"] <= true + 1.2)
        firsts = [journal.requests[row["id"]].get("first_token") for row in edge]
        at_said = release + said["at_s"] * 1e9
        waiting = sum(first is None or first > at_said for first in firsts)
        bench.row(f"replica {number}: of the edge waited then", f"{said['waiting']}", f"{waiting} +- 1", abs(said["waiting"] - waiting) <= 1)
    server = outcome.target["server"]
    bench.equal("the counters agree", server["reconciled"]["agrees"], True)
    sent = sum(entry["tokens_sent"] for entry in journal.requests.values())
    bench.equal("output tokens by them, and by the journal", server["reconciled"]["output_tokens"]["server"], sent)


def cycles(bench, count, profile, mixed=False):
    outcome = bench.run(profile, seconds=150)
    journal, rows = outcome.journal, outcome.requests()
    phase = outcome.target["phases"][0]
    bench.equal("cycles", len(phase["bursts"]), count)
    for burst in phase["bursts"]:
        index = burst["index"]
        edge = wave(rows, journal, index, "edge")
        control = wave(rows, journal, index, "control")
        ranked = [one for one in edge if one["rank"] is not None]
        share = sum(one["cold"] for one in ranked) / len(ranked)
        bench.equal(f"burst {index}: cold share", round(burst["cold_share"], 6), round(share, 6))
        if mixed:
            bench.row(f"burst {index}: some warm, some cold", f"{share:.2f}", "0 < share < 1", 0 < share < 1)
        warm = {one["rank"]: one["ttft"] for one in control if one["rank"] is not None}
        penalty = median([one["ttft"] - warm[one["rank"]] for one in ranked if one["rank"] in warm])
        near(bench, f"burst {index}: cold penalty", burst["cold_penalty_ms"], penalty, "ms")
        recovered = recovery(edge, list(warm.values()))
        said = burst["time_to_recover_s"]
        if recovered is None or said is None:
            bench.row(
                f"burst {index}: time to recover",
                "censored" if said is None else f"{said:.3f} s",
                "= censored" if recovered is None else f"= {recovered:.3f} s",
                recovered is None and said is None,
            )
        else:
            near(bench, f"burst {index}: time to recover", said, recovered, "s")
        bench.row(f"burst {index}: send lag, skew", f"{burst['send_lag_ms']:.2f}, {burst['send_skew_ms']:.2f} ms", "")


def wave(rows, journal, burst, kind):
    """Edge and hold in order of dispatch: ms from the request's start on our clock to the journal's first token."""
    result = []
    for row in sorted((row for row in rows if row["burst"] == burst and row["step_kind"] == kind), key=dispatched):
        entry = journal.requests.get(row["id"])
        if entry is None or entry["first_token"] is None:
            continue
        start = at(row, "scheduled_ns") if row["rank"] is not None else dispatched(row)
        result.append(
            {
                "rank": row["rank"],
                "ttft": (entry["first_token"] - start) / 1e6,
                "cold": bool(entry["cold"]),
                "since_release": (dispatched(row) - row["t0"] - row["release_ns"]) / 1e9,
            }
        )
    return result


def dispatched(row):
    return at(row, "scheduled_ns") + (row["dispatch_lag_ns"] or 0)


def recovery(edge, warm):
    """Seconds from the edge to the first dispatch, itself within the warm band, from which at most 1 of 10 exceeds it."""
    centre = median(warm)
    band = centre + 3 * 1.4826 * median([abs(value - centre) for value in warm])
    slow = [one["ttft"] > band for one in edge]
    for index in range(len(edge) - WINDOW + 1):
        if not slow[index] and sum(slow[index : index + WINDOW]) <= ALLOWED:
            return edge[index]["since_release"]
    return None


def near(bench, what, said, true, unit):
    bench.row(what, f"{said:.3f} {unit}", f"{true:.3f} {unit} ± 5 %", abs(said - true) <= 0.05 * abs(true))


def thousand_cold(bench):
    thousand(bench, "cold")


def thousand_preopened(bench):
    thousand(bench, "preopened")


def thousand_warm(bench):
    thousand(bench, "warm")


def thousand(bench, connections):
    """1,000 requests at one instant: all sent, and how far apart."""
    outcome = bench.run(
        """
targets:
  - provider: simulated
    scenario: {from: slots16, slots: 1000, prefill: {base: 500ms}, step: {base: 50ms}}
workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: 16}
warmup: {requests: 0}
phases:
  - burst: {requests: 1000, repeat: 1, baseline: {concurrency: 10, requests: 25}, idle: 2s, hold: 1s, pause: 500ms, connections: %s}
"""
        % connections,
        seconds=90,
    )
    burst = outcome.target["phases"][0]["bursts"][0]
    requests = burst["stats"]["requests"]
    bench.equal("sent and answered", requests["success"], 1000)
    bench.equal("kind of connections", burst["connections"], connections)
    bench.row("send lag", f"{burst['send_lag_ms']:.1f} ms", "")
    bench.row("send skew", f"{burst['send_skew_ms']:.1f} ms", "")
    connect = burst["stats"]["connect_ms"]
    bench.row("connect p50 / max", f"{connect['p50']:.1f} / {connect['max']:.1f} ms" if connect else "none", "")
    bench.row("reused connections", f"{burst['reused_connections']}", "")
    validity = outcome.target["phases"][0]["validity"]
    bench.row("verdict", validity["verdict"], "")
    bench.equal("listen overflows", outcome.journal.end["listen_overflows"], 0)
