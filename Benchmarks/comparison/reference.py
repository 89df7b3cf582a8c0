"""The reference pieces: the token server, the bare reader and the burst through libcurl."""

import json
import os
import re
import socket
import subprocess
import time

from .processes import Failed, Process

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "reference")


def build():
    subprocess.run(["make", "-s", "-C", HERE], check=True)


def piece(name):
    return os.path.join(HERE, "build", name)


class TokenServer:
    """A token server of its own port, so that no row inherits another's TIME_WAIT. Its numbers come from GET /stats."""

    def __init__(self, work, journal=False, core=None, **options):
        self.journal_path = os.path.join(work, f"journal-{time.monotonic_ns()}.jsonl") if journal else None
        command = [piece("tokenserver")]
        if journal:
            options["journal"] = self.journal_path
        for name, value in {"seconds": 900, **options}.items():
            command += [f"--{name}", str(value)]
        self.overflows = listen_overflows()
        self.process = Process(command, core=core)
        until = time.monotonic() + 5
        while b"listening" not in self.process.output:
            if not self.process.poll() or time.monotonic() > until:
                raise Failed("the token server did not start: " + self.process.tail())
            time.sleep(0.01)
        self.port = int(re.search(rb'127\.0\.0\.1:(\d+)', self.process.output)[1])

    def stats(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as link:
            link.sendall(b"GET /stats HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
            text = b""
            while piece := link.recv(65536):
                text += piece
        return json.loads(text.split(b"\r\n\r\n", 1)[1])

    def wait_for(self, streams, seconds, generator):
        """Until so many streams run; the generator must live meanwhile."""
        until = time.monotonic() + seconds
        while True:
            stats = self.stats()
            if stats["streaming"] >= streams:
                return stats
            if not generator.poll():
                raise Failed(f"ended with {generator.status} before its load was up\n{generator.tail()}")
            if time.monotonic() > until:
                raise Failed(f"only {stats['streaming']} of {streams} streams after {seconds} s\n{generator.tail()}")
            time.sleep(0.05)

    def stop(self):
        """Ends the server and gives its last numbers."""
        self.process.end()
        stats = json.loads(self.process.output.splitlines()[-1])
        stats["listen_overflows"] = listen_overflows() - self.overflows
        return stats

    def journal(self):
        """Requests by id, once the server has stopped."""
        return {entry["id"]: entry for entry in self.requests()}

    def requests(self):
        """All of the journal, as they ended: the ids of others need not be unique."""
        with open(self.journal_path) as file:
            return [json.loads(line) for line in file]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.end()


def listen_overflows():
    """Connections this machine dropped because a listener's queue was full."""
    with open("/proc/net/netstat") as file:
        lines = [line.split() for line in file if line.startswith("TcpExt:")]
    return int(dict(zip(*lines))["ListenOverflows"])


def reader(port, streams, tokens, settle, seconds, stamps):
    return Process([
        piece("reader"), "--port", str(port), "--streams", str(streams), "--tokens", str(tokens),
        "--settle", str(settle), "--seconds", str(seconds), "--stamps", "1" if stamps else "0"])


def run_piece(name, core=None, **options):
    """Runs one to its end and gives the JSON it prints."""
    command = [piece(name)]
    for key, value in options.items():
        command += [f"--{key}", str(value)]
    process = Process(command, core=core)
    if process.wait(60) != 0:
        raise Failed(f"{name} ended with {process.status}: {process.tail()}")
    return json.loads(process.output)
