internal import Synchronization

/// What the loops found out about the servers' way with connections, told when they end.
final class LearntHabits: Sendable {
    private struct State {
        var targets: Set<Int> = []
        var loops = 0
    }

    private let state = Mutex(State())

    /// - Parameter notes: target index to whether it closes connections after an answer
    func add(_ notes: [Int: Bool]) {
        state.withLock { state in
            for (target, closes) in notes where closes { state.targets.insert(target) }
            state.loops += 1
        }
    }

    /// Targets that close.
    var closing: Set<Int> { state.withLock { $0.targets } }
    var loopsEnded: Int { state.withLock { $0.loops } }
}
