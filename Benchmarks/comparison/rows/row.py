"""A row of the table, and what every measurement is given."""

from dataclasses import dataclass, field


@dataclass
class Row:
    name: str
    ours: str  # with its unit
    other: str = ""  # what it is held against
    ratio: float | None = None
    target: str = ""
    met: bool | None = None  # None = for information
    note: str = ""


@dataclass
class Sheet:
    """A table with columns of its own, for what does not fit into rows."""

    name: str
    heads: list
    lines: list  # of as many strings


@dataclass
class Setting:
    """How much to do, and where."""

    spate: object
    work: str
    peers: object = None
    quick: bool = False
    rounds: int = 3
    answers: int | None = None  # tokens of an answer, where a row wants another number
    raw: dict = field(default_factory=dict)  # every number, for --json

    @property
    def tokens(self):
        return self.answers or (64 if self.quick else 256)


def row(name, ours, other, unit, limit, note="", digits=1, fact="at most {}x"):
    """A row whose figure is ours / other."""
    ratio = ours / other if other else None
    return Row(name, f"{ours:.{digits}f} {unit}", f"{other:.{digits}f} {unit}", ratio, fact.format(f"{limit:g}"),
               ratio is not None and ratio <= limit, note)
