"""The page of every kind of run in a browser: nothing is logged or asked for, nothing is wider than the screen, and no text
from outside becomes an element."""
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time

import chromium
from harness import Journal, stored_requests, wait_until
from page import DEMO, quiet
from streams import PROMPTS, provider

STEADY = provider(8, "60ms", "10ms") + PROMPTS % 32 + "phases:\n  - steady: {concurrency: 8, for: %s, settle: 300ms}\n"
LEVEL = provider(8, "60ms", "10ms") + PROMPTS % 32 + "phases:\n  - ramp: {concurrency: [4], hold: 2s, settle: 300ms}\n"
BURST = DEMO.replace("  - ramp: {concurrency: [1, 4, 16, 32], hold: 2s, settle: 400ms, hold_max: 6s}\n", "")
TALK = (
    provider(8, "40ms", "5ms")
    + "workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: 16, conversation: {turns: 3, think: 50ms}}\n"
    + "phases:\n  - steady: {concurrency: 4, for: 4s, settle: 300ms}\n"
)
THREE = """name: three
targets:
""" + "".join(
    f"  - {{name: {name}, provider: simulated, price: {{input: 0.1, output: {price}}}, scenario: {{from: steady, name: {name}, replicas: 1, slots: 8, step: {{base: {step}ms}}}}}}\n"
    for name, step, price in [("one", 4, 0.4), ("two", 6, 0.3), ("three", 8, 0.2)]
) + """workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: 16}
phases:
  - ramp: {concurrency: [2, 4], hold: 1500ms, settle: 200ms, min_requests: 25, hold_max: 4s}
"""
LIMITED = """targets:
  - {provider: simulated, scenario: {from: steady, name: limited, replicas: 1, slots: 8, step: {base: 5ms}, habits: {rate_limit: {requests: 20, per: 2s}}}}
workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: 16}
warmup: {requests: 0}
retries: 3
phases:
  - steady: {concurrency: 4, for: 8s, settle: 300ms}
"""
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'--><svg onload=alert(3)>\u2028\u202e\x1b[31m{{7*7}}"
# Columns of text from outside; the others hold names of spate's own, which a reader of the store checks.
OUTSIDE = [
    ("targets", ["name", "provider", "model", "api", "url"]), ("phases", ["name"]), ("requests", ["detail", "finish"]),
    ("texts", ["text"]), ("incidents", ["detail"]),
]
META = ["profile_name", "label", "tool_version"]
ELEMENTS = """(() => { const all = {}; for (const e of document.querySelectorAll('*')) {
  const key = e.localName + '[' + [...e.attributes].map((a) => a.name).sort().join() + ']'; all[key] = (all[key] || 0) + 1; } return all; })()"""


def shown(bench, name, report, charts=1):
    """Opens a page on a screen by day and on a phone by night."""
    for width, dark in [(1400, False), (390, True)]:
        with chromium.Page(report, width=width, dark=dark, touch=width < 500) as opened:
            is_quiet, why = quiet(opened)
            fits = opened.run("document.documentElement.scrollWidth") <= width
            # What is below the screen is drawn as well.
            opened.wait("[...document.querySelectorAll('.stage')].every((s) => s.querySelector('svg, canvas'))", 5)
            drawn = opened.run("document.querySelectorAll('.stage').length")
            failed = opened.run("[...document.querySelectorAll('.slot .note.bad')].map((n) => n.textContent).join()")
            wrong = [text for text, holds in [(why, is_quiet), ("wider than the screen", fits), (failed, not failed), ("charts are missing", drawn >= charts)] if not holds]
            bench.row(f"{name}, {width} px", "; ".join(wrong)[:120] or f"{drawn} charts", f">= {charts}", not wrong)


def run(bench, name, profile, act=None, status=(0, 97)):
    """A run of a profile in a folder of its own; `act` is told of it while it goes on."""
    folder = bench.folder / name
    path = bench.folder / f"{name}.yaml"
    path.write_text(profile)
    child = bench.popen("run", str(path), "-o", str(folder), "--quiet", "--no-preflight")
    if act:
        act(child, folder)
    child.wait(timeout=120)
    if child.returncode not in status:
        raise RuntimeError(f"{name}: exit {child.returncode}: {bench.said()[-400:]}")
    return folder


def freeze(child, folder):
    """The server stands still for 2 s."""
    wait_until(lambda: (folder / "truth.jsonl").exists() and Journal(folder / "truth.jsonl").pid, 20)
    pid = Journal(folder / "truth.jsonl").pid
    time.sleep(4)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(2)
    os.kill(pid, signal.SIGCONT)


def end(number):
    def act(child, folder):
        wait_until((folder / "run.sqlite").exists, 20)
        time.sleep(3)
        child.send_signal(number)
    return act


def speak(folder, words):
    """Every text from outside in a stored run says these words as well."""
    base = sqlite3.connect(folder / "run.sqlite")
    for table, columns in OUTSIDE:
        for column in columns:
            # Names stay apart from each other.
            base.execute(f"UPDATE {table} SET {column} = {column} || ? WHERE {column} IS NOT NULL", (words,))
    base.execute("UPDATE targets SET addresses = json_array(?), notes = json_array(?)", (words, words))
    for key in META:
        base.execute("UPDATE meta SET value = ? WHERE key = ?", (words, key))
    base.execute("UPDATE requests SET outcome = 'http_5xx', http_status = 500, detail = ?, error = (SELECT min(id) FROM texts) WHERE sequence % 7 = 3", (words,))
    base.commit()
    base.close()
    (folder / "profile.yaml").write_text("name: " + json.dumps(words) + "\n")


def reports(bench):
    if not chromium.PROGRAM:
        raise RuntimeError("no Chromium is installed")
    html = lambda folder: subprocess.run([bench.program, "report", "--html", folder], check=True, capture_output=True, timeout=60) and folder / "report.html"
    shown(bench, "a ramp and two bursts", run(bench, "demo", DEMO) / "report.html", 8)
    silent = run(bench, "silence", STEADY % "9s", freeze)
    shown(bench, "a soak with a silence", silent / "report.html", 4)
    with chromium.Page(silent / "report.html") as opened:
        bench.equal("... is a red band", opened.run("document.querySelectorAll('svg.time .band.server').length > 0"), True)
        told = opened.run("document.querySelector('.bands button').click(), document.querySelector('#time .readout').textContent")
        bench.row("... whose button moves the cursor to it", "", "", "silence" in told)
    shown(bench, "a burst", run(bench, "burst", BURST) / "report.html", 5)
    three = run(bench, "three", THREE)
    shown(bench, "three targets", three / "report.html", 6)
    with chromium.Page(three / "report.html") as opened:
        rows = opened.run("document.querySelectorAll('#comparison figure')[0].querySelectorAll('.rowhead').length")
        bench.equal("... two sides in the forest plot", rows, 2)
        bench.equal("... and what each level costs", opened.run("document.querySelectorAll('#cost svg .rowlabel').length"), 6)
    shown(bench, "conversations", run(bench, "talk", TALK) / "report.html", 6)
    shown(bench, "3 seconds", run(bench, "short", STEADY % "3s") / "report.html", 4)
    shown(bench, "a single level", run(bench, "level", LEVEL) / "report.html", 5)
    shown(bench, "interrupted", run(bench, "interrupted", STEADY % "60s", end(signal.SIGINT), (105,)) / "report.html", 4)
    shown(bench, "killed", html(run(bench, "killed", STEADY % "60s", end(signal.SIGKILL), (-signal.SIGKILL,))), 4)
    limits(bench, run(bench, "limits", LIMITED))
    compared = bench.folder / "report.html"
    subprocess.run([bench.program, "compare", "--html", compared, silent, bench.folder / "short"], check=True, capture_output=True, timeout=60)
    shown(bench, "a comparison of stored runs", compared)
    hostile(bench, html)


COLUMN = """((name) => { const head = [...document.querySelectorAll('#time details.table th')].map((h) => h.textContent);
  const place = head.indexOf(name); return [...document.querySelectorAll('#time details.table tbody tr')].map((r) => r.children[place]?.textContent); })"""


def limits(bench, folder):
    """What was left of a limit and what was sent again, on the time axis and in the table behind it."""
    shown(bench, "rate limits and retries", folder / "report.html", 4)
    again = sum(row["attempt"] > 0 for row in stored_requests(folder))
    with chromium.Page(folder / "report.html") as opened:
        titles = opened.run("[...document.querySelectorAll('svg.time .track')].map((t) => t.textContent).join()")
        bench.row("... what was left has a track, and what was sent again a mark", titles[-60:], "", "Left of the rate limits, %● requests" in titles and "sent again" in titles)
        box = opened.box("svg.time")
        told = set()
        for k in range(40):
            opened.mouse("mouseMoved", box[0] + 58 + (box[2] - 74) * (k + 0.5) / 40, box[1] + box[3] * 0.5)
            told |= set(re.findall(r"left: requests [0-9.,]+", opened.run("document.querySelector('#time .readout').textContent.replace(/\u00a0/g, ' ')")))
        bench.row("... the cursor reads it", f"{len(told)} values", "", {"left: requests 0", "left: requests 50"} <= told or len(told) > 5)
        opened.run("document.querySelector('#time details.table summary').click()")
        opened.wait("document.querySelector('#time details.table[open] table') !== null")
        bench.equal("... attempts behind the first, in the table", sum(int(n) for n in opened.run(COLUMN + "('sent again')")), again)
        left = [int(n) for n in opened.run(COLUMN + "('left of 20 requests')") if n.isdigit()]
        bench.row("... the limit was used up and came back", f"{min(left)} to {max(left)}", "0 to 19", min(left) == 0 and 15 <= max(left) <= 19)


def hostile(bench, html):
    """The same run twice, with a plain word and with hostile ones in each text from outside: the same elements."""
    source = run(bench, "source", BURST)
    found = {}
    for name, words in [("plain", "word"), ("hostile", HOSTILE)]:
        folder = bench.folder / name
        shutil.copytree(source, folder)
        speak(folder, words)
        report = html(folder)
        shown(bench, f"{name} words", report, 5)
        with chromium.Page(report) as opened:
            opened.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            time.sleep(0.5)
            found[name] = opened.run(ELEMENTS)
            bench.row(f"{name} words, everything open: quiet", "", "", quiet(opened)[0])
    differ = {key for key in set(found["plain"]) | set(found["hostile"]) if found["plain"].get(key) != found["hostile"].get(key)}
    # A long name may leave no room for a label in a drawing; no other element may come or go.
    grown = {key for key in differ if not key.startswith(("text[", "tspan["))}
    bench.row("elements that hostile words changed", ", ".join(sorted(grown))[:120] or "0", "= 0", not grown)
