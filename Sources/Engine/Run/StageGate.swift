internal import Schedule
public import Ticks

/// Where the shards of a run wait for one another, so that a stage begins on all of them at one instant.
public protocol StageGate: Sendable {
    /// Calls `then` once, on another thread, with the instant at which all go on; nil where they cannot be waited for.
    /// - Parameter number: the stage's place in the program, the same on all shards.
    func meet(_ number: Int, then: @escaping @Sendable (Instant?) -> Void)
}

extension Program {
    /// All loops of all shards know of an edge so long before it, after an idle time of the same beginning.
    private static let edgeLead = Duration.milliseconds(20)

    var shard: Shard { targets.first?.plan.shard ?? .whole }

    /// Whether shards wait for one another before it: the stage before ended when answers had, on each at another instant.
    func meets(before index: Int) -> Bool {
        guard shard.count > 1, index > 0, entries[index].stage.load != .drain else { return false }
        switch entries[index - 1].stage.load {
        case .wait: return wave(after: index - 1) == nil
        case .open: return entries[index].stage.arrivals == nil
        case .closed, .drain: return true
        }
    }

    /// When an edge of several shards is let go: by the beginning of the idle time before it, not by when each has seen that end.
    func edgeInstant(at index: Int, after start: Instant) -> Instant? {
        guard shard.count > 1, index > 0, wave(after: index - 1) != nil,
            let pause = entries[index - 1].stage.plannedPause
        else { return nil }
        return start.advanced(by: pause + Self.edgeLead)
    }
}
