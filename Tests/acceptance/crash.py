"""Crash safety: kills, failing calls, full and vanished folders, torn logs, going on; held against the provider's journal.

    SPATE_CRASH_KILLS=200   runs that are killed
    SPATE_CRASH_FAULTS=16   how many places of each call fail, once and from there on; 0 = all of them
"""
import errno
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from pathlib import Path

from harness import Journal, is_alive, now_ns, stored_requests, wait_until

PROFILE = """
targets:
  - provider: simulated
    scenario: {from: slots16, slots: 32, prefill: {base: 20ms}, step: {base: 10ms}}
workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: %(tokens)s}
warmup: {requests: 0}
phases:
  - steady: {concurrency: %(concurrency)s, for: %(length)s, settle: 0s}
"""
LONG = PROFILE % {"tokens": 32, "concurrency": 32, "length": "5m"}
SHORT = PROFILE % {"tokens": 8, "concurrency": 8, "length": "1200ms"}
CALLS = ["write", "pwrite", "fsync", "fdatasync", "open", "rename"]
ERRORS = [errno.EIO, errno.ENOSPC, errno.EROFS]


def report(bench, folder):
    return subprocess.run(
        [bench.program, "report", folder, "--json"], capture_output=True, timeout=60, stdin=subprocess.DEVNULL
    )


class Held:
    """What a stored run says, held against the journal of its provider: what is missing, what is there without a cause."""

    def __init__(self, folder, shown, until):
        """- shown: what `report --json` says; - until: requests that ended later may be missing"""
        path = folder / "truth.jsonl"
        pid = Journal(path).pid if path.exists() else None
        self.orphan = pid is not None and not wait_until(lambda: not is_alive(pid), 6)
        journal = Journal(path) if path.exists() else None  # with its end
        # Killed before the run's first facts were in it: nothing was sent by then.
        rows = stored_requests(folder) if json.loads(shown)["run"]["id"] else []
        ids = [row["id"] for row in rows]
        self.stored, self.twice = len(ids), len(ids) - len(set(ids))
        completed = {} if not journal else {
            name: entry for name, entry in journal.requests.items() if entry["outcome"] == "completed"
        }
        ended_well = {row["id"] for row in rows if row["outcome"] in ("ok", "ok_length")}
        self.invented = len(ended_well - completed.keys())
        known, own = set(ids), json.loads(shown)["run"]["id"] + "-"
        lost = [until - entry["ended"] for name, entry in completed.items()
                if name.startswith(own) and entry["ended"] < until and name not in known]
        self.oldest_lost = max([0] + lost) / 1e9


def kill(bench):
    """SIGKILL at random instants, from the first on: what ended more than a second before it is stored, once."""
    times = int(os.environ.get("SPATE_CRASH_KILLS", "200"))
    generator = random.Random(20)
    folder = bench.folder / "run"
    seen = Counter()
    worst, most = 0.0, 0
    for number in range(times):
        shutil.rmtree(folder, ignore_errors=True)
        child = bench.start(LONG)
        if number % 10:  # each tenth from its first instant on
            if not wait_until((folder / "run.sqlite").exists, 20):
                raise RuntimeError(f"it did not start: {bench.said()}")
            time.sleep(generator.uniform(0, 3))
        else:
            time.sleep(generator.uniform(0, 0.5))
        killed = now_ns()
        child.kill()
        child.wait()
        if not (folder / "run.sqlite").exists():
            seen["before there was a store"] += 1
            continue
        shown = report(bench, folder)
        if shown.returncode != 0:
            seen["unreadable"] += 1
            print(f"kill {number}: exit {shown.returncode}: {shown.stderr.decode()[-300:]}", flush=True)
            continue
        seen["not marked"] += json.loads(shown.stdout)["run"]["complete"]
        held = Held(folder, shown.stdout, killed)
        seen["empty"] += not held.stored
        seen["stored twice"] += held.twice
        seen["invented"] += held.invented
        seen["orphans"] += held.orphan
        worst, most = max(worst, held.oldest_lost), max(most, held.stored)
    bench.row("kills, of them before there was a store or rows", f"{times}, {seen['before there was a store']}, {seen['empty']}", "")
    bench.equal("reports that cannot be rendered", seen["unreadable"], 0)
    bench.equal("reports not marked incomplete", seen["not marked"], 0)
    bench.at_most("age of the oldest lost request", worst, 1, "s")
    bench.equal("requests stored twice", seen["stored twice"], 0)
    bench.equal("answers stored that were not given", seen["invented"], 0)
    bench.row("requests stored, at most", f"{most}", "> 100", most > 100)
    bench.equal("providers left behind", seen["orphans"], 0)


# Calls that fail.


def library(bench):
    path = bench.folder / "faults.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-o", path, Path(__file__).with_name("faults.c")], check=True
    )
    return path


def failing(bench, shim, call, first, times, error):
    """One short run in which a call fails; gives it and when the first failure came."""
    folder, log = bench.folder / "run", bench.folder / "faults.log"
    shutil.rmtree(folder, ignore_errors=True)
    log.unlink(missing_ok=True)
    (bench.folder / "profile.yaml").write_text(SHORT)
    environment = os.environ | {
        "LD_PRELOAD": str(shim), "SPATE_FAULT_FOLDER": str(folder), "SPATE_FAULT_CALL": call,
        "SPATE_FAULT_FIRST": str(first), "SPATE_FAULT_TIMES": str(times), "SPATE_FAULT_ERRNO": str(error),
        "SPATE_FAULT_LOG": str(log),
    }
    try:
        ended = subprocess.run(
            [bench.program, "run", "profile.yaml", "-o", folder, "--quiet", "--no-preflight"], cwd=bench.folder,
            env=environment, capture_output=True, text=True, errors="replace", timeout=60, stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        ended = None
    lines = log.read_text().splitlines() if log.exists() else []
    counts = {line.split()[1]: int(line.split()[2]) for line in lines if line.startswith("count ")}
    failures = [line.split(maxsplit=3) for line in lines if not line.startswith("count ")]
    return ended, counts, failures


def faults(bench):
    """The n-th call under the run's folder fails, once or from there on, for each kind of call and each of three errors."""
    shim = library(bench)
    ended, counts, _ = failing(bench, shim, "write", 0, 0, 0)
    if ended is None or ended.returncode not in (0, 97):
        raise RuntimeError(f"without a fault: {ended}")
    wanted = int(os.environ.get("SPATE_CRASH_FAULTS", "16"))
    seen, runs = Counter(), Counter()
    worst = 0.0
    for call in CALLS:
        count = counts.get(call, 0)
        if not count:
            raise RuntimeError(f"the run makes no {call} under its folder: {counts}")
        places = range(1, count + 1)
        if wanted and count > wanted:  # the first half one by one, for the beginning differs most; the rest spread
            places = sorted({*range(1, wanted // 2 + 1), *(count - (count - wanted // 2) * i // (wanted - wanted // 2)
                                                          for i in range(wanted - wanted // 2))})
        for first in places:
            for times in (1, 1_000_000):
                error = ERRORS[(first + (times > 1)) % len(ERRORS)]
                ended, _, failures = failing(bench, shim, call, first, times, error)
                words = f"{call} {first}{'' if times == 1 else '+'} {errno.errorcode[error]}"
                try:
                    problems, lost = judge(bench, ended, failures)
                except sqlite3.Error as error:
                    problems, lost = [PROBLEMS[5]], 0
                    print(f"{words}: {error}", flush=True)
                runs["74" if ended and ended.returncode == 74 else "as ever"] += 1
                worst = max(worst, lost)
                for problem in problems:
                    seen[problem] += 1
                    where = failures[0][3] if failures else "no failure"
                    said = ended.stderr.strip()[-300:] if ended else ""
                    print(f"{words} ({where}): {problem}: exit {ended.returncode if ended else 'none'}: {said}", flush=True)
    bench.row("runs, of them with exit 74", f"{sum(runs.values())}, {runs['74']}", "both > 0",
              runs["74"] > 0 and runs["as ever"] > 0)
    for call in CALLS:
        bench.row(f"{call}: calls made by a run without a fault", counts[call], "")
    for problem in PROBLEMS:
        bench.equal(problem, seen[problem], 0)
    bench.at_most("age of the oldest request lost at a failure", worst, 1, "s")


PROBLEMS = [
    "not over after 60 s", "ended by a signal", "another exit code than 74, 0 and 97", "74 without a message",
    "went well without its result", "store that cannot be read", "stored twice or never given", "provider left behind",
    "unfinished files left",
]


def judge(bench, ended, failures):
    folder = bench.folder / "run"
    if ended is None:
        return [PROBLEMS[0]], 0
    problems = []
    if ended.returncode < 0:
        problems.append(PROBLEMS[1])
    elif ended.returncode not in (74, 0, 97):
        problems.append(PROBLEMS[2])
    if ended.returncode == 74 and not re.search(r"^error: .{10}", ended.stderr, re.M):
        problems.append(PROBLEMS[3])
    if ended.returncode in (0, 97):
        try:
            whole = json.loads((folder / "summary.json").read_text())["run"]["complete"]
            if not whole or not (folder / "report.html").exists():
                problems.append(PROBLEMS[4])
        except (OSError, ValueError):
            problems.append(PROBLEMS[4])
    if not (folder / "run.sqlite").exists():
        return problems, 0
    shown = report(bench, folder)
    if shown.returncode != 0:
        return problems + [PROBLEMS[5]], 0
    if [path.name for path in folder.iterdir() if path.name.endswith(".tmp")]:
        problems.append(PROBLEMS[8])
    held = Held(folder, shown.stdout, int(failures[0][2]) if failures else now_ns())
    if held.twice or held.invented:
        problems.append(PROBLEMS[6])
    if held.orphan:
        problems.append(PROBLEMS[7])
    return problems, held.oldest_lost


# What happens to the folder.


def folders(bench):
    """The folder is deleted or renamed amid a run, cannot be written, is too small; two runs want the same one."""
    for what in ("deleted", "renamed"):
        child = bench.start(LONG)
        folder = bench.folder / "run"
        if not wait_until(lambda: (folder / "run.sqlite").exists(), 20):
            raise RuntimeError(f"it did not start: {bench.said()}")
        time.sleep(1)
        moved = bench.folder / "moved"
        shutil.rmtree(moved, ignore_errors=True)
        folder.rename(moved)
        if what == "deleted":
            shutil.rmtree(moved)
        began = time.monotonic()
        status = bench.finish(child, 60).status
        bench.equal(f"{what} in mid-run: exit code", status, 74)
        bench.at_most(f"{what} in mid-run: told after", time.monotonic() - began, 5, "s")
        bench.equal(f"{what} in mid-run: the message names it", "deleted or moved" in bench.said(), True)
        if what == "renamed":
            shown = report(bench, moved)
            bench.equal("renamed in mid-run: what was measured is where it went", shown.returncode, 0)
    together(bench)
    unwritable(bench)


def together(bench):
    child = bench.start(LONG)
    folder = bench.folder / "run"
    if not wait_until(lambda: (folder / "run.sqlite").exists(), 20):
        raise RuntimeError(f"it did not start: {bench.said()}")
    for words in (["run", "profile.yaml", "-o", folder], ["run", "--resume", folder]):
        second = subprocess.run(
            [bench.program, *words, "--quiet"], cwd=bench.folder, capture_output=True, text=True, timeout=60,
            stdin=subprocess.DEVNULL,
        )
        bench.equal(f"{' '.join(map(str, words[:2]))} in the folder of a run: exit code", second.returncode, 104)
        told = "still writing" in second.stderr or "not empty" in second.stderr
        bench.equal("  the message says why", told, True)
    child.send_signal(signal.SIGINT)
    bench.equal("the run that was there goes on to its end", bench.finish(child, 60).status, 105)
    # A race for one folder, and runs that begin in the same second under one parent.
    (bench.folder / "short.yaml").write_text(SHORT)
    for words in (["-o", "raced"], ["--result-dir", "parent"]):
        children = [
            subprocess.Popen(
                [bench.program, "run", "short.yaml", *words, "--quiet", "--no-preflight"], cwd=bench.folder,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
            ) for _ in range(4)
        ]
        bench.children += children
        statuses = Counter("well" if c.wait(timeout=120) in (0, 97) else c.returncode for c in children)
        if words[0] == "-o":
            bench.equal("4 at once want one folder", dict(statuses), {"well": 1, 104: 3})
        else:
            made = [path for path in (bench.folder / "parent").iterdir() if not path.is_symlink()]
            bench.equal("4 at once under one parent: ended well, folders", (statuses["well"], len(made)), (4, 4))


def unwritable(bench):
    """Needs mounts of its own; as a user without that right it is left out and says so."""
    place = bench.folder / "mount"
    place.mkdir()
    script = f"""
        mount -t tmpfs -o size=$1 none {place} || exit 200
        [ "$2" = ro ] && mount -o remount,ro {place}
        exec {bench.program} run profile.yaml -o {place}/run --quiet --no-preflight
    """
    (bench.folder / "profile.yaml").write_text(PROFILE % {"tokens": 8, "concurrency": 32, "length": "20s"})
    for size, mode, what in (("10m", "ro", "read-only"), ("700k", "rw", "of 700 kB")):
        ended = subprocess.run(
            ["unshare", "--mount", "bash", "-c", script, "-", size, mode], cwd=bench.folder, capture_output=True,
            text=True, timeout=90, stdin=subprocess.DEVNULL,
        )
        if ended.returncode in (1, 200) and "spate" not in ended.stderr and "error:" not in ended.stderr:
            bench.row(f"skipped, no right to mount: a disk {what}", "", "")
            continue
        bench.equal(f"a disk {what}: exit code", ended.returncode, 74)
        word = "Read-only" if mode == "ro" else "full"
        bench.equal("  the message says why", word in ended.stderr, True)


def torn(bench):
    """The -wal of a killed run, cut at each 512 bytes of its last 48 KiB: it reads, with no more than before."""
    child = bench.start(LONG)
    folder = bench.folder / "run"
    if not wait_until(lambda: (folder / "run.sqlite").exists(), 20):
        raise RuntimeError(f"it did not start: {bench.said()}")
    time.sleep(4)
    child.kill()
    child.wait()
    log = (folder / "run.sqlite-wal").read_bytes()
    seen, counts = Counter(), []
    copy = bench.folder / "copy"
    for cut in range(len(log), max(0, len(log) - 48 * 1024), -512):
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        shutil.copy(folder / "run.sqlite", copy)
        shutil.copy(folder / "truth.jsonl", copy)
        (copy / "run.sqlite-wal").write_bytes(log[:cut])
        shown = report(bench, copy)
        if shown.returncode < 0:
            seen["crashed"] += 1
        elif shown.returncode != 0:
            seen["refused"] += 1
            seen["refused without a word"] += b"error: " not in shown.stderr
        else:
            held = Held(copy, shown.stdout, 0)
            seen["wrong"] += held.twice + held.invented
            counts.append(held.stored)
    bench.row("cuts, read, requests in the whole and the shortest",
              f"{len(counts) + seen['refused']}, {len(counts)}, {counts[0] if counts else 0}, {counts[-1] if counts else 0}",
              "read > 0", bool(counts))
    bench.equal("requests never more with a shorter log", counts == sorted(counts, reverse=True), True)
    bench.equal("less is there in the end", len(set(counts)) > 1, True)
    for problem in ("crashed", "refused without a word", "wrong"):
        bench.equal(problem, seen[problem], 0)


# Going on.

PHASES = {
    "soak": "steady: {concurrency: 8, for: 12s, settle: 1s}",
    "rate": "rate: {rps: 40, arrivals: poisson, for: 12s}",
    "replay": "replay: {trace: trace.jsonl, format: jsonl}",
    "ramp": "ramp: {concurrency: [1, 2, 4], hold: 4s, settle: 1s, min_requests: 3}",
    "burst": "burst: {requests: 8, repeat: 3, idle: 2s, hold: 1s, baseline: {concurrency: 1, requests: 5}}",
}


def resumed(bench):
    """Each kind of load is killed twice and goes on: the plan is measured once, the time away is in no figure."""
    generator = random.Random(7)
    (bench.folder / "trace.jsonl").write_text(
        "".join(json.dumps({"at_ms": 25 * i, "input_tokens": 16, "output_tokens": 8}) + "\n" for i in range(480))
    )
    for kind, phase in PHASES.items():
        for signal_number in (signal.SIGKILL, signal.SIGINT):
            through(bench, kind, phase, signal_number, generator)


def through(bench, kind, phase, signal_number, generator):
    folder = bench.folder / "run"
    shutil.rmtree(folder, ignore_errors=True)
    profile = PROFILE[: PROFILE.index("phases:")] % {"tokens": 8} + f"phases:\n  - {phase}\n"
    began = time.monotonic()
    child = bench.start(profile, "--no-preflight")
    away = 0.0
    for again in range(2):
        journal = folder / ("truth.jsonl" if again == 0 else f"truth-resumed-{again}.jsonl")
        if not wait_until(journal.exists, 20):
            raise RuntimeError(f"{kind}: it did not start: {bench.said()}")
        time.sleep(generator.uniform(3, 4.5))
        child.send_signal(signal_number)
        child.wait()
        stopped = time.monotonic()
        time.sleep(2)
        away += time.monotonic() - stopped
        child = bench.popen("run", "--resume", str(folder), "--quiet", "--no-preflight")
    outcome = bench.finish(child, 120)
    name = f"{kind}, {signal.Signals(signal_number).name}"
    bench.row(f"{name}: exit code", outcome.status, "0 or 97", outcome.status in (0, 97))
    phase = outcome.target["phases"][0]
    resumes = [incident for incident in phase["incidents"] if incident["kind"] == "resume"]
    bench.equal(f"{name}: told", len(resumes), 2)
    rows = outcome.requests()
    given = {}
    for path in folder.glob("truth*.jsonl"):
        given |= Journal(path).requests
    unknown = [row for row in rows if row["outcome"] in ("ok", "ok_length") and row["id"] not in given]
    bench.equal(f"{name}: answers that no journal knows", len(unknown), 0)
    measured = [row for row in rows if row["measured"]]
    if kind in ("rate", "replay"):
        due = [row["scheduled_ns"] for row in measured]
        step = phase["steps"][0]["stats"]["requests"]["scheduled"]
        planned = 480 if kind == "replay" else plan_of(bench)
        bench.equal(f"{name}: arrivals measured, instants", (step, len({*due})), (planned, planned))
    elif kind == "soak":
        bench.row(f"{name}: measured time", f"{phase['steps'][0]['window_s']:.2f} s", "10.4 to 11 s",  # whole bins of three stretches
                  10.4 <= phase["steps"][0]["window_s"] <= 11.01)
        busy = phase["steps"][0]["mean_in_flight"]
        bench.row(f"{name}: mean in flight", f"{busy:.2f}", "8 +- 0.4", abs(busy - 8) <= 0.4)
    elif kind == "ramp":
        levels = [(step["concurrency"], step["window_s"] >= 2.9) for step in phase["steps"]]
        bench.equal(f"{name}: levels, each whole", levels, [(1, True), (2, True), (4, True)])
    else:
        whole = [(cycle["index"], cycle["requests"], bool(cycle.get("control"))) for cycle in phase["bursts"]]
        bench.equal(f"{name}: bursts, each with its control", whole, [(i, 8, True) for i in range(3)])
    length = outcome.summary["run"]["duration_s"]
    lasted = time.monotonic() - began
    bench.row(f"{name}: its length, without {away:.1f} s away", f"{length:.1f} s", f"<= {lasted - away:.1f} s",
              length <= lasted - away)


def plan_of(bench):
    """How many arrivals the profile's rate has: those of a run that nobody stops."""
    whole = bench.folder / "whole"
    if not whole.exists():
        subprocess.run(
            [bench.program, "run", "profile.yaml", "-o", whole, "--quiet", "--no-preflight"], cwd=bench.folder,
            capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
        )
    return json.loads((whole / "summary.json").read_text())["targets"][0]["phases"][0]["steps"][0]["stats"]["requests"]["scheduled"]
