"""The table, for a terminal."""

import itertools
import shutil
import textwrap

from .rows import Row, Sheet

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
in flight  requests that the server has and has not answered in full, every 0.25 s from when it has got as many as there are
           streams until it has got the last one: the median and the lowest. CPU is of the same time, MB the highest.
told       by the tool in its own result. Known to the server: from its journal, first_token - received and
           (last_token - first_token) / (tokens - 1) of the answers given in full, their tokens from the first request
           received to the last token sent. What a tool sends for itself before the load is left out.
"""


def show(found):
    """Rows in one table, then each sheet in its own."""
    rows = [row for row in found if isinstance(row, Row)]
    if rows:
        show_rows(rows)
    for sheet in found:
        if isinstance(sheet, Sheet):
            print(f"\n{sheet.name}\n")
            lay_out(sheet.heads, sheet.lines, right=set(range(2, len(sheet.heads))))
    judged = [row for row in rows if row.met is not None]
    if judged:
        print(f"\n{sum(row.met for row in judged)} of {len(judged)} targets met")
    print(DEFINITIONS)


def show_rows(rows):
    lines = []
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.3f}" if row.ratio < 0.1 else f"{row.ratio:.2f}"
        met = {True: "yes", False: "NO", None: ""}[row.met]
        lines.append((row.name, row.ours, row.other, ratio, row.target, met))
    lay_out(("what", "spate", "other", "ratio", "target", "met"), lines, {1, 2, 3}, [row.note for row in rows])


def lay_out(heads, lines, right, notes=()):
    """Columns as wide as their widest cell, those of `right` to the right; a note stands under its line."""
    width = min(shutil.get_terminal_size((150, 24)).columns, 160)
    widths = [max(len(line[i]) for line in [heads, *lines]) for i in range(len(heads))]

    def text(line):
        return "  ".join(cell.rjust(widths[i]) if i in right else cell.ljust(widths[i]) for i, cell in enumerate(line))

    print(text(heads).rstrip())
    print("-" * min(width, sum(widths) + 2 * len(widths) - 2))
    for line, note in itertools.zip_longest(lines, notes):
        print(text(line).rstrip())
        if note:
            print(textwrap.fill(note, width - 6, initial_indent="      ", subsequent_indent="      "))
