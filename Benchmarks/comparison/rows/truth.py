"""spate and its peers at three widths: who holds the streams, and what each tells beside what the server knows."""

import sys
import time

from .. import processes, reference
from ..figures import median, percentile
from ..processes import Failed
from ..product import Result
from .row import Row, Sheet

WIDTHS = [(500, 20, 160), (2_000, 10, 80), (10_000, 2, 16)]  # streams, tokens/s of each, tokens of an answer: 8 s
QUICK_WIDTHS = [(20, 20, 40)]
ANSWERS = 2  # of each stream
VARY = 0.25  # of the rate from answer to answer, so that not all streams begin anew at once
PATIENCE = 150  # seconds; then a run is ended

HOLDS = ["streams", "tool", "in flight", "lowest", "answered", "told", "not answered", "told", "wall", "begins after",
         "CPU s/1M", "MB", "ended"]
TELLS = ["streams", "tool", "TTFT p50, ms", "TTFT p99, ms", "time per token p50, ms", "tokens/s"]
FIGURES = ["ttft_p50", "ttft_p99", "tpot_p50", "tokens_per_second"]


def truth(setting):
    """Each tool asks for the same answers of a fresh server that keeps a journal."""
    if setting.peers is None:
        return [Row("who holds, and who tells the truth", "", note="left out; --peers installs and runs them")]
    holds, tells, rows = [], [], []
    for streams, rate, tokens in QUICK_WIDTHS if setting.quick else WIDTHS:
        for name in ["spate", *setting.peers.names()]:
            try:
                found = run(setting, name, streams, rate, tokens)
            except (Failed, OSError) as problem:  # the server may be too busy to tell its numbers
                processes.end_all()
                rows.append(Row(f"{name}, {streams:,} streams", "", note=f"skipped: {problem}"[:300]))
                continue
            setting.raw[f"truth, {name} at {streams}"] = found
            holds.append([f"{streams:,} x {rate}/s", name, *held(found)])
            tells.append([f"{streams:,} x {rate}/s", name, *(beside(found, key) for key in FIGURES)])
            print(" ", *holds[-1], "|", *tells[-1][2:], file=sys.stderr)
    return [Sheet("Who holds", HOLDS, holds), Sheet("Who tells the truth: told / known to the server", TELLS, tells), *rows]


def run(setting, name, streams, rate, tokens):
    asked = streams * ANSWERS
    with reference.TokenServer(setting.work, journal=True, rate=rate, ttft=200, vary=VARY) as server:
        if name == "spate":
            process = setting.spate.start(server.port, f"batch: {{requests: {asked}, concurrency: {streams}}}", tokens)
        else:
            process = setting.peers.start(name, setting.work, server.port, streams, tokens, asked)
        samples = watched(server, process)
        wall = time.monotonic() - process.began / 1e9
        end = f"by us, after {PATIENCE} s" if process.status is None else f"itself, {process.status}"
        process.end()
        stats = server.stop()
        journal = sorted(server.requests(), key=lambda entry: entry["received"])
    # What a tool sends for itself it sends first, and mostly asks for less.
    entries = [entry for entry in journal if entry["max_tokens"] == tokens][-asked:]
    own = len(journal) - len(entries)
    if not entries:
        raise Failed(f"sent nothing; ended: {end}\n{process.tail()}")
    steady = [s for s in samples if streams + own <= s["requests"] < asked + own]
    used, sent = (steady[-1][key] - steady[0][key] if len(steady) > 1 else 0 for key in ("cpu", "tokens"))
    return {
        "asked": asked, "sent": len(entries), "own": own, "ended": end, "wall_s": wall,
        "first_after_s": (entries[0]["received"] - process.began) / 1e9, "known": known(entries),
        "told": Result(process).told() if name == "spate" else setting.peers.told(name, process),
        "in_flight": [s["streaming"] for s in steady], "highest": max((s["streaming"] for s in samples), default=0),
        "steady_s": (steady[-1]["now"] - steady[0]["now"]) / 1e9 if steady else 0,
        "cpu_per_million": used / sent * 1e6 if sent else None,
        "peak_bytes": max((s["resident"] for s in samples), default=0), "listen_overflows": stats["listen_overflows"],
        "late_steps": stats["late_ticks"] / max(1, stats["ticks"]), "tail": process.tail()[-300:]}


def watched(server, process):
    """Samples of the server and of the tool's processes, until it ends or patience does."""
    samples, until = [], time.monotonic() + PATIENCE
    while process.poll() and time.monotonic() < until:
        samples.append({**server.stats(), "cpu": processes.cpu_seconds(process.pid, True),
                        "resident": processes.resident_bytes(process.pid, True)})
        time.sleep(0.25)
    return samples


def known(entries):
    """What the server knows of the answers that it gave whole. No client can truthfully have had a token earlier."""
    done = [entry for entry in entries if entry["outcome"] == "completed"]
    found = {"completed": len(done), "cancelled": len(entries) - len(done)}
    if done:
        ttft = [(entry["first_token"] - entry["received"]) / 1e6 for entry in done]
        tpot = [(entry["last_token"] - entry["first_token"]) / (entry["tokens"] - 1) / 1e6 for entry in done]
        seconds = (max(entry["last_token"] for entry in done) - min(entry["received"] for entry in done)) / 1e9
        found |= {"ttft_p50": median(ttft), "ttft_p99": percentile(ttft, 99), "tpot_p50": median(tpot),
                  "tokens_per_second": sum(entry["tokens"] for entry in done) / seconds}
    return found


def held(found):
    told, known, flight = found["told"], found["known"], found["in_flight"]
    unsent = max(0, found["asked"] - found["sent"])
    return [
        f"{median(flight):,.0f}" if flight else f"at most {found['highest']:,}", f"{min(flight):,}" if flight else "",
        f"{known['completed']:,} of {found['asked']:,}", count(told.get("completed")),
        f"{known['cancelled']:,}" + (f", {unsent:,} unsent" if unsent else ""), count(told.get("failed")),
        f"{found['wall_s']:.0f} s", f"{found['first_after_s']:.1f} s",
        "" if found["cpu_per_million"] is None else f"{found['cpu_per_million']:.1f}", f"{found['peak_bytes'] / 1e6:.0f}",
        found["ended"]]


def count(told):
    return "not told" if told is None else f"{told:,.0f}"


def beside(found, key):
    told, true = found["told"].get(key), found["known"].get(key)
    if told is None or true is None:
        return f"not told / {true:,.1f}" if true is not None else "not told / none"
    return f"{told:,.1f} / {true:,.1f} ({told - true:+,.1f}, {(told / true - 1) * 100:+.1f} %)"
