"""The table, for a terminal."""

import shutil
import textwrap

DEFINITIONS = """
CPU        user + system seconds of the generator's process (a peer's processes, all of them) over a window as long as one
           answer, divided by the tokens that the server sent in it (its own count), in millions. Steady state: the load is
           up, every stream in a closed loop.
bare       reader.c: one epoll loop, one recv a token, counts "data:", asks for the kernel's receive stamps like spate.
whole      from exec to exit: set-up, tear-down and report included; tokens are all that the server sent.
ratio      spate / the other, medians over the rounds; below 1 spate is cheaper.
wait       first token - last byte of the request written, held against first_token - received of the server's journal for
           the same X-Request-Id, both on CLOCK_MONOTONIC; `received` is the kernel's stamp of the request.
stamp      spate's instant of the first and last token less the instant right before the server's write of it.
last write from the release of a burst to the call of `send` for its last request.
"""


def show(rows):
    width = min(shutil.get_terminal_size((150, 24)).columns, 160)
    heads = ("what", "spate", "other", "ratio", "target", "met")
    lines = []
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.3f}" if row.ratio < 0.1 else f"{row.ratio:.2f}"
        met = {True: "yes", False: "NO", None: ""}[row.met]
        lines.append((row.name, row.ours, row.other, ratio, row.target, met))
    widths = [max(len(line[i]) for line in [heads, *lines]) for i in range(6)]
    right = {1, 2, 3}

    def text(line):
        return "  ".join(cell.rjust(widths[i]) if i in right else cell.ljust(widths[i]) for i, cell in enumerate(line))

    print(text(heads).rstrip())
    print("-" * min(width, sum(widths) + 10))
    for row, line in zip(rows, lines):
        print(text(line).rstrip())
        if row.note:
            print(textwrap.fill(row.note, width - 6, initial_indent="      ", subsequent_indent="      "))
    judged = [row for row in rows if row.met is not None]
    print(f"\n{sum(row.met for row in judged)} of {len(judged)} targets met")
    print(DEFINITIONS)
