"""What is shipped runs where there is no Swift: in bare Debian roots made by debootstrap, from the tarball, the package and
the wheel; each timed from the file to the first figure, each with the kernel's stamps.

Needs root, debootstrap, and `make dist deb wheel` before. The roots are made once, in .build/roots.
"""
import os
import shutil
import socket
import sqlite3
import ssl
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DIST = ROOT / ".build" / "dist"
ROOTS = ROOT / ".build" / "roots"
LARGEST = 25 << 20  # bytes of the tarball
QUIET = "DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends"

# (name, files of .build/dist, what has to be there before, how it is installed, the program)
WAYS = (
    ("tarball", "spate-*.tar.xz", "xz-utils", f"tar -xf /root/spate-*.tar.xz -C /root && {QUIET} libcurl4 libsimdjson14 ca-certificates",
     "/root/spate-*/spate"),
    ("deb", "spate_*.deb", "", f"{QUIET} /root/spate_*.deb", "spate"),
    ("wheel", "spate-*.whl", "python3 python3-venv", "python3 -m venv /root/v && /root/v/bin/pip install -q /root/spate-*.whl", "/root/v/bin/spate"),
)


def base():
    """A Debian of the smallest kind, made once."""
    place = ROOTS / "base"
    if not (place / "bin" / "bash").exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["debootstrap", "--variant=minbase", "bookworm", str(place)], check=True, stdout=subprocess.DEVNULL)
    return place


def inside(root, command, **more):
    """Runs a command in `root`, with /proc and /dev of its own mount namespace: nothing is left mounted behind."""
    script = f'mount -t proc proc "{root}/proc" && mount --rbind /dev "{root}/dev" && exec chroot "{root}" bash -c "$1"'
    return subprocess.run(["unshare", "-m", "bash", "-c", script, "_", command], text=True, capture_output=True, timeout=600, **more)


def must(root, command):
    done = inside(root, command)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: exit {done.returncode}: {(done.stdout + done.stderr)[-400:]}")
    return done.stdout


class Relay:
    """TLS in front of a plain port: decrypted bytes go on as they come."""

    def __init__(self, port, folder):
        key, self.certificate = folder / "key.pem", folder / "cert.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
             "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(self.certificate)],
            check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)
        self.target, self.listener = port, socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()
            except OSError:
                return  # closed

    def serve(self, plain):
        try:
            client = self.context.wrap_socket(plain, server_side=True)
            server = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            return plain.close()
        # An SSLSocket is not for two threads at once, so one thread looks at both ends in turn.
        client.settimeout(0.001)
        server.settimeout(0.001)
        while True:
            for source, sink in ((client, server), (server, client)):
                try:
                    piece = source.recv(65536)
                except (TimeoutError, ssl.SSLWantReadError):
                    continue
                except OSError:
                    piece = b""
                if not piece:
                    client.close()
                    return server.close()
                sink.sendall(piece)


def stamped_over_tls(bench):
    """The interposed `recv` is under OpenSSL, too: answers over https have the kernel's stamps."""
    provider = bench.popen("simulate", "--scenario", "steady")
    try:
        deadline = time.monotonic() + 10
        while "http://127.0.0.1:" not in bench.said() and time.monotonic() < deadline:
            time.sleep(0.05)
        port = int(bench.said().split("http://127.0.0.1:")[1].split("/")[0].split()[0])
        relay = Relay(port, bench.folder)
        done = subprocess.run(
            [str(bench.program), "soak", "--url", f"https://127.0.0.1:{relay.port}", "--concurrency", "4", "--duration", "3s",
             "--max-tokens", "16", "-o", str(bench.folder / "tls"), "--quiet", "--yes"],
            env={**os.environ, "SSL_CERT_FILE": str(relay.certificate)}, text=True, capture_output=True, timeout=60)
        relay.listener.close()
        if done.returncode not in (0, 97):
            raise RuntimeError(f"over TLS: exit {done.returncode}: {done.stderr[-400:]}")
        with sqlite3.connect(bench.folder / "tls" / "run.sqlite") as base:
            answers, stamped = base.execute(
                "SELECT count(*), coalesce(sum(stamp = 'kernel'), 0) FROM requests WHERE token_reads > 0").fetchone()
        bench.row("over https: answers with the kernel's stamps", f"{stamped} of {answers}", "all", stamped == answers > 0)
    finally:
        provider.terminate()


def shipped(bench):
    stamped_over_tls(bench)
    if os.getuid() != 0 or not shutil.which("debootstrap"):
        raise RuntimeError("needs root and debootstrap")
    for name, files, before, install, program in WAYS:
        found = sorted(DIST.glob(files))
        if not found:
            raise RuntimeError(f"no {files} in {DIST}; `make dist deb wheel` first")
        root = bench.folder / name
        subprocess.run(["cp", "-a", str(base()), str(root)], check=True)
        shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
        must(root, f"apt-get update -q {'&& ' + QUIET + ' ' + before if before else ''}")
        for file in found:
            shutil.copy(file, root / "root")
        bench.row(f"{name}: Swift in that root", must(root, "ls /usr/lib/swift /opt/swift 2>/dev/null | wc -l").strip(), "= 0",
                  not (root / "opt" / "swift").exists())
        if name == "tarball":
            bench.at_most("tarball: size", found[0].stat().st_size / 1e6, LARGEST / 1e6, "MB")
        began = time.monotonic()
        must(root, install)
        installed = time.monotonic() - began
        bench.row(f"{name}: installed", f"{installed:.1f} s", "", None)
        version = must(root, f"{program} --version")
        bench.row(f"{name}: --version", version.split()[1], "", None)
        began = time.monotonic()
        must(root, f"for i in 1 2 3 4 5 6 7 8 9 10; do {program} --version >/dev/null; done")
        if name != "wheel":  # whose launcher starts Python first
            bench.at_most(f"{name}: start, mean of ten", (time.monotonic() - began) * 100, 40, "ms")
        began = time.monotonic()
        done = inside(root, f"cd /root && {program} demo --output /root/run --json > /root/summary.json")
        bench.row(f"{name}: demo, exit", str(done.returncode), "0 or 97", done.returncode in (0, 97))
        bench.row(f"{name}: from the file to the figures", f"{installed + time.monotonic() - began:.0f} s", "<= 120 s",
                  installed + time.monotonic() - began <= 120)
        rows = subprocess.run(
            ["sqlite3", str(root / "root" / "run" / "run.sqlite"),
             "SELECT count(*), coalesce(sum(stamp = 'kernel'), 0) FROM requests WHERE token_reads > 0"],
            text=True, capture_output=True, check=True).stdout.strip().split("|")
        bench.row(f"{name}: answers with the kernel's stamps", f"{rows[1]} of {rows[0]}", "all", rows[0] == rows[1] and rows[0] != "0")
