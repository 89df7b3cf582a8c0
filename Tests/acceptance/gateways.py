"""Gateways (nginx, haproxy) before a real server, through all four of its APIs: the totals are the server's counter, and
whatever a gateway does to a stream is said.

haproxy waits for company unless it has `option http-no-delay`: eight and more tokens then share a read, the first comes late,
and `spate check` must say so. nginx passes each event on, also where it buffers (its default, `X-Accel-Buffering` ignored). A
gateway whose server closes its connections loses a request now
and then to one that was closed under it (`stale_connection`): that is said too, and nothing else may fail.
"""
import json
import os
import shutil
import subprocess
import time
import urllib.request
from realserver import settled

STREAMS = 4
# Each stream may lose a connection or two before the habit of the server behind the gateway is known.
STALE = 2 * STREAMS
APIS = ("openai-chat", "openai-completions", "openai-responses", "anthropic")

NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 512; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  limit_req_zone $server_port zone=one:1m rate=5r/s;
  limit_req_status 429;
  proxy_http_version 1.1; proxy_set_header Connection "";
  server {{ listen 127.0.0.1:{plain}; location / {{ proxy_pass {url}; proxy_buffering off; }} }}
  server {{ listen 127.0.0.1:{buffering}; gzip on; gzip_types text/event-stream;
    location / {{ proxy_pass {url}; proxy_ignore_headers X-Accel-Buffering; }} }}
  server {{ listen 127.0.0.1:{limited}; location / {{ proxy_pass {url}; proxy_buffering off; limit_req zone=one burst=2 nodelay; }} }}
}}
"""

HAPROXY = """
global
  maxconn 256
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout queue 20ms
listen plain
  bind 127.0.0.1:{plain}
  option http-no-delay
  server s {server}
listen delaying
  bind 127.0.0.1:{delaying}
  server s {server}
listen narrow
  bind 127.0.0.1:{narrow}
  option http-no-delay
  server s {server} maxconn 1
"""


def gateways(bench):
    url = os.environ.get("SPATE_REALSERVER", "").rstrip("/").removesuffix("/v1")
    if not url:
        bench.row("skipped: SPATE_REALSERVER=URL is not set", "", "")
        return
    base = int(os.environ.get("SPATE_GATEWAY_PORT", "22101"))
    ways = {"direct": url} | nginx(bench, url, base) | haproxy(bench, url, base + 10)
    for way, place in ways.items():
        for api in APIS if way in ("direct", "nginx", "haproxy") else APIS[:1]:
            through(bench, url, way, place, api)
        look(bench, way, place)


def through(bench, url, way, place, api):
    """A short ramp; its totals against the counter."""
    folder = bench.folder / f"{way}-{api}".replace(" ", "").replace(",", "-")
    before = settled(url)
    child = bench.popen(
        "ramp", "--concurrency", str(STREAMS), "--hold", "3s", "--settle", "500ms", "--min-requests", "1", "--input-tokens", "24",
        "--max-tokens", "32", "--url", place, "--api", api, "-o", str(folder), "--quiet",
    )
    child.wait(timeout=120)
    after = settled(url)
    outcome = bench.outcome(child, folder)
    target = outcome.target
    requests = target["totals"]["requests"]
    said = sum(target[name]["output_tokens"] for name in ("totals", "warmup", "preflight"))
    outcomes = ", ".join(f"{count} {name}" for name, count in target["totals"]["outcomes"].items())
    bench.row(f"{way}, {api}: {outcomes}", "", "")
    bench.row(f"{way}, {api}: tokens said, by the counter", f"{said}", f"= {after - before}", said == after - before)
    # A random model says nothing now and then; that is its answer.
    empty = target["totals"]["outcomes"].get("empty", 0)
    stale = sum(one["requests"] for one in target["failures"] if one["detail"] == "stale_connection")
    if "limited" in way or "narrow" in way:
        failed = requests["failed"] - stale - empty
        bench.row(f"{way}: refusals are throttled, none failed", f"{requests['throttled']}, {failed}", "> 0, 0",
                  requests["throttled"] > 0 and failed == 0)
    else:
        answered = requests["success"] + empty
        bench.equal(f"{way}, {api}: answered or stale", answered + stale, requests["scheduled"] - requests["excluded"])
        bench.row(f"{way}, {api}: stale connections", f"{stale}", f"<= {STALE}", stale <= STALE)
    ttft = (target["totals"]["ttft_ms"] or {}).get("p50")
    chunks = target["totals"]["tokens_per_chunk"]
    bench.row(f"{way}, {api}: TTFT p50, tokens per chunk", f"{ttft or 0:.1f} ms, {chunks or 0:.1f}", "")
    for note in target["notes"]:
        bench.row(f"{way}, {api}: {note}"[:100], "", "")


def look(bench, way, place):
    """What `spate check` says of the way."""
    answer = subprocess.run(
        [str(bench.program), "check", "--url", place, "--json"], capture_output=True, text=True, timeout=120
    )
    found = json.loads(answer.stdout)["targets"][0]
    properties = {one["property"]: one for one in found["properties"]}
    for name in ("streams", "first_token", "connection", "errors"):
        if name in properties:
            bench.row(f"{way}: {name} {properties[name]['verdict']}: {properties[name]['seen']}"[:120], "", "")
    wanted = "failed" if "delaying" in way else "ok"
    if "limited" not in way and "narrow" not in way:
        bench.equal(f"{way}: check calls its stream", properties["streams"]["verdict"], wanted)
        bench.equal(f"{way}: exit of check", answer.returncode, 98 if wanted == "failed" else 0)


# MARK: starting them


def nginx(bench, url, base):
    program = shutil.which("nginx") or (os.path.exists("/usr/sbin/nginx") and "/usr/sbin/nginx")
    if not program:
        bench.row("skipped: there is no nginx", "", "")
        return {}
    ports = {"plain": base, "buffering": base + 1, "limited": base + 2}
    config = bench.folder / "nginx.conf"
    config.write_text(NGINX.format(folder=bench.folder, url=url, **ports))
    started(bench, [program, "-c", str(config), "-p", str(bench.folder)], ports["plain"])
    return {f"nginx{'' if name == 'plain' else ', ' + name}": f"http://127.0.0.1:{port}" for name, port in ports.items()}


def haproxy(bench, url, base):
    program = os.environ.get("HAPROXY") or shutil.which("haproxy")
    if not program:
        bench.row("skipped: there is no haproxy", "", "")
        return {}
    ports = {"plain": base, "delaying": base + 1, "narrow": base + 2}
    config = bench.folder / "haproxy.cfg"
    config.write_text(HAPROXY.format(server=url.split("://")[1], **ports))
    started(bench, [program, "-db", "-f", str(config)], ports["plain"])
    return {f"haproxy{'' if name == 'plain' else ', ' + name}": f"http://127.0.0.1:{port}" for name, port in ports.items()}


def started(bench, words, port):
    child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    bench.children.append(child)
    for _ in range(100):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{words[0]} does not answer on {port}")
