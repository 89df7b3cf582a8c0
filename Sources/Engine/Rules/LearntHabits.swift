internal import Measurement
internal import Synchronization
internal import Ticks

/// What the loops found out about the servers: their limits while the run goes on, their way with connections at its end.
final class LearntHabits: Sendable {
    private static let interval: Int64 = 1_000_000_000

    private struct State {
        var closing: Set<Int> = []
        var limits: [Int: [Int: RateLimitRecord]] = [:]  // by loop, then by target
        var told: [Int: Instant] = [:]  // when each loop last did
        var loopsEnded = 0
    }

    private let state = Mutex(State())

    /// Takes what a loop's responses said of limits, at most once a second.
    func tell(loop: Int, at now: Instant, limits: @autoclosure () -> [Int: RateLimitRecord]) {
        let isDue = state.withLock { state in
            if let last = state.told[loop], now.nanoseconds(since: last) < Self.interval { return false }
            state.told[loop] = now
            return true
        }
        guard isDue else { return }
        let limits = limits()
        state.withLock { $0.limits[loop] = limits }
    }

    /// - Parameters:
    ///   - notes: target to whether it closes connections after an answer
    ///   - limits: what the target's responses said of its limits
    func end(loop: Int, _ notes: [Int: Bool], limits: [Int: RateLimitRecord]) {
        state.withLock { state in
            for (target, closes) in notes where closes { state.closing.insert(target) }
            state.limits[loop] = limits
            state.loopsEnded += 1
        }
    }

    /// Targets that close.
    var closing: Set<Int> { state.withLock { $0.closing } }
    var loopsEnded: Int { state.withLock { $0.loopsEnded } }

    /// By target, of all loops together.
    var limits: [Int: RateLimitRecord] {
        state.withLock { state in
            state.limits.sorted { $0.key < $1.key }.reduce(into: [:]) { sum, loop in
                sum.merge(loop.value) { $0.merging($1) }
            }
        }
    }
}
