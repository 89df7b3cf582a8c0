"""Access logs of a real nginx as traces: did each request come when it was sent, and are its session and size those it had?"""
import json
import os
import shutil
import subprocess

from gatewaytax import simulate, started
from harness import quantile, stored_requests

NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{
  log_format spate escape=json '{{"msec":$msec,"request_time":$request_time,"request_length":$request_length,"request":"$request",'
    '"status":$status,"session":"$http_x_session_id"}}';
  log_format ingress '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
    '"$http_user_agent" $request_length $request_time [-] [-] $upstream_addr $upstream_response_length '
    '$upstream_response_time $upstream_status $request_id';
  access_log {folder}/json.log spate;
  access_log {folder}/ingress.log ingress;
  access_log {folder}/combined.log combined;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
  upstream provider {{ server 127.0.0.1:{upstream}; keepalive 16; }}
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://provider; }} }}
}}
"""
SCENARIO = "{name: upstream, replicas: 1, slots: 64, prefill: {base: 20ms}, step: {base: 5ms, per_active: 0ms}}\n"
LOAD = """
targets: [{{name: mine, url: 'http://127.0.0.1:{port}', model: simulated}}]
workload:
  prompts: {{calibrate: false, synthetic: {{input_tokens: {{uniform: [50, 800]}}}}}}
  max_tokens: 8
  conversation: {{turns: 3, think: 100ms, session: {{header: X-Session-ID}}}}
warmup: {{requests: 0}}
phases: [rate: {{rps: 10, arrivals: poisson, for: 6s}}]
"""
REPLAY = """
targets: [{{name: mine, url: 'http://127.0.0.1:{port}', model: simulated}}]
workload: {{prompts: {{calibrate: false, synthetic: {{input_tokens: 32}}}}, max_tokens: 8}}
warmup: {{requests: 0}}
phases: [replay: {{trace: {log}}}]
"""


def accesslogs(bench):
    program = shutil.which("nginx") or (os.path.exists("/usr/sbin/nginx") and "/usr/sbin/nginx")
    if not program:
        raise RuntimeError("no nginx is installed")
    (bench.folder / "scenario.yaml").write_text(SCENARIO)
    _, upstream = simulate(bench, bench.folder / "scenario.yaml", bench.folder / "truth.jsonl")
    port = int(os.environ.get("SPATE_GATEWAY_PORT", "22140")) + 20
    (bench.folder / "nginx.conf").write_text(NGINX.format(folder=bench.folder, upstream=upstream, port=port))
    started(bench, [program, "-c", str(bench.folder / "nginx.conf"), "-p", str(bench.folder)], port, 10)
    source = run(bench, "source", LOAD.format(port=port))
    rows = sorted(row["scheduled_ns"] + row["dispatch_lag_ns"] + row["written_ns"] for row in source)
    talks = len({row["conversation"] for row in source})
    bench.row("requests through nginx", str(len(rows)), ">= 100", len(rows) >= 100)
    logged = [json.loads(line) for line in (bench.folder / "json.log").read_text().splitlines()]
    bytes_of = sorted(int(one["request_length"]) // 4 for one in logged if one["request"].startswith("POST"))
    for name, worst in [("json", 0.010), ("ingress", 1.0)]:
        again = run(bench, name, REPLAY.format(port=upstream, log=bench.folder / f"{name}.log"))
        due = sorted(row["scheduled_ns"] for row in again)
        bench.equal(f"{name}.log: requests", len(due), len(rows))
        errors = [abs((a - due[0]) - (b - rows[0])) / 1e9 for a, b in zip(due, rows)]
        bench.row(f"{name}.log: arrival against what was sent, median", f"{quantile(errors, .5) * 1e3:.2f} ms", "")
        bench.at_most(f"{name}.log: the same, worst", max(errors), worst, "s")
        summary = json.loads((bench.folder / name / "summary.json").read_text())
        trace = next(p for p in summary["targets"][0]["phases"] if p["kind"] == "replay")["steps"][0]["trace"]
        bench.equal(f"{name}.log: tokens in, a quarter of the bytes", trace["input_tokens"], sum(bytes_of))
    sessions = len({one["session"] for one in logged if one["session"]})
    bench.equal("json.log: sessions are the conversations", sessions, talks)
    profile = bench.folder / "combined.yaml"
    profile.write_text(REPLAY.format(port=upstream, log=bench.folder / "combined.log"))
    refused = subprocess.run([str(bench.program), "run", str(profile)], capture_output=True, text=True, cwd=bench.folder)
    bench.row("combined.log is refused with what is missing", str(refused.returncode), "= 104",
              refused.returncode == 104 and "$request_length $request_time" in refused.stderr)


def run(bench, name, profile):
    path = bench.folder / f"{name}.yaml"
    path.write_text(profile)
    child = bench.popen("run", str(path), "-o", str(bench.folder / name), "--quiet", "--no-preflight")
    if child.wait(timeout=120) not in (0, 97):
        raise RuntimeError(f"{name}: exit {child.returncode}: {bench.said()[-400:]}")
    return [row for row in stored_requests(bench.folder / name) if row["measured"]]
