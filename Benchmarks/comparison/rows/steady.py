"""CPU per token in the steady state: against the bare reader, against peers; and the truth of the same runs."""

import time

from .. import processes, reference
from ..figures import median, percentile
from ..processes import Failed
from ..product import Result
from .row import Row, row


def window(server, generator, seconds, with_children=False):
    """CPU seconds per million tokens that the server sent, resident bytes, and the share of late steps of the server."""
    cpu, before = processes.cpu_seconds(generator.pid, with_children), server.stats()
    time.sleep(seconds)
    resident = processes.resident_bytes(generator.pid, with_children)
    used, after = processes.cpu_seconds(generator.pid, with_children) - cpu, server.stats()
    tokens = after["tokens"] - before["tokens"]
    if not generator.poll() or tokens == 0:
        raise Failed(f"the generator did not last for the window of {seconds:.1f} s\n{generator.tail()}")
    return {
        "cpu_per_million": used / tokens * 1e6, "tokens": tokens, "seconds": (after["now"] - before["now"]) / 1e9,
        "cpu_s": used, "resident": resident,
        "late_steps": (after["late_ticks"] - before["late_ticks"]) / max(1, after["ticks"] - before["ticks"])}


def answer_seconds(tokens, rate, ttft=0.2):
    return ttft + (tokens - 1) / rate


def steady_reader(setting, streams, rate, stamps, batch=0):
    tokens, period = setting.tokens, answer_seconds(setting.tokens, rate)
    with reference.TokenServer(setting.work, rate=rate, ttft=200, batch=batch) as server:
        process = reference.reader(server.port, streams, tokens, 1, period * 2 + 6, stamps)
        server.wait_for(int(streams * 0.98), 30, process)
        time.sleep(2)
        found = window(server, process, period)
        process.end()
    return found


def steady_spate(setting, streams, rate, journal=False, batch=0):
    """Returns the window's figures, the run's result and the server's journal."""
    tokens, period = setting.tokens, answer_seconds(setting.tokens, rate)
    hold = period + 8
    with reference.TokenServer(setting.work, journal=journal, rate=rate, ttft=200, batch=batch) as server:
        phase = f"steady: {{concurrency: {streams}, for: {hold:.0f}s}}"
        process = setting.spate.start(server.port, phase, tokens)
        server.wait_for(int(streams * 0.98), 30, process)
        time.sleep(2)
        found = window(server, process, period)
        process.wait(hold + period + 60)
        found["server"] = server.stop()
        found["exit"] = process.status
        truth = server.journal() if journal else None
    return found, Result(process), truth


def spread_truth(setting, streams):
    """The truth of a load whose requests begin at all times: answers of different lengths, the first ones left out."""
    period = answer_seconds(setting.tokens, 20)
    hold = 2.5 * period + 4
    tokens = f"{{uniform: [{setting.tokens // 4}, {setting.tokens * 7 // 4}]}}"
    with reference.TokenServer(setting.work, journal=True, rate=20, ttft=200) as server:
        phase = f"steady: {{concurrency: {streams}, for: {hold:.0f}s, settle: {1.5 * period:.0f}s}}"
        process = setting.spate.start(server.port, phase, tokens)
        process.wait(hold + 2 * period + 60)
        server.stop()
        truth = server.journal()
    return truth_rows(setting, [(None, Result(process), truth)], "requests spread over time: ", "truth, spread")


def cpu_per_token(setting):
    """1,000 streams x 20 tokens/s against the bare reader that takes the same stamps; the truth of the same runs."""
    streams = 200 if setting.quick else 1000
    plain, stamped, ours, truths = [], [], [], []
    for _ in range(setting.rounds):
        plain.append(steady_reader(setting, streams, 20, False)["cpu_per_million"])
        stamped.append(steady_reader(setting, streams, 20, True)["cpu_per_million"])
        found, result, truth = steady_spate(setting, streams, 20, journal=True)
        ours.append(found["cpu_per_million"])
        truths.append((found, result, truth))
    setting.raw["cpu"] = {"reader": plain, "reader with stamps": stamped, "spate": ours,
                          "late_steps": [found["late_steps"] for found, _, _ in truths]}
    rows = [
        row(f"CPU per million tokens, {streams:,} x 20/s, against the bare reader with stamps",
            median(ours), median(stamped), "s", 1.8, spread(ours, stamped)),
        Row("  against the bare reader without stamps", f"{median(ours):.1f} s", f"{median(plain):.1f} s",
            median(ours) / median(plain)),
    ]
    if not setting.quick:
        rows.append(in_step(setting, streams))
    return rows + spread_truth(setting, streams) + truth_rows(setting, truths, "all begin at once: ", "truth")


def spread(ours, others):
    return f"spate {min(ours):.1f}-{max(ours):.1f}, the other {min(others):.1f}-{max(others):.1f}"


def in_step(setting, streams):
    """The same, but the server emits for all streams in one step of 50 ms."""
    bare, ours = [], []
    for _ in range(setting.rounds):
        bare.append(steady_reader(setting, streams, 20, True, batch=1)["cpu_per_million"])
        ours.append(steady_spate(setting, streams, 20, batch=1)[0]["cpu_per_million"])
    setting.raw["cpu in step"] = {"reader with stamps": bare, "spate": ours}
    return row("  the same, all streams in one step of 50 ms", median(ours), median(bare), "s", 1.8, spread(ours, bare))


def truth_rows(setting, truths, name, key):
    """What the run says of each request beside what the server knows of it."""
    waits, overheads, unmatched, unwritten, verdicts = [], [], 0, 0, set()
    for _, result, truth in truths:
        run = result.meta("id")
        verdicts.add(result.verdict())
        for request in result.rows(
                "SELECT sequence, written_ns, first_token_ns FROM requests WHERE measured AND outcome IN ('ok', 'ok_length')"):
            entry = truth.get(f"{run}-{request['sequence']}")
            if entry is None:
                unmatched += 1
                continue
            if request["written_ns"] is None:
                unwritten += 1
                continue
            known = entry["first_token"] - entry["received"]
            waits.append((request["first_token_ns"] - request["written_ns"] - known) / 1e6)
            overheads.append((request["first_token_ns"] - known) / 1e6)
    if not waits:
        raise Failed(f"no request of the run is in the server's journal ({unmatched} unmatched)")
    setting.raw[key] = {
        "requests": len(waits), "unmatched": unmatched, "without_written": unwritten, "verdicts": sorted(verdicts),
        "wait_error_ms": [percentile(waits, p) for p in (1, 50, 99, 100)],
        "ttft_error_ms": [percentile(overheads, p) for p in (1, 50, 99, 100)]}
    note = f"{len(waits):,} requests; verdict {', '.join(sorted(verdicts))}"
    if unwritten:
        note += f"; {unwritten} without a written instant"
    if unmatched:
        note += f"; {unmatched} NOT IN THE JOURNAL"
    return [
        error_row(name + "error of wait against the server's journal, p50 / p99", waits, not unmatched, note),
        error_row(name + "error of TTFT against the server's journal, p50 / p99", overheads, not unmatched,
                  "from dispatch: with connecting, and with the client's own queue where many requests start at once"),
    ]


def error_row(name, errors, complete, note):
    p50, p99 = (percentile([abs(error) for error in errors], p) for p in (50, 99))
    return Row(name, f"{p50:.3f} / {p99:.3f} ms", target="< 1 / < 5 ms", met=p50 < 1 and p99 < 5 and complete, note=note)


QUICK_PEERS = {"vllm-rs"}  # measured as often as spate; the others take minutes and stand far off


def against_peers(setting):
    """500 streams x 20 tokens/s: spate, then each peer, on streams of the same server."""
    streams = 100 if setting.quick else 500
    ours = [steady_spate(setting, streams, 20)[0]["cpu_per_million"] for _ in range(setting.rounds)]
    bare = [steady_reader(setting, streams, 20, True)["cpu_per_million"] for _ in range(setting.rounds)]
    setting.raw["cpu at 500"] = {"spate": ours, "reader with stamps": bare}
    rows = [Row(f"CPU per million tokens, {streams} x 20/s", f"{median(ours):.1f} s", f"{median(bare):.1f} s",
                median(ours) / median(bare), note="against the bare reader with stamps")]
    if setting.peers is None:
        return rows + [Row("  against peers", "", note="left out; --peers installs and runs them")]
    limits = {"vllm-rs": 0.7, "vllm python": 1 / 8, "aiperf": 1 / 15, "guidellm": 1 / 20}
    for name in limits:
        try:
            rounds = [steady_peer(setting, name, streams) for _ in range(setting.rounds if name in QUICK_PEERS else 1)]
        except Failed as problem:
            rows.append(Row(f"  against {name}", "", target=f"at most {limits[name]:.2g}x", note=f"skipped: {problem}"[:300]))
            continue
        setting.raw[f"cpu at 500, {name}"] = rounds
        theirs, found = [each["cpu_per_million"] for each in rounds], rounds[-1]
        rows.append(row(f"  against {name}", median(ours), median(theirs), "s", limits[name],
                        f"{found['tokens'] / found['seconds']:,.0f} tokens/s read, {found['resident'] / 1e6:.0f} MB; "
                        f"{spread(ours, theirs)}; {len(rounds)} of its rounds",
                        fact="at most {:.4}x"))
    return rows


def steady_peer(setting, name, streams):
    period = answer_seconds(setting.tokens, 20)
    with reference.TokenServer(setting.work, rate=20, ttft=200) as server:
        process = setting.peers.start(name, setting.work, server.port, streams, setting.tokens, streams * 4)
        server.wait_for(int(streams * 0.8), 180, process)
        time.sleep(3)
        found = window(server, process, period, with_children=True)
        process.end()
    return found
