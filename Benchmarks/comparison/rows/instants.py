"""Whether instants are true: all sockets ready at once, wide bursts, and a client that cannot follow."""

import time

from .. import reference
from ..figures import median, percentile
from ..processes import GENERATOR_CORE, SERVER_CORE, Failed
from ..product import Result
from .row import Row, row
from .steady import window


def stamps(setting):
    """A server that emits for all streams in one step of 100 ms, as a continuously batching engine does."""
    streams, tokens = (200, 20) if setting.quick else (1000, 50)
    hold = 6 if setting.quick else 15
    with reference.TokenServer(setting.work, journal=True, rate=10, ttft=200, batch=1) as server:
        process = setting.spate.start(server.port, f"steady: {{concurrency: {streams}, for: {hold}s, settle: 1s}}", tokens)
        process.wait(hold + 60)
        server.stop()
        truth = server.journal()
    result = Result(process)
    run, t0 = result.meta("id"), result.t0
    errors, kernel, total = [], 0, 0
    for request in result.rows(
            "SELECT sequence, scheduled_ns + dispatch_lag_ns AS dispatched, first_token_ns, last_token_ns, stamp "
            "FROM requests WHERE measured AND outcome IN ('ok', 'ok_length')"):
        entry = truth.get(f"{run}-{request['sequence']}")
        if entry is None:
            continue
        total += 1
        kernel += request["stamp"] == "kernel"
        for field_name in ("first_token", "last_token"):
            errors.append((t0 + request["dispatched"] + request[field_name + "_ns"] - entry[field_name]) / 1e3)
    if not errors:
        raise Failed("no request of the run is in the server's journal")
    lag = result.summary()["validity"].get("read_lag_ms") or {}
    p50, p99, worst = (percentile(errors, p) for p in (50, 99, 100))
    setting.raw["stamps"] = {"requests": total, "kernel": kernel, "error_us": [p50, percentile(errors, 95), p99, worst]}
    return [Row(
        f"error of a stamp when {streams:,} sockets are ready at once, p99", f"{p99:.0f} µs", target="< 50 µs", met=p99 < 50,
        note=f"p50 {p50:.1f}, worst {worst:.0f}; {kernel:,} of {total:,} requests by kernel stamps; the read itself came "
             f"{(lag.get('p99') or 0):.1f} ms after the stamp at p99; verdict {result.verdict()}")]


def burst(setting):
    """The server on one core, each generator on another: else chance puts both on one for half of a burst."""
    width = 500 if setting.quick else 5000
    rows = []
    for kind in ("cold", "preopened", "warm"):
        bare, curl, ours = [], [], []
        for _ in range(setting.rounds):
            with reference.TokenServer(setting.work, core=SERVER_CORE, ttft=200, rate=20) as server:
                bare.append(reference.run_piece(
                    "reader", core=GENERATOR_CORE, port=server.port, burst=kind, streams=width, tokens=2))
            with reference.TokenServer(setting.work, core=SERVER_CORE, ttft=200, rate=20) as server:
                curl.append(reference.run_piece(
                    "curlburst", core=GENERATOR_CORE, port=server.port, connections=kind, streams=width, tokens=2))
            ours.append(burst_of_spate(setting, width, kind))
        lag = median([x["lag_ms"] for x in ours])
        by_curl, by_hand = (median([x["last_write_ms"] for x in group]) for group in (curl, bare))
        wait = median([x["wait_ratio"] for x in ours])
        setting.raw[f"burst {kind}"] = {"spate": ours, "curl": curl, "bare": bare}
        last = ours[-1]
        rows += [
            row(f"burst of {width:,}, {kind}: last write after release, against libcurl in C", lag, by_curl, "ms", 1.3,
                f"skew {median([x['skew_ms'] for x in ours]):.0f} ms; at the server {last['arrival_skew_ms']:.0f} ms; "
                f"{last['reused']} reused; {last['without_written']} without a written instant; {sum(x['overflows'] for x in ours)} listen overflows; {last['verdict']}"),
            Row("  against a bare loop of send in C", f"{lag:.1f} ms", f"{by_hand:.1f} ms", lag / by_hand),
            Row("  wait p50 against the journal's", f"{last['wait_p50_ms']:.1f} ms", f"{last['truth_p50_ms']:.1f} ms", wait,
                "within 2 %", abs(wait - 1) <= 0.02),
        ]
    return rows


def burst_of_spate(setting, width, kind):
    with reference.TokenServer(setting.work, journal=True, core=SERVER_CORE, ttft=200, rate=20) as server:
        phase = (f"burst: {{requests: {width}, repeat: 1, idle: 4s, hold: 10ms, control: false, "
                 f"baseline: {{concurrency: 1, requests: 3}}, connections: {kind}}}")
        process = setting.spate.start(server.port, phase, 2, core=GENERATOR_CORE)
        process.wait(60)
        stats = server.stop()
        truth = server.journal()
    result = Result(process)
    run = result.meta("id")
    wave = result.rows(
        "SELECT r.sequence, r.scheduled_ns + r.dispatch_lag_ns + r.written_ns - s.release_ns AS written, r.outcome, "
        "r.connection, r.first_token_ns - r.written_ns AS wait FROM requests r JOIN steps s ON s.id = r.step "
        "WHERE r.rank IS NOT NULL AND s.kind = 'edge'")
    good = [request for request in wave if request["outcome"] in ("ok", "ok_length")]
    if len(good) < width:
        raise Failed(f"{width - len(good)} of a {kind} burst of {width} failed: {result.outcomes()}\n{process.tail()}")
    entries = [truth[f"{run}-{request['sequence']}"] for request in good]
    arrivals = [entry["received"] for entry in entries]
    unknown = sum(request["written"] is None for request in good)
    wait = percentile([request["wait"] for request in good if request["wait"] is not None], 50) / 1e6
    known = percentile([entry["first_token"] - entry["received"] for entry in entries], 50) / 1e6
    written = [request["written"] / 1e6 for request in good if request["written"] is not None]
    said = result.summary()["targets"][0]["phases"][0]["bursts"][0]
    if abs((said.get("send_lag_ms") or 0) - max(written)) > 0.01 * max(written) + 0.1:
        raise Failed(f"the summary's send_lag_ms is {said.get('send_lag_ms')}, the rows say {max(written):.3f}")
    return {
        "lag_ms": max(written), "skew_ms": max(written) - min(written), "wait_p50_ms": wait, "truth_p50_ms": known,
        "wait_ratio": wait / known, "arrival_skew_ms": (max(arrivals) - min(arrivals)) / 1e6,
        "reused": sum(request["connection"] == "reused" for request in good), "overflows": stats["listen_overflows"],
        "without_written": unknown, "verdict": result.verdict()}


def overload(setting):
    """Rising load until the client cannot follow: the verdict must turn before the numbers drift."""
    streams = 200 if setting.quick else 1000
    rows = []
    for rate in (20, 200) if setting.quick else (20, 40, 80, 120, 160, 240):
        tokens = int(rate * 4)
        with reference.TokenServer(setting.work, journal=True, rate=rate, ttft=200) as server:
            process = setting.spate.start(server.port, f"steady: {{concurrency: {streams}, for: 10s, settle: 2s}}", tokens)
            server.wait_for(int(streams * 0.9), 30, process)
            time.sleep(2)
            found = window(server, process, 5)
            process.wait(120)
            server.stop()
            truth = server.journal()
        result = Result(process)
        run = result.meta("id")
        errors = []
        for request in result.rows(
                "SELECT sequence, written_ns, first_token_ns, last_token_ns FROM requests "
                "WHERE measured AND outcome IN ('ok', 'ok_length')"):
            entry = truth.get(f"{run}-{request['sequence']}")
            if entry and request["written_ns"] is not None:
                known = entry["first_token"] - entry["received"]
                errors.append(abs(request["first_token_ns"] - request["written_ns"] - known) / 1e6)
        if not errors:
            raise Failed(f"at {rate} tokens/s a stream no request was measured")
        p99 = percentile(errors, 99)
        rows.append(Row(f"ceiling: {streams:,} x {rate}/s", f"{found['tokens'] / found['seconds']:,.0f} tokens/s",
                        note=f"CPU {found['cpu_s'] / found['seconds'] * 100:.0f} %, error of wait p99 {p99:.2f} ms, "
                             f"server's late steps {found['late_steps'] * 100:.0f} %, verdict {result.verdict()}"))
    return rows
