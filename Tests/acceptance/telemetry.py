"""The run's own metrics, scraped by Debian's Prometheus (apt install prometheus): its figures are the summary's."""
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request

PROFILE = """name: telemetry
targets:
  - {name: a, provider: simulated, scenario: {from: steady, failures: {server_error: 0.1}}}
  - {name: 'b "two"', provider: simulated, scenario: {from: slots16, slots: 4}}
workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: 16}
phases:
  - ramp: {concurrency: [2, 8], hold: 4s, settle: 500ms, min_requests: 1}
  - steady: {concurrency: 4, for: 5s, settle: 500ms}
"""
OUTCOME_KEYS = ("ok", "ok_length", "http_5xx")


def scrape(bench):
    program = os.environ.get("SPATE_PROMETHEUS") or shutil.which("prometheus")
    if not program:
        bench.row("skipped: no prometheus here (apt install prometheus)", "", "")
        return
    events = bench.folder / "events.jsonl"
    child = bench.start(PROFILE, "--metrics-port", "0", "--events", str(events))
    address = told_address(bench, child)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = bench.folder / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
        f"scrape_configs: [{{job_name: spate, static_configs: [{{targets: ['{address}']}}]}}]\n"
    )
    server = subprocess.Popen(
        [program, f"--config.file={config}", f"--storage.tsdb.path={bench.folder / 'tsdb'}",
         f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"],
        stdin=subprocess.DEVNULL, stdout=open(bench.folder / "prometheus.txt", "wb"), stderr=subprocess.STDOUT,
    )
    bench.children.append(server)
    outcome = bench.finish(child, 120)
    time.sleep(1)

    def ask(query):
        url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": query})
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]["result"]

    def value(name, **labels):
        chosen = ",".join(f"{key}={json.dumps(text)}" for key, text in labels.items())
        found = ask(f"last_over_time({name}{{{chosen}}}[10m])")
        return float(found[0]["value"][1]) if len(found) == 1 else None

    bench.equal("its last scrape saw the run's end", value("spate_run_over"), 1)
    checked = 0
    for target in outcome.summary["targets"]:
        for phase in target["phases"]:
            place = {"target": target["name"], "phase": phase["name"]}
            name = f"{place['target']}, {place['phase']}"
            stats = phase["stats"]
            for key, count in stats["outcomes"].items():
                bench.equal(f"{name}: {key}", value("spate_requests_total", outcome=key, **place), count)
                checked += 1
            for key in ("input_tokens", "output_tokens"):
                bench.equal(f"{name}: {key}", value(f"spate_{key}_total", **place), stats[key])
            for key, metric in (("ttft_ms", "spate_ttft_seconds"), ("e2e_ms", "spate_e2e_seconds")):
                bench.equal(f"{name}: {metric} count", value(metric + "_count", **place), stats[key]["count"])
                total = value(metric + "_sum", **place)
                mean = 1000 * total / stats[key]["count"]
                bench.row(f"{name}: {metric} mean", f"{mean:.3f} ms", f"{stats[key]['mean']:.3f}", abs(mean - stats[key]["mean"]) < 1e-6 * mean)
                p95 = ask(f"histogram_quantile(0.95, last_over_time({metric}_bucket{{target={json.dumps(target['name'])},phase=\"{phase['name']}\"}}[10m]))")
                bench.row(f"{name}: {metric} p95 by its buckets", f"{1000 * float(p95[0]['value'][1]):.0f} ms", f"{stats[key]['p95']:.0f}")
    bench.row("figures held against the summary", f"{checked}", ">= 5", checked >= 5)
    up = ask("count_over_time(up{job=\"spate\"}[10m])")
    bench.row("scrapes", up[0]["value"][1], ">= 10", float(up[0]["value"][1]) >= 10)

    lines = [json.loads(line) for line in events.read_text().splitlines()]
    kinds = [line["event"] for line in lines]
    bench.equal("events: first and last", (kinds[0], kinds[-1]), ("run_started", "run_ended"))
    bench.equal("events: exit code", lines[-1]["exit_code"], outcome.status)
    phases = sum(len(target["phases"]) for target in outcome.summary["targets"])
    bench.equal("events: phases that began, and ended", (kinds.count("phase_started"), kinds.count("phase_ended")), (phases, phases))
    bench.equal("events: steps that began and ended", kinds.count("step_started"), kinds.count("step_ended"))
    bench.equal("events: kinds of failure", kinds.count("first_failure"), 1)
    promtool = shutil.which("promtool", path=os.path.dirname(program) or None)
    if promtool:
        text = bench.folder / "metrics.txt"
        checked = subprocess.run([promtool, "check", "metrics"], input=text.read_bytes(), capture_output=True)
        bench.row("promtool's complaints", checked.stderr.decode()[:60].strip() or "none", "none", checked.returncode == 0)


def told_address(bench, child):
    """Where it says that its metrics are; the text is kept as it was in mid-run."""
    for _ in range(200):
        found = re.search(r"metrics: http://([0-9.:]+)/metrics", bench.said())
        if found:
            break
        if child.poll() is not None:
            raise RuntimeError(bench.said()[-500:])
        time.sleep(0.05)
    time.sleep(3)
    with urllib.request.urlopen(f"http://{found.group(1)}/metrics", timeout=10) as answer:
        (bench.folder / "metrics.txt").write_bytes(answer.read())
    return found.group(1)
