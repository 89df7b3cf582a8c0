internal import CLibuv
internal import Glibc
public import Ticks

/// A one-shot timer with nanosecond deadlines on CLOCK_MONOTONIC (timerfd under libuv's poll).
///
/// libuv's own timers are whole milliseconds against a cached clock; a paced start or a burst's release must be finer.
public final class PreciseTimer {
    private let descriptor: Int32
    private let poll: UnsafeMutablePointer<uv_poll_t>
    private let fire: (Instant) -> Void
    private unowned let loop: EventLoop
    private var armed: Instant?

    /// `fire` gets the deadline that passed; the clock then reads that or later.
    public init(loop: EventLoop, _ fire: @escaping (Instant) -> Void) {
        self.fire = fire
        self.loop = loop
        descriptor = spate_timer_create()
        if descriptor < 0 { SystemFailure.end("make a timer", errno) }
        poll = .allocate(capacity: 1)
        SystemFailure.check(uv_poll_init(loop.raw, poll, descriptor), "watch a timer")
        poll.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        uv_poll_start(poll, Int32(UV_READABLE.rawValue)) { handle, _, _ in
            guard let data = handle?.pointee.data else { return }
            Unmanaged<PreciseTimer>.fromOpaque(data).takeUnretainedValue().expired()
        }
        loop.onClose { [self] in close() }
    }

    /// Fires once at `deadline`, or at once when it has passed; replaces the earlier deadline.
    public func arm(at deadline: Instant) {
        guard armed != deadline else { return }
        armed = deadline
        spate_timer_set(descriptor, max(1, deadline.nanoseconds))  // zero would disarm
    }

    public func disarm() {
        guard armed != nil else { return }
        armed = nil
        spate_timer_set(descriptor, 0)
    }

    private func expired() {
        loop.eventBegins()
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
        guard let deadline = armed, MonotonicClock.now() >= deadline else { return }
        armed = nil
        fire(deadline)
    }

    /// Called once, when the loop ends; the handle's memory lives until libuv lets go of it.
    private func close() {
        uv_poll_stop(poll)
        _ = Glibc.close(descriptor)
        let retained = Unmanaged.passRetained(self)
        poll.pointee.data = retained.toOpaque()
        poll.withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            uv_close($0) { handle in
                guard let data = handle?.pointee.data else { return }
                Unmanaged<PreciseTimer>.fromOpaque(data).release()
            }
        }
    }

    deinit { poll.deallocate() }
}

@available(*, unavailable) extension PreciseTimer: Sendable {}
