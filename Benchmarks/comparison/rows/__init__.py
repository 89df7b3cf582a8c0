"""What is compared. Each function measures one thing and gives the rows of the table that it fills."""

from . import instants, readers, size, steady, truth, wire
from .row import Row, Setting, Sheet

ALL = {
    "start": size.start, "cpu": steady.cpu_per_token, "readers": readers.readers, "peers": steady.against_peers, "growth": size.growth,
    "stamps": instants.stamps, "burst": instants.burst, "width": size.width, "soak": size.soak,
    "overload": instants.overload, "wire": wire.wire, "truth": truth.truth,
}
QUICK = ["start", "cpu", "stamps", "burst", "soak"]
