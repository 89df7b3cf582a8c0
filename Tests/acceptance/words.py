#!/usr/bin/env python3
"""Every text of two words or more in the sources, with its place: what there is to read when words are looked over.

    Tests/acceptance/words.py Sources > words.txt

A literal that is joined with + is one text, an interpolation is shown as {…}; comments, SQL and what is one word are left out.
"""
import re
import sys
from pathlib import Path


def literals(text):
    """(begin, end, text) of each string literal, those inside interpolations too."""
    found, at = [], 0
    while at < len(text):
        if text.startswith("//", at):
            at = text.find("\n", at) % (len(text) + 1)
        elif text.startswith("/*", at):
            at = text.find("*/", at) + 2
        elif re.match(r'#*"', text[at:at + 4]):
            at = literal(text, at, found)
        else:
            at += 1
    return sorted(found)


def literal(text, at, found):
    """Reads the literal that begins here; gives where it ends."""
    begin, hashes = at, re.match("#*", text[at:]).group()
    at += len(hashes)
    quote = '"""' if text.startswith('"""', at) else '"'
    at, end, escape, words = at + len(quote), quote + hashes, "\\" + hashes, ""
    while not text.startswith(end, at):
        if text.startswith(escape + "(", at):
            at, depth = at + len(escape) + 1, 1
            inside = at
            while depth:
                if re.match(r'#*"', text[at:at + 4]):
                    at = literal(text, at, found)
                    continue
                depth += {"(": 1, ")": -1}.get(text[at], 0)
                at += 1
            words += "{" + " ".join(text[inside:at - 1].split())[:40] + "}"
        elif text.startswith(escape, at):
            words += " " if text[at + len(escape)] in "n\n" else text[at + len(escape)]
            at += len(escape) + 1
        else:
            words += text[at]
            at += 1
    found.append((begin, at + len(end), words))
    return at + len(end)


def texts(path):
    """(line, text) of a file, joined ones as one."""
    source, joined = path.read_text(), []
    for begin, end, words in literals(source):
        outer = next((one for one in reversed(joined) if begin >= one[1]), None)
        if outer and re.fullmatch(r"\s*\+\s*", source[outer[1]:begin]):
            outer[1:] = [end, outer[2] + words]
        else:
            joined.append([begin, end, words])
    for begin, _, words in joined:
        words = " ".join(words.split())
        if re.search(r"[A-Za-z]{2,}[^A-Za-z]*\s+\S*[A-Za-z{]|[A-Za-z}]\s+[a-z]{2,}", words) and not re.search(
            r"\b(SELECT|INSERT INTO|CREATE |PRAGMA|ATTACH|DETACH|DELETE FROM|UPDATE )", words
        ):
            yield source.count("\n", 0, begin) + 1, words


if __name__ == "__main__":
    total = 0
    for path in sorted(Path(sys.argv[1]).rglob("*.swift")):
        for line, words in texts(path):
            total += 1
            print(f"{path}:{line}\t{words}")
    print(f"{total} texts", file=sys.stderr)
