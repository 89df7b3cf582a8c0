"""What gateways add and what they do not pass on: nginx, haproxy and LiteLLM before the simulated provider, and a proxy that
adds 20 ms by design. The provider's journal knows when each request came to it and when its first token left, so what lies
between that and the client is the way's; it also knows whose requests it broke off because their client had gone.

LiteLLM is asked for by SPATE_LITELLM=/path/to/litellm, or found in PATH; without it the others are measured.
"""
import asyncio
import csv
import io
import json
import os
import shutil
import statistics
import subprocess
import threading
import time
import urllib.request

DELAY = 0.020
SCENARIO = """
name: upstream
replicas: 1
slots: 16
jitter: 0.02
prefill: {base: 30ms, per_1k_tokens: 40ms}
step: {base: 5ms, per_active: 0ms}
habits: {thinks: 4}
"""

NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
  upstream provider {{ server 127.0.0.1:{upstream}; keepalive 16; }}
  server {{ listen 127.0.0.1:{plain}; location / {{ proxy_pass http://provider; }} }}
}}
"""

HAPROXY = """
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen plain
  bind 127.0.0.1:{plain}
  option http-no-delay
  server s 127.0.0.1:{upstream}
listen gathering
  bind 127.0.0.1:{gathering}
  server s 127.0.0.1:{upstream}
"""

LITELLM = """
model_list:
  - model_name: simulated
    litellm_params: {{model: openai/simulated, api_base: "http://127.0.0.1:{upstream}/v1", api_key: none}}
litellm_settings: {{num_retries: 0, request_timeout: 60, telemetry: false}}
"""

PROFILE = """
targets:
{targets}
order: interleaved
workload:
  prompts: {{calibrate: false, synthetic: {{input_tokens: 256}}, cache: avoid}}
  max_tokens: 40
  cancel: {{share: 0.3, after: {{uniform: [80ms, 130ms]}}}}
warmup: {{requests: 2}}
phases: [probe: {{requests: 150, gap: 20ms}}]
"""


def tax(bench):
    (bench.folder / "scenario.yaml").write_text(SCENARIO)
    truth = bench.folder / "truth.jsonl"
    provider, upstream = simulate(bench, bench.folder / "scenario.yaml", truth)
    base = int(os.environ.get("SPATE_GATEWAY_PORT", "22140"))
    ways = {"delayed": delaying(upstream, DELAY), "relayed": delaying(upstream, 0), "deaf": delaying(upstream, 0, deaf=True)}
    ways |= nginx(bench, upstream, base) | haproxy(bench, upstream, base + 4) | litellm(bench, upstream, base + 8)
    metrics = f"http://127.0.0.1:{upstream}/metrics"
    lines = [f"  - {{name: direct, url: 'http://127.0.0.1:{upstream}', model: simulated, metrics: '{metrics}'}}"]
    lines += [
        f"  - {{name: {name}, url: 'http://127.0.0.1:{port}', model: simulated, gateway_to: direct, metrics: '{metrics}'}}"
        for name, port in ways.items()
    ]
    outcome = bench.run(PROFILE.format(targets="\n".join(lines)), seconds=600)
    provider.terminate()
    provider.wait(timeout=20)
    rows = requests(bench, outcome)
    journal = [json.loads(line) for line in truth.read_text().splitlines() if '"id"' in line]
    between = joined(rows, journal)
    gateways = {one["target"]: one for one in outcome.summary["comparison"]["gateways"]}
    for sentence in outcome.summary["headline"]:
        bench.row(sentence["text"][:160], "", "")
    for name in ways:
        held(bench, name, gateways[name], between, rows)
    wanted(bench, gateways)


def held(bench, name, gateway, between, rows):
    """The figure against the journal's, and each verdict against what the rows and the journal show."""
    def median(target, what):
        return statistics.median(one[what] for one in between[target] if one[what] is not None)

    truth = median(name, "way") - median("direct", "way")
    added = gateway["added_ttft_ms"]
    low, high = added["ci95"]
    # The median of the whole run is not the mean over blocks: a tenth of a millisecond, or 5 % of it.
    slack = max(0.1, 0.05 * abs(truth))
    bench.row(f"{name}: added TTFT, ms (by the journal {truth:.2f})", f"{low:.2f} to {high:.2f}", "covers it",
              low - slack <= truth <= high + slack)
    bench.row(f"{name}: added gap, ms", f"{gateway['added_gap_ms']['value']:.3f}", "")
    for finding in gateway["fidelity"]:
        bench.row(f"{name}: {finding['property']} {finding['verdict']}: {finding['seen']}"[:160], "", "")
    verdicts = {one["property"]: one["verdict"] for one in gateway["fidelity"]}

    answers = [row for row in rows if row["target"] == name and row["outcome"] in ("ok", "ok_length")]
    told = sum(row["token_source"] == "usage" for row in answers) / len(answers)
    bench.row(f"{name}: usage told on {told:.0%} of answers", verdicts["usage"], "",
              (verdicts["usage"] == "dropped") == (told == 0) and (told > 0.9 or verdicts["usage"] != "passed_on"))
    left = [one["truth"]["outcome"] for one in between[name] if one["row"]["outcome"] == "cancelled"]
    if left:
        stopped = sum(outcome == "cancelled" for outcome in left) / len(left)
        expected = "passed_on" if stopped > 0.9 else "dropped" if stopped < 0.1 else "not_known"
        bench.row(f"{name}: cancellation, {stopped:.0%} of {len(left)} stopped by the journal", verdicts["cancellation"],
                  f"= {expected}", verdicts["cancellation"] == expected)


def wanted(bench, gateways):
    """What is known beforehand of some of them."""
    low, high = gateways["delayed"]["added_ttft_ms"]["ci95"]
    bench.row("delayed: 20 ms, and a hop of the proxy's own", f"{low:.2f} to {high:.2f}", "20 to 23", low >= 19.5 and high <= 23)
    known = [("nginx", "usage", "passed_on"), ("nginx", "reasoning", "passed_on"), ("nginx", "stream", "passed_on"),
             ("nginx", "errors", "passed_on"), ("nginx", "cancellation", "passed_on"),
             ("deaf", "cancellation", "dropped"), ("relayed", "cancellation", "passed_on"),
             ("haproxy", "usage", "passed_on"), ("haproxy", "errors", "passed_on"),
             ("haproxy", "stream", "passed_on"), ("haproxy-gathering", "stream", "changed")]
    for name, property, verdict in known:
        if name in gateways:
            found = next(one for one in gateways[name]["fidelity"] if one["property"] == property)
            bench.equal(f"{name}: {property}", found["verdict"], verdict)


# MARK: reading


def requests(bench, outcome):
    answer = subprocess.run([str(bench.program), "report", str(outcome.folder), "--csv"], capture_output=True, text=True, check=True)
    run = outcome.summary["run"]["id"]
    rows = list(csv.DictReader(io.StringIO(answer.stdout)))
    for row in rows:
        row["id"] = f"{run}-{row['sequence']}"
    return [row for row in rows if row["measured"] == "1"]


def joined(rows, journal):
    """By target: each request with the journal's entry of it, by its id, else (where a gateway sends ids of its own) in order:
    one request at a time, so the n-th of a gateway's is the n-th that came with a foreign id."""
    entries = {entry["id"]: entry for entry in journal}
    foreign = [entry for entry in journal if not any(entry["id"].startswith(prefix) for prefix in prefixes(rows))]
    foreign = [entry for entry in foreign if entry.get("status") == 200]
    found = {}
    for row in rows:
        found.setdefault(row["target"], []).append({"row": row, "truth": entries.get(row["id"])})
    for target, pairs in found.items():
        for pair in pairs:
            pair["way"] = way(pair)
        found[target] = [pair for pair in pairs if pair["truth"]]
        if not found[target]:
            own = [entry for entry in foreign if entry["outcome"] == "completed" and entry["first_token"]]
            inside = statistics.median((entry["first_token"] - entry["received"]) / 1e6 for entry in own)
            found[target] = [
                {"row": pair["row"], "truth": {"outcome": None}, "way": float(pair["row"]["ttft_ms"]) - inside}
                for pair in pairs if pair["row"]["outcome"] in ("ok", "ok_length") and pair["row"]["ttft_ms"]
            ]
    return found


def prefixes(rows):
    return {row["id"].rsplit("-", 1)[0] for row in rows} | {"spate-"}


def way(pair):
    row, truth = pair["row"], pair["truth"]
    if not truth or not truth.get("first_token") or not row["ttft_ms"] or row["outcome"] not in ("ok", "ok_length"):
        return None
    return float(row["ttft_ms"]) - (truth["first_token"] - truth["received"]) / 1e6


# MARK: starting them


def simulate(bench, scenario, truth):
    out = open(bench.folder / "provider.txt", "wb")
    child = subprocess.Popen(
        [str(bench.program), "simulate", "--port", "0", "--scenario", str(scenario), "--truth", str(truth)],
        stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
    )
    bench.children.append(child)
    for _ in range(200):
        text = (bench.folder / "provider.txt").read_text()
        if "http://127.0.0.1:" in text and text.endswith("\n"):
            digits = text.split("http://127.0.0.1:")[-1]
            return child, int("".join(letter for letter in digits[:6] if letter.isdigit()))
        time.sleep(0.05)
    raise RuntimeError("the simulated provider does not start")


def delaying(upstream, seconds, deaf=False):
    """A proxy in a thread of this process: it holds each request's bytes for so long, and closes with either side; a deaf one
    reads an answer to its end although its client has gone."""
    ready = threading.Event()
    place, held = {}, set()

    async def serve(reader, writer):
        held.add(asyncio.current_task())  # the loop itself keeps no task alive
        asyncio.current_task().add_done_callback(held.discard)
        try:
            other, onward = await asyncio.open_connection("127.0.0.1", upstream)
        except OSError:
            writer.close()
            return

        async def ask():
            while piece := await reader.read(65536):
                await asyncio.sleep(seconds)
                onward.write(piece)
                await onward.drain()
            if not deaf:
                onward.close()

        async def answer():
            while piece := await other.read(65536):
                if deaf and writer.is_closing():
                    continue
                writer.write(piece)
                try:
                    await writer.drain()
                except OSError:
                    if not deaf:
                        break

        await asyncio.gather(ask(), answer(), return_exceptions=True)
        onward.close()
        writer.close()

    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        place["port"] = server.sockets[0].getsockname()[1]
        ready.set()
        await server.serve_forever()

    threading.Thread(target=lambda: asyncio.run(main()), daemon=True).start()
    ready.wait(10)
    return place["port"]


def nginx(bench, upstream, base):
    program = shutil.which("nginx") or (os.path.exists("/usr/sbin/nginx") and "/usr/sbin/nginx")
    if not program:
        bench.row("nginx skipped: there is none", "", "")
        return {}
    config = bench.folder / "nginx.conf"
    config.write_text(NGINX.format(folder=bench.folder, upstream=upstream, plain=base))
    started(bench, [program, "-c", str(config), "-p", str(bench.folder)], base, 10)
    return {"nginx": base}


def haproxy(bench, upstream, base):
    program = os.environ.get("HAPROXY") or shutil.which("haproxy") or (os.path.exists("/usr/sbin/haproxy") and "/usr/sbin/haproxy")
    if not program:
        bench.row("haproxy skipped: there is none", "", "")
        return {}
    config = bench.folder / "haproxy.cfg"
    config.write_text(HAPROXY.format(upstream=upstream, plain=base, gathering=base + 1))
    started(bench, [program, "-db", "-f", str(config)], base, 10)
    return {"haproxy": base, "haproxy-gathering": base + 1}


def litellm(bench, upstream, port):
    program = os.environ.get("SPATE_LITELLM") or shutil.which("litellm")
    if not program:
        bench.row("LiteLLM skipped: SPATE_LITELLM is not set, and none is in PATH", "", "")
        return {}
    config = bench.folder / "litellm.yaml"
    config.write_text(LITELLM.format(upstream=upstream))
    started(bench, [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)], port, 300)
    return {"litellm": port}


def started(bench, words, port, seconds):
    # LiteLLM alone looks at these: nothing is fetched or reported, and on loopback no key is needed.
    own = {
        "LITELLM_TELEMETRY": "False", "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
    }
    log = open(bench.folder / f"{os.path.basename(words[0])}.txt", "wb")
    child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **own}, cwd=bench.folder)
    bench.children.append(child)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{words[0]} does not answer on {port}")
