internal import Schedule
internal import Ticks

/// One replica: its slots, and the step clock that gives each of its active sequences tokens together.
///
///     starting ──readyAt──► ready, idle ◄──► ready, busy:  step │ step │ step │ …   (continuous batching)
///
/// A step's length is fixed by the sequences active when it begins; a sequence whose prefill ends at the very instant a
/// step begins belongs to that step, any later one waits for the next. Prefill takes a slot but delays no step.
struct Replica: Sendable {
    /// A sequence in a slot.
    struct Member: Sendable {
        let sequence: Int
        let readyAt: Instant  // end of its prefill
        var remaining: Int  // tokens
        let speed: Double  // tokens of a step, in times the usual
        var credit = 0.0  // of them, what is due and less than a whole one
        var isActive = false  // takes part in the present step

        /// Tokens that a step gives it; at other than the usual speed some steps give one more, or none.
        mutating func due(_ tokensPerStep: Int) -> Int {
            if speed == 1 { return tokensPerStep }
            credit += Double(tokensPerStep) * speed
            let whole = credit.rounded(.down)
            credit -= whole
            return Int(whole)
        }
    }

    let number: Int
    let startedAt: Instant
    let readyAt: Instant
    /// False for the replicas that were there before the first request.
    let startsCold: Bool
    private(set) var isReady: Bool
    private(set) var members: [Member] = []
    /// Since when no slot has been taken.
    private(set) var idleSince: Instant
    /// For how long it may stay so, this time; nil = for ever.
    private(set) var idleTimeout: Duration?
    /// The present step; its end is `nextStep` below.
    private(set) var stepBegan: Instant?
    private(set) var stepEnds = Instant.distantFuture
    private var nextReady = Instant.distantFuture  // the earliest end of a prefill, kept while no step runs
    private var stepFactor = 1.0
    private var active = 0
    private var generator: SplitMix64

    private let idleTimeouts: DurationDistribution?
    private var idleGenerator: SplitMix64

    private let step: Scenario.Step
    private let jitter: Double
    private let hours: Scenario  // whose speed changes
    private let origin: Instant
    private let tokensPerStep: Int

    /// - Parameter origin: the provider's start, from which the hours of its speed count.
    init(
        number: Int,
        scenario: Scenario,
        origin: Instant,
        startedAt: Instant,
        readyAt: Instant,
        startsCold: Bool
    ) {
        self.number = number
        self.startedAt = startedAt
        self.readyAt = readyAt
        self.startsCold = startsCold
        isReady = !startsCold
        idleSince = readyAt
        step = scenario.step
        jitter = scenario.jitter
        hours = scenario
        self.origin = origin
        tokensPerStep = max(1, scenario.tokensPerStep)
        let own = scenario.seed &+ UInt64(number) &* 0x9e37_79b9_7f4a_7c15
        generator = SplitMix64(seed: own, stream: "replica")
        idleTimeouts = scenario.idleTimeout
        idleGenerator = SplitMix64(seed: own, stream: "idle")
        idleTimeout = scenario.idleTimeout?.draw(using: &idleGenerator)
        members.reserveCapacity(scenario.slotsPerReplica)
    }

    mutating func becomeReady() { isReady = true }

    /// When this replica next does something by itself: ends a step, or begins one once a prefill ends.
    var nextStep: Instant {
        if stepBegan != nil { return stepEnds }
        return nextReady
    }

    /// Gives a slot to a sequence whose prefill ends at `readyAt`.
    mutating func join(sequence: Int, tokens: Int, speed: Double, readyAt: Instant) {
        var member = Member(sequence: sequence, readyAt: readyAt, remaining: tokens, speed: speed)
        if let stepBegan, readyAt <= stepBegan {
            member.isActive = true
            active += 1
            stepEnds = stepBegan.advanced(byNanoseconds: stepNanoseconds())
        }
        nextReady = min(nextReady, readyAt)
        members.append(member)
    }

    /// Frees the sequence's slot at once; the present step keeps its length.
    mutating func leave(sequence: Int, at now: Instant) {
        guard let index = members.firstIndex(where: { $0.sequence == sequence }) else { return }
        if members[index].isActive { active -= 1 }
        members.remove(at: index)
        if active == 0 { endStep() }
        if members.isEmpty { fallIdle(at: now) }
    }

    /// Does what is due at `nextStep`, which `now` has reached: hands the tokens of the step that ends to `emit(sequence, tokens, isLast)`, then
    /// begins the next one with whoever is ready.
    mutating func takeStep(at now: Instant, emit: (Int, Int, Bool) -> Void) {
        if stepBegan != nil {
            var kept = 0
            for index in members.indices {
                var member = members[index]
                if member.isActive {
                    let tokens = min(member.due(tokensPerStep), member.remaining)
                    member.remaining -= tokens
                    if tokens > 0 { emit(member.sequence, tokens, member.remaining == 0) }
                    if member.remaining == 0 { continue }
                }
                members[kept] = member
                kept += 1
            }
            members.removeSubrange(kept...)
            endStep()
            if members.isEmpty { fallIdle(at: now) }
        }
        beginStep(at: now)
    }

    private mutating func fallIdle(at now: Instant) {
        idleSince = now
        idleTimeout = idleTimeouts?.draw(using: &idleGenerator)
    }

    private mutating func beginStep(at now: Instant) {
        active = 0
        for index in members.indices {
            members[index].isActive = members[index].readyAt <= now
            if members[index].isActive { active += 1 }
        }
        guard active > 0 else { return }
        stepFactor = 1 + jitter * (2 * generator.unit() - 1)
        stepBegan = now
        stepEnds = now.advanced(byNanoseconds: stepNanoseconds())
    }

    private mutating func endStep() {
        stepBegan = nil
        stepEnds = .distantFuture
        active = 0
        nextReady = .distantFuture
        for index in members.indices {
            members[index].isActive = false
            nextReady = min(nextReady, members[index].readyAt)
        }
    }

    /// At least 1 µs, so that a scenario without step times still has time pass.
    private func stepNanoseconds() -> Int64 {
        let nominal = step.duration(active: active).nanoseconds
        let factor =
            (jitter == 0 ? 1 : stepFactor)
            / hours.speed(at: .nanoseconds((stepBegan ?? readyAt).nanoseconds(since: origin)))
        return max(1000, factor == 1 ? nominal : Int64(Double(nominal) * factor))
    }
}
