"""Starting, watching and ending the processes that are compared. Only what was started here is ever ended."""

import os
import pty
import resource
import signal
import subprocess
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
# Where chance must not put both on one core: the server's, and that of each generator in turn; None = anywhere.
SERVER_CORE, GENERATOR_CORE = (CORES[0], CORES[-1]) if len(CORES) > 1 else (None, None)
started = []  # every process, to be ended at the latest when the comparison ends


class Failed(Exception):
    """A step of the comparison did not work; the row says so and the others go on."""


def _first_things(clock_pipe, core):
    """In the child, right before exec: a scheduling group of its own with priority, all descriptors, its core, the instant."""

    def run():
        try:
            with open("/proc/self/autogroup", "w") as group:
                group.write("-10")
        except OSError:
            pass  # not allowed here: then all compete as equals
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        if core is not None:
            os.sched_setaffinity(0, {core})
        os.write(clock_pipe, str(time.monotonic_ns()).encode())

    return run


class Process:
    """A child in a session of its own, on one core if told. `began` is CLOCK_MONOTONIC ns right before its exec."""

    def __init__(self, command, terminal=False, environment=None, log=None, cwd=None, core=None):
        self.command = command
        self.usage = None  # of itself and its children, once it has ended
        self.status = None
        self.output = b""
        inside, outside = os.pipe()
        self._log = open(log, "wb") if log else None
        if terminal:  # a live view draws only on a terminal
            self._master, slave = pty.openpty()
            os.set_blocking(self._master, True)
            streams = {"stdin": slave, "stdout": slave, "stderr": slave}
        else:
            self._master, slave = None, None
            streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": self._log or subprocess.STDOUT}
        self.child = subprocess.Popen(
            command, start_new_session=True, preexec_fn=_first_things(outside, core), env=environment, cwd=cwd, **streams)
        os.close(outside)
        self.began = int(os.read(inside, 32))
        os.close(inside)
        if slave is not None:
            os.close(slave)
        started.append(self)
        self._reader = threading.Thread(target=self._drain, daemon=True)
        self._reader.start()

    @property
    def pid(self):
        return self.child.pid

    def _drain(self):
        source = self._master if self._master is not None else self.child.stdout.fileno()
        while True:
            try:
                piece = os.read(source, 65536)
            except OSError:  # a terminal whose last user has gone
                piece = b""
            if not piece:
                return
            self.output = (self.output + piece)[-200_000:]

    def poll(self):
        """Reaps the process when it has ended. True while it runs."""
        if self.status is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self._note_end(status, usage)
        return self.status is None

    def _note_end(self, status, usage):
        self.status = os.waitstatus_to_exitcode(status)
        self.usage = usage
        self.child.returncode = self.status
        self._reader.join(2)
        if self._master is not None:
            os.close(self._master)
            self._master = None

    def wait(self, seconds):
        """Waits for the end; raises when it does not come in time."""
        until = time.monotonic() + seconds
        while self.poll():
            if time.monotonic() > until:
                self.end()
                raise Failed(f"{os.path.basename(self.command[0])} did not end within {seconds:.0f} s\n{self.tail()}")
            time.sleep(0.005)
        return self.status

    def end(self):
        """Ends the process and what it has started, by their ids."""
        offspring = tree(self.pid)[1:] if self.poll() else []
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not self.poll():
                break
            os.kill(self.pid, number)
            until = time.monotonic() + 5
            while self.poll() and time.monotonic() < until:
                time.sleep(0.01)
        for pid in offspring:
            try:
                if os.getsid(pid) == self.pid:
                    os.kill(pid, signal.SIGKILL)
            except OSError:
                pass

    def tail(self):
        return self.output[-3000:].decode(errors="replace")

    @property
    def whole_cpu(self):
        """User and system seconds from start to end, children included."""
        return self.usage.ru_utime + self.usage.ru_stime


def end_all():
    for process in started:
        try:
            process.end()
        except OSError:
            pass


def _fields(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()


def tree(root):
    """`root` and all its descendants that live."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                parents.setdefault(int(_fields(name)[1]), []).append(int(name))
            except OSError:
                pass
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += parents.get(pid, [])
    return found


def cpu_seconds(root, with_children=False):
    """User and system seconds so far; with children also theirs, the ended ones included."""
    total = 0
    for pid in tree(root) if with_children else [root]:
        try:
            fields = _fields(pid)
        except OSError:
            continue
        total += sum(int(value) for value in fields[11:(15 if with_children else 13)])
    return total / TICK


def resident_bytes(root, with_children=False):
    total = 0
    for pid in tree(root) if with_children else [root]:
        try:
            with open(f"/proc/{pid}/statm") as file:
                total += int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            pass
    return total
