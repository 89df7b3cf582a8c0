"""The queries of the documentation on a run of ours, by sqlite3 and by pandas: the same rows."""
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

from page import DEMO

PAGE = Path(__file__).parents[2] / "Sources/spate/Spate.docc/ReadingByMachine.md"
READ = """
import json, sqlite3, sys
import pandas
base = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
frames = [pandas.read_sql_query(query, base) for query in json.load(sys.stdin)]
print(json.dumps([{"columns": list(f.columns), "rows": json.loads(f.to_json(orient="values", double_precision=15))} for f in frames]))
"""


def queries(bench):
    folder = bench.run(DEMO, seconds=120).folder
    asked = [part.split("```")[0] for part in PAGE.read_text().split("```sql\n")[1:]]
    bench.row("queries in the documentation", f"{len(asked)}", ">= 5", len(asked) >= 5)
    base = sqlite3.connect(f"file:{folder / 'run.sqlite'}?mode=ro", uri=True)
    by_sqlite = []
    for query in asked:
        cursor = base.execute(query)
        by_sqlite.append({"columns": [d[0] for d in cursor.description], "rows": [list(row) for row in cursor]})
    # pandas is on no machine of ours by itself; a folder of its own takes it.
    home = bench.folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", home], check=True, capture_output=True)
    subprocess.run([home / "bin/pip", "install", "-q", "pandas"], check=True, capture_output=True, timeout=300)
    done = subprocess.run([home / "bin/python", "-c", READ, folder / "run.sqlite"], input=json.dumps(asked), text=True, capture_output=True, check=True)
    by_pandas = json.loads(done.stdout)
    for number, (one, other) in enumerate(zip(by_sqlite, by_pandas), 1):
        same = one["columns"] == other["columns"] and len(one["rows"]) == len(other["rows"]) and all(
            a == b or isinstance(a, float) and abs(a - b) < 1e-9 * max(1, abs(a)) for x, y in zip(one["rows"], other["rows"]) for a, b in zip(x, y)
        )
        bench.row(f"query {number}: pandas reads what sqlite3 does", f"{len(other['rows'])} rows", "the same", same)
    # The p95 that a reader computes is the one that spate shows.
    step = json.loads((folder / "summary.json").read_text())["targets"][0]["phases"]
    ramp = next(phase for phase in step if phase["kind"] == "ramp")
    top = ramp["steps"][-1]
    told = base.execute(
        "WITH r AS (SELECT ttft_ms, row_number() OVER (ORDER BY ttft_ms) AS k, count(*) OVER () AS n FROM request_ms WHERE measured "
        "AND phase_kind = 'ramp' AND concurrency = ? AND outcome IN ('ok', 'ok_length')) SELECT ttft_ms FROM r WHERE k = (n * 95 + 99) / 100",
        (top["concurrency"],),
    ).fetchone()[0]
    bench.row("p95 by SQL and in summary.json", f"{told:.6f} ms", f"= {top['stats']['ttft_ms']['p95']:.6f}", abs(told - top["stats"]["ttft_ms"]["p95"]) < 1e-6)
