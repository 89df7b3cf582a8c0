internal import Schedule
internal import Ticks

/// The replicas of a provider: when one more is started, when one is let go, which of them takes the next sequence.
///
///     none ──load > loadPerReplica × replicas, delay passed──► starting ──cold start──► ready ──idle──► gone
///
/// Numbers count up from 0 and are never used again. Replicas that the scenario always keeps are ready from the start.
struct ReplicaPool: Sendable {
    private(set) var replicas: [Replica] = []
    private let scenario: Scenario
    private let origin: Instant
    private var generator: SplitMix64
    private var lastStart: Instant?
    private var nextNumber = 0

    init(scenario: Scenario, start: Instant) {
        self.scenario = scenario
        origin = start
        generator = SplitMix64(seed: scenario.seed, stream: "cold starts")
        for _ in 0..<max(0, scenario.replicasMin) { add(startedAt: start, readyAt: start, startsCold: false) }
    }

    private mutating func add(startedAt: Instant, readyAt: Instant, startsCold: Bool) {
        replicas.append(
            Replica(
                number: nextNumber,
                scenario: scenario,
                origin: origin,
                startedAt: startedAt,
                readyAt: readyAt,
                startsCold: startsCold
            )
        )
        nextNumber += 1
    }

    var startingCount: Int { replicas.count { !$0.isReady } }
    var readyCount: Int { replicas.count { $0.isReady } }

    /// When the first of the starting replicas will be ready.
    var firstReady: Instant? { replicas.lazy.filter { !$0.isReady }.map(\.readyAt).min() }

    /// The instant from which one more replica may be started for `load` waiting and running requests; nil if none is
    /// wanted.
    func scaleUpDue(load: Int) -> Instant? {
        guard replicas.count < max(scenario.replicasMax, scenario.replicasMin) else { return nil }
        guard load > scenario.scaleUp.loadPerReplica * replicas.count else { return nil }
        guard !replicas.isEmpty, let lastStart else { return .zero }
        return lastStart.advanced(by: scenario.scaleUp.delay)
    }

    /// Starts a replica; it will be ready after a cold start drawn from the scenario. Returns its number.
    mutating func startReplica(at now: Instant) -> Int {
        let length = max(0, scenario.coldStart.draw(using: &generator).nanoseconds)
        add(startedAt: now, readyAt: now.advanced(byNanoseconds: length), startsCold: true)
        lastStart = now
        return nextNumber - 1
    }

    /// When the replica at `index` goes if nothing happens; nil if it is busy, starting, or kept by `replicasMin`.
    func idleDeadline(of index: Int, readyCount: Int) -> Instant? {
        guard let timeout = replicas[index].idleTimeout, replicas[index].isReady, replicas[index].members.isEmpty else {
            return nil
        }
        return readyCount > scenario.replicasMin ? replicas[index].idleSince.advanced(by: timeout) : nil
    }

    mutating func remove(at index: Int) { replicas.remove(at: index) }

    mutating func becomeReady(at index: Int) { replicas[index].becomeReady() }

    /// The ready replica with a free slot and the fewest sequences, the oldest among equals; nil if all are full.
    var leastLoaded: Int? {
        var best: Int?
        var fewest = scenario.slotsPerReplica
        for index in replicas.indices where replicas[index].isReady && replicas[index].members.count < fewest {
            best = index
            fewest = replicas[index].members.count
        }
        return best
    }

    /// The index of the replica of that number, where it is ready and has a free slot.
    func free(number: Int) -> Int? {
        replicas.firstIndex {
            $0.number == number && $0.isReady && $0.members.count < scenario.slotsPerReplica
        }
    }

    mutating func join(sequence: Int, tokens: Int, speed: Double, readyAt: Instant, at index: Int) {
        replicas[index].join(sequence: sequence, tokens: tokens, speed: speed, readyAt: readyAt)
    }

    /// Frees the slot of a sequence on the replica of that number.
    mutating func leave(sequence: Int, replica number: Int, at now: Instant) {
        guard let index = replicas.firstIndex(where: { $0.number == number }) else { return }
        replicas[index].leave(sequence: sequence, at: now)
    }

    mutating func takeStep(at now: Instant, index: Int, emit: (Int, Int, Bool) -> Void) {
        replicas[index].takeStep(at: now, emit: emit)
    }
}
