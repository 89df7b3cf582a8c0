"""What is shipped runs where there is no Swift: in bare Debian roots made by debootstrap, from the tarball, the package and
the wheel; each timed from the file to the first figure, each with the kernel's stamps.

Needs root, debootstrap, and `make dist deb wheel` before. The roots are made once, in .build/roots.
"""
import os
import shutil
import subprocess
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


def shipped(bench):
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
