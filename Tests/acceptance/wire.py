"""What really arrived, and when: a capture of loopback with the kernel's stamps, request by request.

The stamps are taken where the network hands a packet over, whatever becomes of the process that waits for it, so that they
are the truth for a generator that is starved or stopped. Needs root (AF_PACKET).
"""
import multiprocessing
import re
import socket
import struct
import time

SO_TIMESTAMPNS = 35
SO_RCVBUFFORCE = 33
SOL_PACKET, PACKET_STATISTICS, PACKET_IGNORE_OUTGOING = 263, 6, 23
ETH_P_IP = 0x0800
SYN, ACK = 0x02, 0x10
TOKEN = re.compile(rb'"(?:content|reasoning_content)":"[^"]')
REQUEST_ID = re.compile(rb"\r\nx-request-id: ([^\r]+)\r\n", re.IGNORECASE)


class Capture:
    """All TCP over IPv4 on loopback from `start` to `stop`, in a process of its own."""

    def __enter__(self):
        self.theirs, mine = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=_read, args=(mine,), daemon=True)
        self.process.start()
        self.theirs.recv()  # it listens
        return self

    def requests(self):
        """Ends it: {request id: what the wire saw of it}, instants on CLOCK_MONOTONIC, ns."""
        time.sleep(0.2)
        self.theirs.send("stop")
        packets, dropped = self.theirs.recv()
        self.process.join()
        if dropped:
            raise RuntimeError(f"the capture lost {dropped} packets")
        return _requests(packets)

    def __exit__(self, *_):
        if self.process.is_alive():
            self.process.terminate()


def _read(pipe):
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
    tap.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 512 << 20)
    tap.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    tap.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    tap.bind(("lo", ETH_P_IP))
    tap.settimeout(0.2)
    packets = []
    pipe.send("listening")
    asked = False
    while True:
        try:
            data, extra, _, _ = tap.recvmsg(70_000, 128)
        except TimeoutError:
            if asked:
                break
            asked = pipe.poll()
            continue
        header = (data[0] & 15) * 4
        if data[9] != socket.IPPROTO_TCP or len(data) < header + 20:
            continue
        source, target, sequence, _, offset, flags = struct.unpack_from("!HHIIBB", data, header)
        payload = data[header + (offset >> 4) * 4 : int.from_bytes(data[2:4], "big") or len(data)]
        if not payload and not flags & SYN:
            continue
        seconds, nanoseconds = struct.unpack_from("qq", extra[0][2])
        packets.append((seconds * 10**9 + nanoseconds, source, target, sequence, flags, payload))
    dropped = struct.unpack("II", tap.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
    offset = time.time_ns() - time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    pipe.send(([(packet[0] - offset, *packet[1:]) for packet in packets], dropped))


class Seen:
    """A request on the wire: its first and last packet, its connection's set-up, the answer's packets."""

    def __init__(self, at, connection):
        self.sent = self.written = at
        # Of the first request of a connection: from SYN to the answer of it.
        self.opened = connection.pop("syn", None)
        self.set_up = max(0, connection.pop("accepted", at) - self.opened) if self.opened else 0
        self.asked, self.answer, self.arrivals = b"", bytearray(), []

    def read(self):
        """First and last token: when the packet that ends its event arrived."""
        self.first_token = self.last_token = self.ended = None
        if self.arrivals:
            self.ended = self.arrivals[-1][1]
        found = list(TOKEN.finditer(self.answer))
        for name, match in (("first_token", found[:1]), ("last_token", found[-1:])):
            for token in match:
                end = self.answer.find(b"\n\n", token.end())
                end = end + 2 if end >= 0 else token.end()
                setattr(self, name, next(at for upto, at in self.arrivals if upto >= end))


def _requests(packets):
    connections, seen = {}, {}
    for at, source, target, sequence, flags, payload in packets:
        if flags & SYN:
            if not flags & ACK:
                connections[source, target] = {"syn": at, "request": None}
            elif (target, source) in connections:
                connections[target, source]["accepted"] = at
            continue
        if (source, target) in connections:
            connection = connections[source, target]
            if payload.startswith((b"POST ", b"GET ")):
                connection["request"] = Seen(at, connection)
            request = connection["request"]
            if request is None:
                continue
            request.written = at
            request.asked += payload[: 8192 - len(request.asked)]
            named = REQUEST_ID.search(request.asked)
            if named:
                seen[named[1].decode()] = request
        elif (target, source) in connections and connections[target, source]["request"]:
            request = connections[target, source]["request"]
            request.answer += payload
            request.arrivals.append((len(request.answer), at))
    for request in seen.values():
        request.read()
    return seen
