"""How it grows: ten thousand streams, memory, two loops, a million requests; and how soon it starts."""

import os
import signal
import time

from .. import processes, reference
from ..figures import median, slope
from ..processes import Failed
from ..product import Result
from .row import Row, row
from .steady import answer_seconds


def growth(setting):
    """The whole life of the process: 10,000 streams x 2 tokens/s against 1,000 x 20, the same tokens and requests."""
    many, few, tokens, hold = (2000, 200, 8, 6) if setting.quick else (10_000, 1000, 40, 40)
    rates = {many: 2, few: 20}
    found = {many: [], few: []}
    resident = {}
    for _ in range(1 if setting.quick else min(2, setting.rounds)):
        for streams, rate in rates.items():
            with reference.TokenServer(setting.work, rate=rate, ttft=200) as server:
                phase = f"steady: {{concurrency: {streams}, for: {hold}s, settle: 2s}}"
                process = setting.spate.start(server.port, phase, tokens)
                server.wait_for(int(streams * 0.98), 30, process)
                time.sleep(1)
                resident[streams] = processes.resident_bytes(process.pid)
                process.wait(hold + answer_seconds(tokens, rate) + 90)
                stats = server.stop()
            result = Result(process)
            bad = {k: v for k, v in result.outcomes().items() if k not in ("ok", "ok_length", "cancelled")}
            if bad:
                raise Failed(f"{streams} streams had failures: {bad}")
            found[streams].append((process.whole_cpu / stats["tokens"] * 1e6, stats, result.verdict()))
    idle = idle_resident(setting)
    stats = found[many][-1][1]
    body = stats["body_bytes"] / stats["requests"]
    per_stream = (resident[many] - idle) / many / 1024
    many_cpu, few_cpu = median([x[0] for x in found[many]]), median([x[0] for x in found[few]])
    setting.raw["growth"] = {str(n): [(x[0], x[1]["tokens"], x[2]) for x in found[n]] for n in found}
    setting.raw["memory"] = {"idle": idle, **{str(n): r for n, r in resident.items()}}
    overflows = sum(x[1]["listen_overflows"] for n in found for x in found[n])
    note = f"verdict {found[many][-1][2]} / {found[few][-1][2]}; {overflows} listen overflows"
    return [
        row(f"CPU per million tokens, whole process, {many:,} x 2/s against {few:,} x 20/s", many_cpu, few_cpu, "s", 1.5,
            note),
        Row(f"memory per stream at {many:,}", f"{per_stream:.1f} KB", target="<= 16 KB + body",
            met=per_stream <= 16 + body / 1024,
            note=f"the body is {body / 1024:.1f} KB; {resident[many] / 1e6:.0f} MB, {resident[few] / 1e6:.0f} MB at "
                 f"{few:,}, {idle / 1e6:.0f} MB with one"),
    ]


def idle_resident(setting):
    with reference.TokenServer(setting.work, rate=20, ttft=200) as server:
        process = setting.spate.start(server.port, "steady: {concurrency: 1, for: 4s, settle: 1s}", 20)
        server.wait_for(1, 30, process)
        time.sleep(2)
        resident = processes.resident_bytes(process.pid)
        process.wait(60)
    return resident


def width(setting):
    """As many streams as the limit of open files allows, on two loops."""
    streams = 2000 if setting.quick else 19_000
    with reference.TokenServer(setting.work, ttft=1000, rate=1) as server:
        tokens, hold = (4, 6) if setting.quick else (20, 30)
        phase = f"steady: {{concurrency: {streams}, for: {hold}s, settle: 3s}}"
        process = setting.spate.start(server.port, phase, tokens, arguments=["--loops", "2"])
        peak = server.wait_for(int(streams * 0.98), 60, process)["streaming"]
        process.wait(hold + tokens + 120)
        stats = server.stop()
    result = Result(process)
    bad = {k: v for k, v in result.outcomes().items() if k not in ("ok", "ok_length", "cancelled")}
    return [Row(f"{streams:,} streams on two loops", f"{peak:,} at once", target="held, no failure", met=not bad,
                note=f"outcomes {result.outcomes()}; {stats['listen_overflows']} listen overflows; {result.verdict()}")]


def start(setting):
    """From exec to the first byte at the server, and to the first measured request."""
    first, posts = [], []
    for _ in range(3 if setting.quick else 9):
        with reference.TokenServer(setting.work, ttft=1, rate=100) as server:
            process = setting.spate.start(server.port, "steady: {concurrency: 1, for: 1s, settle: 0s}", 2)
            process.wait(30)
            stats = server.stop()
            first.append((stats["first_bytes"] - process.began) / 1e6)
            posts.append((stats["first_post"] - process.began) / 1e6)
    setting.raw["start"] = {"first_bytes_ms": first, "first_post_ms": posts}
    return [Row("start to first byte sent", f"{median(first):.0f} ms", target="< 150 ms", met=median(first) < 150,
                note=f"{min(first):.0f}-{max(first):.0f} ms; the first POST after {median(posts):.0f} ms")]


def soak(setting):
    """Resident memory over very many short requests."""
    aim, streams = (20_000, 50) if setting.quick else (1_000_000, 100)
    with reference.TokenServer(setting.work, ttft=0, rate=0) as server:
        seconds = 12 if setting.quick else 600
        process = setting.spate.start(server.port, f"steady: {{concurrency: {streams}, for: {seconds}s, settle: 1s}}", 4)
        points, began = [], time.monotonic()
        while process.poll() and time.monotonic() - began < seconds - 1:
            done = server.stats()["requests"]
            points.append((done, processes.resident_bytes(process.pid)))
            if done >= aim and time.monotonic() - began > 8:
                break
            time.sleep(0.2)
        done, rate = points[-1][0], points[-1][0] / (time.monotonic() - began)
        os.kill(process.pid, signal.SIGINT)  # as Ctrl-C would: drain and report
        process.wait(120)
    result = Result(process)
    settled = [point for point in points if point[0] >= points[-1][0] * 0.3]
    value, (low, high) = slope(settled)
    setting.raw["soak"] = {"points": points, "slope": value, "ci": [low, high], "requests_per_second": rate}
    stored = result.rows("SELECT count(*) FROM requests")[0][0]
    return [Row("soak: RSS slope", f"{value:.2f} B a request", target="0 within its interval, or < 1 B",
                met=low <= 0 <= high or abs(value) < 1,
                note=f"95 % interval {low:.2f} to {high:.2f}; {done:,} requests at {rate:,.0f}/s, {stored:,} stored; "
                     f"{settled[0][1] / 1e6:.1f} MB at 30 %, {settled[-1][1] / 1e6:.1f} MB at the end")]
