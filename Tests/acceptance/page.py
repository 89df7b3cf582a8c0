"""The report's page in a browser: nothing is logged or asked for, and every control works by pointer and by keys."""
import re
import shutil
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request

import chromium
from harness import wait_until

RESOURCE = re.compile(r"^file:.*report\.html$")


def quiet(page):
    """Whether the console is empty and nothing but the file itself was asked for."""
    foreign = [url for url in page.requested if not RESOURCE.match(url)]
    return not page.log and not foreign, f"log {page.log[:3]}, asked for {foreign[:3]}"


def controls(page):
    """Name and outcome of each thing a reader can do; each assertion is of what the page then shows."""
    yield "no console message, no request", *quiet(page)

    box = page.box("svg.time")
    x, y = box[0] + box[2] * 0.4, box[1] + box[3] * 0.5
    page.mouse("mouseMoved", x, y)
    told = page.run("document.querySelector('#time .readout b')?.textContent")
    yield "the cursor is read out", bool(told) and page.run("document.querySelectorAll('#time .stage .cursor').length") == 1, told

    ticks = "[...document.querySelectorAll('svg.time .axis text')].map((t) => t.textContent).join()"
    before = page.run(ticks)
    page.drag(x, y, x + box[2] * 0.2, y)
    zoomed = page.run(ticks)
    yield "dragging zooms", zoomed != before, f"{before} -> {zoomed}"
    page.run("document.querySelector('svg.time').focus()")
    page.key("0")
    yield "0 shows the whole run", page.run(ticks) == before, page.run(ticks)
    page.run("document.querySelector('svg.time').focus()")
    page.key("+")
    yield "+ zooms by keys alone", page.run(ticks) != before, page.run(ticks)
    page.run("document.querySelector('svg.time').focus()")
    page.key("0")

    slider = page.run("document.querySelector('.promise') !== null")
    if slider:
        answer = "document.querySelector('.answer').textContent"
        now = "Number(document.querySelector('.promise').getAttribute('aria-valuenow'))"
        page.run("document.querySelector('.promise').focus()")
        value, text = page.run(now), page.run(answer)
        for _ in range(3):
            page.key("PageUp")
        yield "keys move the service level and change the answer", page.run(now) > value and page.run(answer) != text, page.run(answer)
        grip = page.box(".promise .grip")
        page.drag(grip[0] + 200, grip[1] + grip[3] / 2, grip[0] + 200, grip[1] + grip[3] / 2 + 60)
        yield "dragging moves it down", page.run(now) < value * 8, page.run(answer)
        first = page.run(answer)
        page.run("[...document.querySelectorAll('.choices button')].find((b) => b.textContent === 'p50').focus()")
        page.key("Enter")
        page.run("document.activeElement.click()")
        yield "the percentile is chosen in one place", page.run(answer) != first and "p50" in page.run(answer), page.run(answer)

    canvas = page.box(".canvasbox")
    chosen = False
    for k in range(2, 40):
        page.click(canvas[0] + 60 + (canvas[2] - 80) * k / 40, canvas[1] + 12)
        chosen = page.run("document.querySelector('.facts-panel dl') !== null")
        if chosen:
            break
    facts = page.run("document.querySelector('.facts-panel')?.textContent") or ""
    yield "a click on a request shows its facts and its row", "sequence" in facts and "SELECT" in facts, facts[:120]
    page.run("document.querySelector('.canvasbox').focus()")
    page.key("ArrowDown")
    after = page.run("document.querySelector('.facts-panel').textContent")
    yield "keys choose the next request", after != facts, after[:60]

    page.run("document.querySelector('details.table summary').click()")
    page.wait("document.querySelector('details.table[open] table') !== null")
    yield "a table stands behind a chart", page.run("document.querySelectorAll('details.table[open] tbody tr').length") > 0, ""
    named = page.run("[...document.querySelectorAll('.stage svg:not([aria-hidden])')].every((s) => ['img', 'group'].includes(s.getAttribute('role')) && s.getAttribute('aria-label').length > 20)")
    yield "every drawing has words for a screen reader", named, ""
    reached = set()
    page.run("document.activeElement.blur()")
    for _ in range(160):
        page.key("Tab")
        reached.add(page.run("(() => { const e = document.activeElement; return e.className.baseVal ?? (e.className || e.tagName); })()"))
    yield "Tab reaches the time axis and the requests", any("time" in str(r) for r in reached) and "canvasbox" in reached, str(sorted(map(str, reached)))[:200]
    yield "still no console message and no request", *quiet(page)


SHEET = 718  # pixels of an A4's width within Chromium's margins


def paper(bench, report):
    """Printed from a dark screen: light, everything open, nothing beyond the sheet."""
    with chromium.Page(report, dark=True) as opened:
        # What the page is while it is printed, told by its own events.
        opened.run("addEventListener('beforeprint', () => { window.foldedThen = document.querySelectorAll('details:not([open]):not(.term):not(.table)').length; })")
        pages = opened.paper(bench.folder / "page.pdf")
        bench.row("on paper: pages", str(pages), "3 to 30", 3 <= pages <= 30)
        bench.equal("... sections that stay folded", opened.run("window.foldedThen"), 0)
        bench.equal("... and are folded again", opened.run("document.querySelectorAll('details[open]').length"), 0)
        bench.row("... quiet", "", "", quiet(opened)[0])
    with chromium.Page(report, width=SHEET, dark=True) as opened:
        opened.send("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        opened.run("dispatchEvent(new Event('beforeprint'))")
        opened.run("document.querySelectorAll('details.table').forEach((d) => { d.open = true; })")
        opened.run("new Promise((done) => setTimeout(done, 500))")
        bench.equal("... light", opened.run("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)")
        wide = opened.run("""[...document.querySelectorAll('main *')].filter((e) => { const b = e.getBoundingClientRect(); return b.width > 0 && b.right > innerWidth + 1 && getComputedStyle(e).display !== 'none'; })
          .map((e) => e.tagName + '.' + (e.className.baseVal ?? e.className) + ' ' + Math.round(e.getBoundingClientRect().right)).slice(0, 5).join(', ')""")
        bench.row("... what is wider than the sheet, tables open", wide[:100] or "nothing", "", not wide)


def frames(page):
    """Milliseconds of a frame while the cursor moves over the time axis: median and p95."""
    box = page.box("svg.time")
    page.run("""(() => { window.times = []; let last = performance.now();
      const turn = (now) => { window.times.push(now - last); last = now; window.going && requestAnimationFrame(turn); };
      window.going = true; requestAnimationFrame(turn); })()""")
    for k in range(120):
        page.mouse("mouseMoved", box[0] + 70 + (box[2] - 90) * (k % 100) / 100, box[1] + box[3] / 2)
    times = sorted(page.run("(window.going = false, window.times.slice(2))"))
    return times[len(times) // 2], times[int(len(times) * 0.95)]


def multiply(source, folder, wanted):
    """A copy of a stored run with its requests repeated to so many, at other instants of the same steps."""
    shutil.copytree(source, folder)
    base = sqlite3.connect(folder / "run.sqlite")
    names = [row[1] for row in base.execute("PRAGMA table_info(requests)")]
    have, top = base.execute("SELECT count(*), max(sequence) FROM requests").fetchone()
    rest = ", ".join(n for n in names if n not in ("sequence", "scheduled_ns"))
    for k in range(1, wanted // have + 1):
        base.execute(f"INSERT INTO requests (sequence, scheduled_ns, {rest}) SELECT sequence + {k * (top + 1)}, scheduled_ns + {k * 1000}, {rest} FROM requests WHERE sequence <= {top}")
    base.commit()
    count = base.execute("SELECT count(*) FROM requests").fetchone()[0]
    base.close()
    return count


DEMO = """
name: page
targets: [{provider: simulated, scenario: {from: serverless, name: page, replicas: {min: 0, max: 1}, time_scale: 0.12}}]
workload: {prompts: {synthetic: {input_tokens: 64}}, max_tokens: 64}
phases:
  - ramp: {concurrency: [1, 4, 16, 32], hold: 2s, settle: 400ms, hold_max: 6s}
  - burst: {requests: 16, repeat: 2, idle: 3s, hold: 2s, baseline: {concurrency: 2, requests: 25}}
"""


def page(bench):
    """The page of a run with a ramp and two bursts, at both widths and in both colours; then with a million requests."""
    if not chromium.PROGRAM:
        raise RuntimeError("no Chromium is installed")
    outcome = bench.run(DEMO, seconds=120)
    report = outcome.folder / "report.html"
    for width, dark in [(1400, False), (1400, True), (390, False), (390, True)]:
        with chromium.Page(report, width=width, dark=dark, touch=width < 500) as opened:
            fits = opened.run("document.documentElement.scrollWidth") <= width
            bench.row(f"{width} px{', dark' if dark else ''}: quiet, no wider than the screen", str(len(opened.log)), "0 messages", quiet(opened)[0] and fits)
    with chromium.Page(report) as opened:
        for name, holds, value in controls(opened):
            bench.row(name, "" if holds else value[:60], "", bool(holds))
    paper(bench, report)
    for wanted, allowed in [(100_000, 1_000_000), (1_000_000, 2_000_000)]:
        folder = bench.folder / f"requests-{wanted}"
        count = multiply(outcome.folder, folder, wanted)
        began = time.monotonic()
        subprocess.run([bench.program, "report", "--html", folder], check=True, capture_output=True)
        seconds = time.monotonic() - began
        with chromium.Page(folder / "report.html") as opened:
            median, slow = frames(opened)
            bench.at_most(f"{count:,} requests: size of the page", (folder / "report.html").stat().st_size, allowed, "bytes")
            bench.at_most(f"{count:,} requests: time to write it", seconds, 10, "s")
            bench.at_most(f"{count:,} requests: time to open it", opened.opened, 2, "s")
            bench.at_most(f"{count:,} requests: frame while the cursor moves", median, 33, "ms")
            bench.at_most(f"{count:,} requests: the same, p95", slow, 100, "ms")
        shutil.rmtree(folder)


def live(bench):
    """The page while its run goes on: two viewers, foreign hosts and origins, the end of the run, and its death."""
    child = bench.start(DEMO, "--live")
    url = address(bench)
    refused = [("Host", "evil.example"), ("Origin", "http://evil.example"), ("Origin", "null")]
    for name, value in refused:
        bench.equal(f"{name}: {value}", ask(url, {name: value}), 403)
    bench.equal("POST", ask(url, {}, "POST"), 405)
    wait_until(lambda: ask(url, {}) == 200, 20)
    with chromium.Page(None, url=url) as first, chromium.Page(None, url=url) as second:
        before = first.run("JSON.parse(document.getElementById('page-data').textContent).charts.duration_s")
        first.wait(f"JSON.parse(document.getElementById('page-data').textContent).charts.duration_s > {before + 2}", 30)
        bench.row("the page follows the run", "", "", True)
        second.send("Page.reload")
        second.wait("document.documentElement?.dataset.ready === 'yes' && document.querySelector('.live') !== null", 10)
        after = second.run("JSON.parse(document.getElementById('page-data').textContent).charts.duration_s")
        second.wait(f"JSON.parse(document.getElementById('page-data').textContent).charts.duration_s > {after}", 30)
        bench.row("a reloaded page follows it, too", "", "", after >= before)
        offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        first.send("Network.emulateNetworkConditions", **offline)
        first.wait("/no connection|not updated/.test(document.querySelector('.live').textContent)", 10)
        first.send("Network.emulateNetworkConditions", **{**offline, "offline": False})
        lost = first.run("JSON.parse(document.getElementById('page-data').textContent).charts.duration_s")
        first.wait(f"JSON.parse(document.getElementById('page-data').textContent).charts.duration_s > {lost + 2}", 30)
        bench.row("a page that lost its connection follows it again", "", "", True)
        wait_until(lambda: [first.run("1"), second.run("1"), time.sleep(0.2)] and child.poll() is not None, 120)
        for viewer in [first, second]:
            viewer.wait("document.querySelector('.live').textContent.includes('has ended')", 10)
            bench.equal("at the end it is the report", viewer.run("document.querySelectorAll('.cards .card').length"), 2)
            bench.row("quiet", "; ".join(viewer.log)[:60], "", not [m for m in viewer.log if "ERR_" not in m])


def killed(bench):
    """A run that is killed leaves its viewers with the last state, and says so."""
    child = bench.start(DEMO, "--live")
    url = address(bench)
    wait_until(lambda: ask(url, {}) == 200, 20)
    with chromium.Page(None, url=url) as viewer:
        child.kill()
        child.wait()
        viewer.wait("document.querySelector('.live').textContent.includes('no connection')", 10)
        bench.row("a killed run: the last state stays", "", "", viewer.run("document.querySelectorAll('section').length") > 2)


def address(bench):
    wait_until(lambda: "live: http" in bench.said(), 20)
    return re.search(r"live: (http://\S+)", bench.said()).group(1)


def ask(url, headers, method="GET"):
    """The status of an answer."""
    request = urllib.request.Request(url, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
