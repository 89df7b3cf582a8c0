"""Who reads the streams: spate with each of its readers against the bare reader, idle and with a busy neighbour."""

import os
from contextlib import contextmanager
from dataclasses import replace

from .. import processes
from ..figures import median
from ..processes import Process
from .row import row
from .steady import steady_reader, steady_spate

READERS = ["uring", "epoll"]


def readers(setting):
    """Each load in turn: the bare reader, spate as it chooses, spate with epoll alone."""
    loads = [(200, 20, 48)] if setting.quick else [(1_000, 20, 256), (10_000, 2, 40)]
    rows = []
    for streams, rate, tokens in loads:
        for busy in (False, True):
            rows += compared(setting, streams, rate, tokens, busy)
    return rows


def compared(setting, streams, rate, tokens, busy):
    setting = replace(setting, answers=tokens)
    found = {"bare": [], **{name: [] for name in READERS}}
    told = set()
    with neighbours(busy):
        for _ in range(setting.rounds):
            found["bare"].append(steady_reader(setting, streams, rate, True)["cpu_per_million"])
            for name in READERS:
                with environment("SPATE_READER", "epoll" if name == "epoll" else None):
                    window, result, _ = steady_spate(setting, streams, rate)
                found[name].append(window["cpu_per_million"])
                if name == "uring":
                    told |= {phase["validity"]["reader"] for phase in result.summary()["targets"][0]["phases"]}
    where = "a busy neighbour on each core" if busy else "idle"
    setting.raw[f"readers, {streams} x {rate}, {where}"] = found
    limit = 1.15 if streams <= 1_000 else 0.9
    bare, name = median(found["bare"]), f"{streams:,} x {rate}/s, {where}: against the bare reader with stamps"
    spread = "; ".join(f"{key} {min(values):.1f}-{max(values):.1f}" for key, values in found.items())
    return [
        row(name, median(found["uring"]), bare, "s", limit, f"{spread}; its reader was {', '.join(map(str, told))}", 2),
        row("  with epoll alone", median(found["epoll"]), bare, "s", limit, "", 2),
    ]


@contextmanager
def environment(name, value):
    before = os.environ.pop(name, None)
    if value is not None:
        os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name, None)
        if before is not None:
            os.environ[name] = before


@contextmanager
def neighbours(wanted):
    """A program on each core that computes all the time."""
    busy = [Process(["sh", "-c", "while :; do :; done"], core=core) for core in processes.CORES] if wanted else []
    try:
        yield
    finally:
        for process in busy:
            process.end()
