"""A server that is killed amid a soak and comes back: the run goes on, and says how long it was down."""
import os
import shlex
import signal
import subprocess
import time
import urllib.error
import urllib.request

PORT = int(os.environ.get("SPATE_RESTART_PORT", "18473"))


def soak(bench):
    command = os.environ.get("SPATE_REALSERVER_START")
    if not command:
        bench.row("skipped: SPATE_REALSERVER_START='COMMAND that serves on PORT of 127.0.0.1' is not set", "", "")
        return
    server = start(command)
    try:
        wait_until_it_answers(60)
        child = bench.popen(
            "soak", "--concurrency", "4", "--duration", "25s", "--settle", "1s", "--input-tokens", "16",
            "--max-tokens", "16", "--url", f"http://127.0.0.1:{PORT}", "-o", str(bench.folder / "run"), "--quiet",
        )
        time.sleep(8)
        stop(server)
        time.sleep(4)
        server = start(command)
        outcome = bench.finish(child, 120)
        down_at_least = 4
        phase = next(phase for phase in outcome.target["phases"] if phase["kind"] == "steady")
        outages = [incident for incident in phase.get("incidents", []) if incident["kind"] == "outage"]
        # 97: the server shares this machine, and took the cores. Given up would be 98.
        bench.row("exit code", outcome.status, "0 or 97", outcome.status in (0, 97))
        bench.equal("outages", len(outages), 1)
        lasted = outages[0]["end_s"] - outages[0]["start_s"] if outages else 0
        bench.row("it lasted", f"{lasted:.1f} s", f"{down_at_least} s to 20 s", down_at_least <= lasted <= 20)
        bench.row("attempts in it", outages[0]["attempts"] if outages else 0, ">= 4", bool(outages))
        late = [r for r in outcome.requests() if r["outcome"] in ("ok", "ok_length") and r["scheduled_ns"] > 15e9]
        bench.row("answers after it", len(late), ">= 4", len(late) >= 4)
    finally:
        stop(server)


def start(command):
    return subprocess.Popen(shlex.split(command.replace("PORT", str(PORT))), start_new_session=True,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def stop(server):
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def wait_until_it_answers(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/v1/models", timeout=2).read()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError("the server did not come up")
