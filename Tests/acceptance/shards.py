"""A run over several machines: four network namespaces, four Slurm tasks. Counts against one run's and against the server's."""
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

from harness import Journal, wait_until

FOLDER = Path(__file__).resolve().parents[2] / "Profiles/cluster/slurm"
SHARDS = 4
PROFILE = """
workload: {prompts: {synthetic: {input_tokens: 20}, calibrate: false}, max_tokens: 8}
warmup: {requests: 3}
phases:
  - batch: {requests: 203, concurrency: 10}
  - rate: {rps: 80, requests: 161, arrivals: poisson}
  - rate: {rps: 60, for: 2s, arrivals: poisson}
  - replay: {trace: trace.csv, format: azure}
  - ramp: {concurrency: [4, 10], hold: 2s, settle: 300ms, min_requests: 4}
  - burst: {requests: 62, repeat: 2, idle: 1s, hold: 0s, baseline: {concurrency: 4, requests: 25}, control: true}
"""
COUNTS = """SELECT p.name, s.kind, coalesce(s.burst, -1), count(*), sum(r.measured), count(DISTINCT r.item), count(DISTINCT r.rank)
  FROM requests r JOIN steps s ON s.id = r.step JOIN phases p ON p.id = s.phase GROUP BY p.id, s.id ORDER BY s.id"""


def write_inputs(bench):
    rows = ["TIMESTAMP,ContextTokens,GeneratedTokens"]
    rows += [f"2023-11-16 18:15:{index // 20:02d}.{index % 20 * 5:02d}00000,{10 + index % 7},{3 + index % 5}" for index in range(90)]
    (bench.folder / "trace.csv").write_text("\n".join(rows) + "\n")
    (bench.folder / "p.yaml").write_text(PROFILE)


def serve(bench, name, host="127.0.0.1", scenario=None, prefix=()):
    """A simulated provider of its own; gives its URL and where its journal lies."""
    truth, log = bench.folder / f"{name}.jsonl", bench.folder / f"{name}.txt"
    words = ["simulate", "--host", host, "--port", "0", "--truth", str(truth)]
    if scenario:
        (bench.folder / f"{name}.yaml").write_text(scenario)
        words += ["--scenario", str(bench.folder / f"{name}.yaml")]
    child = subprocess.Popen([*prefix, str(bench.program), *words], stdout=open(log, "wb"), stderr=subprocess.STDOUT)
    bench.children.append(child)
    if not wait_until(lambda: b"listening on" in log.read_bytes(), 20):
        raise RuntimeError(log.read_text())
    return log.read_text().split("listening on ")[1].split()[0], truth, child


def shard(bench, k, *flags, prefix=(), profile="p.yaml", where="shards", count=SHARDS):
    (bench.folder / where).mkdir(exist_ok=True)
    child = subprocess.Popen(
        [*prefix, str(bench.program), "run", profile, "--model", "simulated", "--quiet", "--yes", "--shard", f"{k}/{count}",
         "-o", f"{where}/{k}", *flags],
        cwd=bench.folder, stdin=subprocess.DEVNULL,
        stdout=open(bench.folder / f"{where}-{k}.out", "wb"), stderr=open(bench.folder / f"{where}-{k}.err", "wb"),
    )
    bench.children.append(child)
    return child


def merge(bench, *flags, where="shards", into="whole"):
    folders = sorted(str(path) for path in (bench.folder / where).iterdir() if path.name.isdigit())
    done = subprocess.run(
        [str(bench.program), "merge", *folders, "-o", into, *flags], cwd=bench.folder, capture_output=True, text=True, timeout=300
    )
    summary = bench.folder / into / "summary.json"
    return done, json.loads(summary.read_text()) if summary.exists() else None


def rows(folder, query):
    base = sqlite3.connect(f"file:{folder / 'run.sqlite'}?mode=ro", uri=True)
    try:
        return base.execute(query).fetchall()
    finally:
        base.close()


def same_counts(bench, url):
    """Batch, rate by count, replay and edges: the merged whole has what one run of the same seed has."""
    alone = subprocess.run(
        [str(bench.program), "run", "p.yaml", "--url", url, "--model", "simulated", "--quiet", "--yes", "-o", "one"],
        cwd=bench.folder, capture_output=True, text=True, timeout=300,
    )
    bench.row("the run of one machine ends", f"{alone.returncode}", "0 or 97", alone.returncode in (0, 97))
    whole, one = rows(bench.folder / "whole", COUNTS), rows(bench.folder / "one", COUNTS)
    for ours, theirs in zip(whole, one):
        if ours[1] != "level":  # what a level sends, answers decide
            bench.equal("counts of " + " ".join(map(str, ours[:3])), ours[3:], theirs[3:])
    bench.equal("steps with requests", len(whole), len(one))
    due = """SELECT s.id, r.scheduled_ns - min(r.scheduled_ns) OVER (PARTITION BY s.id) FROM requests r JOIN steps s ON s.id = r.step JOIN phases p ON p.id = s.phase
      WHERE p.kind = 'rate' AND s.kind = 'arrivals' AND r.attempt = 0 ORDER BY s.id, r.scheduled_ns"""
    ours, theirs = rows(bench.folder / "whole", due), rows(bench.folder / "one", due)
    apart = max(abs(a[1] - b[1]) for a, b in zip(ours, theirs)) / 1e6 if len(ours) == len(theirs) else None
    bench.row(
        "arrivals due at the one run's instants", f"{len(ours)}, {apart if apart is None else round(apart, 3)} ms apart",
        f"{len(theirs)}, < 20 ms", apart is not None and apart < 20,
    )
    shares = [[row[0] for row in rows(bench.folder / f"shards/{k}", "SELECT concurrency FROM steps WHERE kind = 'level' ORDER BY id")] for k in range(SHARDS)]
    bench.equal("streams of the levels, by shard", shares, [[1, 3], [1, 3], [1, 2], [1, 2]])


def nearest(values, ten_thousandths):
    return sorted(values)[-(-len(values) * ten_thousandths // 10_000) - 1]


def cells(code):
    """What a stored histogram counts by cell. Its numbers are LEB128: negative, overflow, sum, least, greatest, then pairs of the
    distance to the next cell that counts and what it counts."""
    numbers, at = [], 0
    while at < len(code):
        value = shift = 0
        while True:
            value |= (code[at] & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if code[at - 1] < 0x80:
                break
        numbers.append(value)
    counts, cell = {}, 0
    for gap, count in zip(numbers[5::2], numbers[6::2]):
        cell += gap
        counts[cell] = count
    return counts


def middle(cell):
    """Of a cell's values, nanoseconds: 128 cells an octave above 256."""
    if cell < 256:
        return cell
    shift = (cell >> 7) - 1
    return ((cell - (shift << 7)) << shift) + ((1 << shift) - 1) // 2


def figures(bench, parts, summary):
    """The merged result's figures, computed here from the shards' rows: counts, percentiles by nearest rank, cells of histograms."""
    names = [row[0] for row in rows(parts[0], "SELECT name FROM phases WHERE kind NOT IN ('warmup', 'idle') ORDER BY id")]
    told = [phase for phase in summary["targets"][0]["phases"] if phase["kind"] != "idle"]
    bench.equal("phases", [phase["name"] for phase in told], names)
    differing = compared = 0
    for phase in told:
        where = f"FROM requests r JOIN steps s ON s.id = r.step JOIN phases p ON p.id = s.phase WHERE p.name = '{phase['name']}' AND s.kind <> 'warmup'"
        union = [row for part in parts for row in rows(part, f"SELECT outcome, first_token_ns, dispatch_lag_ns, last_token_ns, output_tokens {where}")]
        ok = [row for row in union if row[0] in ("ok", "ok_length")]
        stats = phase["stats"]
        facts = {
            "scheduled": (stats["requests"]["scheduled"], len(union)), "success": (stats["requests"]["success"], len(ok)),
            "tokens": (stats["output_tokens"], sum(row[4] or 0 for row in union)),
        }
        for key, values in (
            ("ttft_ms", [row[1] for row in ok if row[1] is not None]),
            ("ttft_scheduled_ms", [row[1] + row[2] for row in ok if row[1] is not None]),
            ("e2e_ms", [row[3] for row in ok if row[3] is not None]),
        ):
            facts[f"{key}.count"] = (stats[key]["count"], len(values))
            for name, rank in (("p50", 5000), ("p95", 9500), ("p99", 9900)):
                facts[f"{key}.{name}"] = (round(stats[key][name] * 1e6), nearest(values, rank))
        counts = {}
        step = f"SELECT s.id FROM steps s JOIN phases p ON p.id = s.phase WHERE p.name = '{phase['name']}' AND s.kind <> 'warmup'"
        for part in parts:
            for (code,) in rows(part, f"SELECT cells FROM histograms WHERE metric = 'itl' AND step IN ({step})"):
                for cell, count in cells(code).items():
                    counts[cell] = counts.get(cell, 0) + count
        gaps = sorted(middle(cell) for cell, count in counts.items() for _ in range(count))
        facts["itl.count"] = (stats["itl_ms"]["count"], len(gaps))
        for name, rank in (("p50", 5000), ("p95", 9500)):
            facts[f"itl.{name}"] = (round(stats["itl_ms"][name] * 1e6), nearest(gaps, rank))
        for name, (ours, theirs) in facts.items():
            compared += 1
            if ours != theirs:
                differing += 1
                bench.equal(f"{phase['name']}: {name}", ours, theirs)
    bench.equal(f"figures of {len(told)} phases that differ from those of the rows, of {compared}", differing, 0)


def unions(bench, summary):
    """Every figure is of the union: rows, and histograms cell by cell as SQLite has them."""
    parts = [bench.folder / "shards" / str(k) for k in range(SHARDS)]
    query = "SELECT sequence, attempt, step, item, rank, scheduled_ns, first_token_ns, outcome, output_tokens FROM requests"
    union = sorted(row for part in parts for row in rows(part, query))
    bench.equal("rows are the union", sorted(rows(bench.folder / "whole", query)) == union, True)
    bench.equal("numbers that two shards gave", len(union) - len({row[:2] for row in union}), 0)
    query = "SELECT step, second, metric, count, min_ns, max_ns, cells FROM histograms"
    union = sorted(row for part in parts for row in rows(part, query))
    bench.equal("histograms are the union, bytes of all cells", sorted(rows(bench.folder / "whole", query)) == union, True)
    hashes = {rows(part, "SELECT value FROM meta WHERE key = 'schedule_sha256'")[0][0] for part in [*parts, bench.folder / "one"]}
    bench.equal("hashes of the plan", len(hashes), 1)
    figures(bench, parts, summary)


def edges(bench, summary, journal):
    """What the result states against the kernel's instants of sending and the server's of receiving."""
    run = dict(rows(bench.folder / "whole", "SELECT key, value FROM meta"))
    phase = next(p for p in summary["targets"][0]["phases"] if p["kind"] == "burst")
    for burst in phase["bursts"]:
        wave = rows(
            bench.folder / "whole",
            f"""SELECT sequence, loop / 100000, scheduled_ns + dispatch_lag_ns + written_ns FROM requests r JOIN steps s
                ON s.id = r.step WHERE s.kind = 'edge' AND s.burst = {burst['index']} AND rank IS NOT NULL""",
        )
        sent, received = {}, {}
        for sequence, place, instant in wave:
            sent[place] = min(sent.get(place, instant), instant)
            entry = journal.requests[f"{run['id']}-{sequence}"]
            received[place] = min(received.get(place, entry["received"]), entry["received"])
        ours = (max(sent.values()) - min(sent.values())) / 1e6
        theirs = (max(received.values()) - min(received.values())) / 1e6
        bench.equal(f"edge {burst['index']}: shards in it", len(sent), SHARDS)
        bench.row(f"edge {burst['index']}: skew stated", f"{burst['shard_skew_ms']:.3f} ms", f"= {ours:.3f} ms", abs(burst["shard_skew_ms"] - ours) < 1e-6)
        bench.row(f"edge {burst['index']}: skew at the server", f"{theirs:.3f} ms", f"{ours:.3f} +- 5 ms", abs(theirs - ours) < 5)


def namespaces(bench):
    """Four shards, each in a network namespace of its own, one server, one rendezvous."""
    write_inputs(bench)
    tag = f"sp{os.getpid() % 10000}"

    def ip(*words):
        subprocess.run(["ip", *words], check=True, capture_output=True, text=True)

    ip("link", "add", f"{tag}br", "type", "bridge")
    try:
        ip("addr", "add", "10.213.7.1/24", "dev", f"{tag}br")
        ip("link", "set", f"{tag}br", "up")
        for k in range(SHARDS):
            ip("netns", "add", f"{tag}n{k}")
            ip("link", "add", f"{tag}v{k}", "type", "veth", "peer", "name", "eth0", "netns", f"{tag}n{k}")
            ip("link", "set", f"{tag}v{k}", "master", f"{tag}br", "up")
            ip("-n", f"{tag}n{k}", "addr", "add", f"10.213.7.{10 + k}/24", "dev", "eth0")
            ip("-n", f"{tag}n{k}", "link", "set", "eth0", "up")
            ip("-n", f"{tag}n{k}", "link", "set", "lo", "up")
        url, truth, server = serve(bench, "server", host="10.213.7.1")
        children = [
            shard(bench, k, "--url", url, "--rendezvous", "10.213.7.10:7070", prefix=("ip", "netns", "exec", f"{tag}n{k}"))
            for k in range(SHARDS)
        ]
        statuses = [child.wait(timeout=240) for child in children]
        bench.row("shards end", f"{statuses}", "0 or 97", all(status in (0, 97) for status in statuses))
        done, summary = merge(bench)
        bench.row("merge", f"{done.returncode}", "0 or 97", done.returncode in (0, 97))
        same_counts(bench, url)
        unions(bench, summary)
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=20)
        edges(bench, summary, Journal(truth))
        states = [s["clock"]["offset_before_bound_ms"] for s in summary["shards"]["shards"]]
        bench.row("offsets known to", f"{max(states):.3f} ms", "< 5 ms", max(states) < 5)
    finally:
        for k in range(SHARDS):
            subprocess.run(["ip", "netns", "del", f"{tag}n{k}"], capture_output=True)
        subprocess.run(["ip", "link", "del", f"{tag}br"], capture_output=True)


def caps(bench):
    """Caps on requests over four shards, under retries and SIGKILL of one: the server never sees more."""
    cap = 150
    (bench.folder / "p.yaml").write_text(
        "workload: {prompts: {synthetic: {input_tokens: 20}, calibrate: false}, max_tokens: 20}\nwarmup: {requests: 0}\n"
        "retries: 3\nphases:\n  - steady: {concurrency: 16, for: 20s, settle: 0s}\n"
    )
    scenario = "from: steady\nfailures: {server_error: 0.3}\n"
    url, truth, server = serve(bench, "server", scenario=scenario)
    children = [
        shard(bench, k, "--url", url, "--rendezvous", "127.0.0.1:17071", "--max-requests", str(cap), "--no-preflight")
        for k in range(SHARDS)
    ]
    if wait_until(lambda: truth.exists() and len(Journal(truth).requests) > 20, 30):
        children[2].kill()
    for child in children:
        child.wait(timeout=120)
    server.send_signal(signal.SIGTERM)
    server.wait(timeout=20)
    seen = [entry for entry in Journal(truth).requests.values()]
    bench.row("requests that the server saw", f"{len(seen)}", f"112 .. {cap}", 112 <= len(seen) <= cap)
    done, _ = merge(bench)
    bench.equal("a killed shard is refused", done.returncode, 104)
    bench.row("and named", done.stderr.strip()[-60:], "shard 2 ...", "2 (" in done.stderr and "missing" in done.stderr)
    done, summary = merge(bench, "--allow-missing", into="part")
    bench.equal("what is missing", summary["shards"]["missing"], [2])
    bench.equal("of what part", summary["shards"]["part_of_load"], "3/4")
    bench.row("levels say so", "", "(of 3/4 ...)", "3/4 of the load" in done.stdout)


def slurm(bench):
    """Four nodes of a real Slurm: a step with a rendezvous, an array without one, a node that dies."""
    if not shutil.which("slurmd"):
        raise RuntimeError("slurmd is not installed: apt-get install slurmd slurmctld slurm-client munge")
    start = os.environ.get("SPATE_SLURM")
    if not start:
        raise RuntimeError("SPATE_SLURM names a folder with start.sh and stop.sh of a Slurm of four nodes")
    write_inputs(bench)
    mini = Path(f"/tmp/spate-slurm-{os.getpid()}")  # munge wants a way to its socket that all may go
    environment = {**os.environ, "SLURM_MINI": str(mini), "SLURM_CONF": str(mini / "slurm.conf"), "SPATE": str(bench.program),
                   "SPATE_RENDEZVOUS_HOST": "127.0.0.1"}
    subprocess.run([f"{start}/start.sh", "4", "4"], env=environment, check=True, capture_output=True)
    try:
        url, truth, server = serve(bench, "server")
        flags = ["--url", url, "--model", "simulated"]

        def sbatch(*words):
            return subprocess.run(["sbatch", "--wait", *words], cwd=bench.folder, env=environment, capture_output=True, text=True, timeout=300)

        done = sbatch("-N4", "-o", "step.txt", str(FOLDER / "step.sbatch"), str(bench.folder / "p.yaml"), str(bench.folder / "whole"), *flags)
        bench.row("step and merge", f"{done.returncode}", "0 or 97", done.returncode in (0, 97))
        (bench.folder / "whole.shards").rename(bench.folder / "shards")
        summary = json.loads((bench.folder / "whole/summary.json").read_text())
        nodes = [s["origin"] for s in summary["shards"]["shards"]]
        bench.row("found by", nodes[3][:40], "SLURM_PROCID=3", nodes[3].startswith("SLURM_PROCID=3 of 4"))
        same_counts(bench, url)
        unions(bench, summary)
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=20)
        edges(bench, summary, Journal(truth))

        url, truth, server = serve(bench, "second")
        flags = ["--url", url, "--model", "simulated"]
        submitted = subprocess.run(
            [str(FOLDER / "submit-array"), "4", str(bench.folder / "p.yaml"), str(bench.folder / "array"), *flags],
            cwd=bench.folder, env={**environment, "LEAD": "10"}, capture_output=True, text=True, timeout=60,
        )
        bench.equal("array submitted", submitted.returncode, 0)
        wait_until(lambda: (bench.folder / "array/summary.json").exists(), 120)
        ours, theirs = ([row[3] for row in rows(bench.folder / name, COUNTS) if row[1] != "level"] for name in ("array", "one"))
        bench.equal("counts of the array", ours, theirs)

        before = len(Journal(truth).requests)
        (bench.folder / "long.yaml").write_text(
            "workload: {prompts: {synthetic: {input_tokens: 20}, calibrate: false}, max_tokens: 20}\nwarmup: {requests: 0}\n"
            "phases:\n  - steady: {concurrency: 8, for: 20s, settle: 1s}\n"
        )
        child = subprocess.Popen(
            ["sbatch", "--wait", "-N4", "-o", "dead.txt", str(FOLDER / "step.sbatch"), str(bench.folder / "long.yaml"),
             str(bench.folder / "dead"), *flags],
            cwd=bench.folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        bench.children.append(child)
        wait_until(lambda: len(Journal(truth).requests) > before + 100, 90)
        kill_node(mini, "n3", str(bench.folder / "dead.shards/2"))
        child.wait(timeout=200)
        text = (bench.folder / "dead.txt").read_text()
        bench.equal("the merge after a node's death", child.returncode, 104)
        bench.row("names the shard", text.strip().splitlines()[-1][-60:], "shard 2 ...", "shard 2 (" in text and "missing" in text)
    finally:
        subprocess.run([f"{start}/stop.sh"], env=environment, capture_output=True)
        shutil.rmtree(mini, ignore_errors=True)


def kill_node(mini, node, output):
    """Its daemon, the step's and the task: what is left of a node that lost power. Found by pid file and by its own words."""
    victims = [int((mini / f"pid/slurmd-{node}.pid").read_text())]
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if output.encode() in words:
            victims.append(int(entry.name))
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if b"slurmstepd" in Path(f"/proc/{parent}/cmdline").read_bytes():
                victims.append(parent)
    for pid in victims:
        os.kill(pid, signal.SIGKILL)


def hundred(bench):
    """100 shards of 100,000 requests each: the merge's memory does not grow with them."""
    requests = int(os.environ.get("SPATE_MERGE_REQUESTS", "100000"))
    write_inputs(bench)
    (bench.folder / "p.yaml").write_text(
        "workload: {prompts: {synthetic: {input_tokens: 20}, calibrate: false}, max_tokens: 4}\nwarmup: {requests: 0}\n"
        "phases:\n  - batch: {requests: 200, concurrency: 100}\n"
    )
    url, _, _ = serve(bench, "server")
    children = [
        shard(bench, k, "--url", url, "--rendezvous", "127.0.0.1:17072", "--set", "output.html=false", count=2, where="seed")
        for k in range(2)
    ]
    for child in children:
        child.wait(timeout=120)
    seed = bench.folder / "seed/0"
    (bench.folder / "shards").mkdir()
    for k in range(100):
        folder = bench.folder / "shards" / str(k)
        shutil.copytree(seed, folder)
        base = sqlite3.connect(folder / "run.sqlite")
        base.execute("UPDATE shards SET shard = ?, shard_count = 100", (k,))
        columns = [row[1] for row in base.execute("PRAGMA table_info(requests)")]
        values = [{"sequence": f"{k} + 100 * n", "item": f"{k} + 100 * n"}.get(c, c) for c in columns]
        base.execute("CREATE TEMP TABLE one AS SELECT * FROM requests LIMIT 1")
        base.execute("DELETE FROM requests")
        base.execute(
            f"""WITH RECURSIVE count(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM count WHERE n < {requests - 1})
                INSERT INTO requests SELECT {', '.join(values)} FROM one, count"""
        )
        base.commit()
        base.close()
    began = time.monotonic()
    folders = [str(bench.folder / "shards" / str(k)) for k in range(100)]
    child = subprocess.Popen([str(bench.program), "merge", *folders, "-o", str(bench.folder / "whole"), "--quiet"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    elapsed = time.monotonic() - began
    code = os.waitstatus_to_exitcode(status)
    bench.row("exit", f"{code}", "0 or 97", code in (0, 97))  # the same request over and over is no valid load
    bench.equal("requests", rows(bench.folder / "whole", "SELECT count(*) FROM requests")[0][0], 100 * requests)
    bench.row("memory at most", f"{usage.ru_maxrss / 1024:.0f} MB", "<= 500 MB", usage.ru_maxrss / 1024 <= 500)
    summary = json.loads((bench.folder / "whole/summary.json").read_text())
    told = summary["targets"][0]["phases"][0]["stats"]
    bench.equal("requests in the summary", told["requests"]["scheduled"], 100 * requests)
    one = rows(seed, "SELECT first_token_ns, last_token_ns FROM requests LIMIT 1")[0]
    for key, truth in (("ttft_ms", one[0] / 1e6), ("e2e_ms", one[1] / 1e6)):
        bench.row(f"{key} p50", f"{told[key]['p50']:.4f}", f"{truth:.4f} +- 0.4 %", abs(told[key]["p50"] / truth - 1) <= 1 / 256)
    bench.row("time", f"{elapsed:.0f} s", "")
