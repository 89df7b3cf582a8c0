internal import Measurement
internal import Synchronization

/// What the loops found out about the servers' way with connections, told when they end.
final class LearntHabits: Sendable {
    private struct State {
        var targets: Set<Int> = []
        var limits: [Int: RateLimitRecord] = [:]
        var loops = 0
    }

    private let state = Mutex(State())

    /// - Parameters:
    ///   - notes: target index to whether it closes connections after an answer
    ///   - limits: what the target's responses said of its limits
    func add(_ notes: [Int: Bool], limits: [Int: RateLimitRecord]) {
        state.withLock { state in
            for (target, closes) in notes where closes { state.targets.insert(target) }
            for (target, record) in limits { state.limits[target, default: RateLimitRecord()].merge(record) }
            state.loops += 1
        }
    }

    /// Targets that close.
    var closing: Set<Int> { state.withLock { $0.targets } }
    var limits: [Int: RateLimitRecord] { state.withLock { $0.limits } }
    var loopsEnded: Int { state.withLock { $0.loops } }
}
