"""spate itself: the whole product, on a terminal, with its recorder, its store and its live view."""

import json
import os
import sqlite3
import subprocess
import time

from .peers import told
from .processes import Failed, Process

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
INPUT_TOKENS = 200  # a prompt of about 1 KB


class Spate:
    def __init__(self, binary, work):
        self.binary = binary
        self.work = work

    @staticmethod
    def build():
        """Builds the release and gives its path."""
        command = ["swift", "build", "-c", "release", "--product", "spate"]
        subprocess.run(command, cwd=ROOT, check=True)
        folder = subprocess.run(command[:4] + ["--show-bin-path"], cwd=ROOT, check=True, capture_output=True, text=True)
        return os.path.join(folder.stdout.strip(), "spate")

    def version(self):
        result = subprocess.run([self.binary, "--version"], capture_output=True, text=True)
        return result.stdout.strip() or "?"

    def start(self, port, phase, tokens, terminal=True, arguments=(), warmup=0, origin=None, target="", core=None):
        """Starts `spate run` with one phase; gives the process, whose `folder` will hold the result.

        `tokens` may be a law, `target` holds further keys of the target.
        """
        name = f"run-{time.monotonic_ns()}"
        profile = os.path.join(self.work, name + ".yaml")
        with open(profile, "w") as file:
            file.write(
                f"name: bench\n"
                f"targets:\n"
                f"  - {{name: bench, url: {origin or f'http://127.0.0.1:{port}'}/v1, model: bench{target}}}\n"
                f"workload:\n"
                f"  prompts: {{synthetic: {{input_tokens: {INPUT_TOKENS}}}}}\n"
                f"  max_tokens: {tokens}\n"
                f"  ignore_eos: true\n"
                f"warmup: {{requests: {warmup}}}\n"
                f"phases:\n"
                f"  - {phase}\n"
                f"timeouts: {{connect: 60s, first_token: 120s, idle: 60s, total: 10m}}\n"
                f"limits: {{max_in_flight: 30000}}\n")
        folder = os.path.join(self.work, name)
        environment = dict(os.environ, TERM="xterm-256color", COLUMNS="120", LINES="40")
        process = Process(
            [self.binary, "run", profile, "--output", folder, "--yes", *arguments],
            terminal=terminal, environment=environment, core=core)
        process.folder = folder
        return process


class Result:
    """What a run left behind."""

    def __init__(self, process):
        self.folder = process.folder
        path = os.path.join(self.folder, "run.sqlite")
        if not os.path.exists(path):
            raise Failed(f"spate left no result (exit {process.status})\n{process.tail()}")
        self.database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.database.row_factory = sqlite3.Row

    def rows(self, sql, *values):
        return self.database.execute(sql, values).fetchall()

    def meta(self, key):
        found = self.rows("SELECT value FROM meta WHERE key = ?", key)
        return found[0][0] if found else None

    @property
    def t0(self):
        """CLOCK_MONOTONIC ns: the wall clock's reading at t0, less the offset noted first."""
        offset = self.rows("SELECT realtime_offset_ns FROM health ORDER BY at_ns LIMIT 1")
        if not offset:
            raise Failed("the run was too short for a health row")
        return int(self.meta("started_at_unix_ns")) - offset[0][0]

    def summary(self):
        with open(os.path.join(self.folder, "summary.json")) as file:
            return json.load(file)

    def verdict(self):
        validity = self.summary()["validity"]
        reasons = "; ".join(map(str, validity.get("reasons") or []))
        return validity["verdict"] + (f" ({reasons})" if reasons else "")

    def told(self):
        """What it tells of its one phase, as `peers.told` has it."""
        stats = self.summary()["targets"][0]["phases"][0]["stats"]
        ttft = stats["ttft_ms"]
        return told(ttft["p50"], ttft["p99"], stats["tpot_ms"]["p50"], stats["output_tokens_per_second"],
                    stats["requests"]["success"], stats["requests"]["failed"])

    def outcomes(self):
        return {row[0]: row[1] for row in self.rows("SELECT outcome, count(*) FROM requests GROUP BY outcome")}
