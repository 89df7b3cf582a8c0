"""What TLS and HTTP/2 cost the client, through one nginx before the token server, plain HTTP/1.1 through it as the base."""

import os
import shutil
import socket
import subprocess
import time

from .. import processes, reference
from ..figures import median
from ..processes import Failed, Process
from ..product import Result
from .row import Row
from .steady import answer_seconds, window

CONFIG = """
daemon off; worker_processes 1; error_log {work}/nginx.log warn; pid {work}/nginx.pid;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path {work}/body; proxy_temp_path {work}/proxy; fastcgi_temp_path {work}/f;
    uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
    ssl_certificate {work}/cert.pem; ssl_certificate_key {work}/key.pem; ssl_session_cache shared:all:4m;
    keepalive_requests 1000000; keepalive_timeout 600s; http2_max_concurrent_streams 128;
    upstream tokens {{ server 127.0.0.1:{port}; keepalive 2048; keepalive_requests 1000000; }}
    server {{
        listen 127.0.0.1:{plain} backlog=4096; listen 127.0.0.1:{tls} ssl backlog=4096;
        listen 127.0.0.1:{h2} ssl http2 backlog=4096;
        location / {{
            proxy_pass http://tokens; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_buffering off; proxy_read_timeout 600s;
        }}
    }}
}}
"""


class Gateway:
    """nginx on three ports of its own."""

    def __init__(self, setting, port):
        program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if program is None:
            raise Failed("nginx is not installed (make deps)")
        self.work = os.path.join(setting.work, f"nginx-{time.monotonic_ns()}")
        os.mkdir(self.work)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
             "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{self.work}/key.pem", "-out",
             f"{self.work}/cert.pem"], check=True, capture_output=True)
        self.plain, self.tls, self.h2 = free_ports(3)
        with open(f"{self.work}/nginx.conf", "w") as file:
            file.write(CONFIG.format(work=self.work, port=port, plain=self.plain, tls=self.tls, h2=self.h2))
        self.process = Process([program, "-c", f"{self.work}/nginx.conf", "-e", f"{self.work}/nginx.log"])
        until = time.monotonic() + 5
        while socket.socket().connect_ex(("127.0.0.1", self.plain)):
            if not self.process.poll() or time.monotonic() > until:
                raise Failed("nginx did not start: " + self.process.tail())
            time.sleep(0.02)


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def start(setting, server, gateway, streams, tokens, hold, way):
    """Starts spate on one of the ways through the gateway."""
    origin = f"http://127.0.0.1:{gateway.plain}"
    target = ""
    if way != "HTTP/1.1":
        origin = f"https://127.0.0.1:{gateway.h2 if way == 'HTTP/2 over TLS' else gateway.tls}"
        target = ", insecure: true"
    if way == "HTTP/2 over TLS":
        target += ", http: 2"
    phase = f"steady: {{concurrency: {streams}, for: {hold:.0f}s}}"
    return setting.spate.start(server.port, phase, tokens, origin=origin, target=target)


def steady(setting, streams, rate, way):
    """CPU of spate's process per million tokens in the window, resident bytes, the HTTP versions and reused connections."""
    tokens, period = setting.tokens, answer_seconds(setting.tokens, rate)
    hold = period + 8
    with reference.TokenServer(setting.work, rate=rate, ttft=200) as server:
        gateway = Gateway(setting, server.port)
        process = start(setting, server, gateway, streams, tokens, hold, way)
        server.wait_for(int(streams * 0.98), 60, process)
        time.sleep(2)
        found = window(server, process, period)
        process.wait(hold + period + 60)
        gateway.process.end()
    result = Result(process)
    found["failed"] = result.rows("SELECT count(*) FROM requests WHERE outcome NOT IN ('ok', 'ok_length')")[0][0]
    found["connections"] = result.rows("SELECT max(connections_opened) FROM health")[0][0]
    return found


def resident(setting, streams, way):
    """Resident bytes with so many slow streams, and bytes of a request's body."""
    with reference.TokenServer(setting.work, rate=2, ttft=200) as server:
        gateway = Gateway(setting, server.port)
        process = start(setting, server, gateway, streams, 40, 8, way)
        server.wait_for(max(1, int(streams * 0.98)), 60, process)
        time.sleep(3)
        found = processes.resident_bytes(process.pid)
        process.wait(120)
        stats = server.stop()
        gateway.process.end()
    return found, stats["body_bytes"] / stats["requests"]


def memory_row(setting):
    streams, way = 500 if setting.quick else 2000, "HTTP/1.1 over TLS"
    (one, _), (many, body) = resident(setting, 1, way), resident(setting, streams, way)
    setting.raw["memory over TLS"] = {"1": one, str(streams): many, "body": body}
    each = (many - one) / streams / 1024
    return Row(f"memory per stream over TLS, at {streams:,}", f"{each:.1f} KB", target="<= 64 KB + body",
               met=each <= 64 + body / 1024,
               note=f"the body is {body / 1024:.1f} KB; {many / 1e6:.0f} MB, {one / 1e6:.0f} MB with one")


def wire(setting):
    """500 streams x 20 tokens/s: HTTP/1.1, HTTP/1.1 over TLS and HTTP/2 over TLS."""
    streams = 100 if setting.quick else 500
    ways = ["HTTP/1.1", "HTTP/1.1 over TLS", "HTTP/2 over TLS"]
    found = {way: [] for way in ways}
    for _ in range(setting.rounds):
        for way in ways:
            found[way].append(steady(setting, streams, 20, way))
    setting.raw["wire"] = found
    cost = {way: median([one["cpu_per_million"] for one in found[way]]) for way in ways}
    size = {way: median([one["resident"] for one in found[way]]) for way in ways}
    rows = []
    for way in ways:
        last = found[way][-1]
        more = (size[way] - size[ways[0]]) / streams / 1000
        rows.append(Row(
            f"{way}: CPU per million tokens, {streams} x 20/s, through nginx", f"{cost[way]:.1f} s",
            f"{cost[ways[0]]:.1f} s", cost[way] / cost[ways[0]],
            note=f"{last['connections']} connections, {last['failed']} failed, RSS a stream {more:+.0f} KB"))
    return rows + [memory_row(setting)]
