internal import Synchronization

/// What the loops found out about the servers' way with connections.
final class LearntHabits: Sendable {
    private let targets = Mutex<Set<Int>>([])

    /// - Parameter notes: target index to whether it closes connections after an answer
    func add(_ notes: [Int: Bool]) {
        targets.withLock { targets in
            for (target, closes) in notes where closes { targets.insert(target) }
        }
    }

    /// Targets that close.
    var closing: Set<Int> { targets.withLock { $0 } }
}
