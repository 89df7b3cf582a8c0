import Schedule
import Simulator
import Ticks

/// Drives a `ServerModel` in virtual time and keeps what came out.
struct ModelBench {
    struct Seen: Equatable {
        var arrived: Int64  // ms, as all instants here
        var dequeued: Int64?
        var replica: Int?
        var cold: Bool?
        var tokenTimes: [Int64] = []
        var tokens = 0
        var ended = false
    }

    var model: ServerModel
    var events: [ServerModel.Event] = []
    var seen: [Seen] = []
    private var requestOf: [Int: Int] = [:]  // by sequence
    private var sequenceOf: [Int: Int] = [:]  // by request
    var replicaEvents: [(number: Int, what: String, at: Int64)] = []
    /// Events of a sequence that is not there.
    var strays = 0
    /// Requests that got their last token since this was last emptied.
    var finishedNow: [Int] = []

    init(_ scenario: Scenario) { model = ServerModel(scenario: scenario, start: .zero) }

    static func ms(_ instant: Instant) -> Int64 { instant.nanoseconds / 1_000_000 }
    static func at(_ ms: Int64) -> Instant { Instant(nanoseconds: ms * 1_000_000) }

    /// The number of the request, or the delay after which to try again, in ms.
    @discardableResult
    mutating func arrive(at ms: Int64, prompt: Int = 0, tokens: Int = 10) -> (request: Int?, retry: Duration?) {
        advance(to: ms)
        let admission = model.admit(promptTokens: prompt, tokens: tokens, arrived: Self.at(ms), into: &events)
        defer { note() }
        switch admission {
        case .refused(let retryAfter): return (nil, retryAfter)
        case .accepted(let sequence):
            seen.append(Seen(arrived: ms))
            requestOf[sequence] = seen.count - 1
            sequenceOf[seen.count - 1] = sequence
            return (seen.count - 1, nil)
        }
    }

    mutating func cancel(_ request: Int, at ms: Int64) {
        advance(to: ms)
        guard let sequence = sequenceOf.removeValue(forKey: request) else { return }
        requestOf[sequence] = nil
        model.cancel(sequence, into: &events)
        note()
    }

    mutating func advance(to ms: Int64) {
        model.advance(to: Self.at(ms), into: &events)
        note()
    }

    /// Advances one deadline; the instant it lay at in ms, or nil if nothing is due up to `limit`.
    mutating func advanceOnce(limit: Int64) -> Int64? {
        guard let due = model.nextDeadline, due <= Self.at(limit) else { return nil }
        model.advance(to: due, into: &events)
        note()
        return Self.ms(due)
    }

    private mutating func note() {
        for event in events {
            switch event {
            case .dequeued(let sequence, let replica, let cold, let at):
                guard let request = requestOf[sequence] else {
                    strays += 1
                    continue
                }
                seen[request].dequeued = Self.ms(at)
                seen[request].replica = replica
                seen[request].cold = cold
            case .tokens(let sequence, let count, let isLast, let at):
                guard let request = requestOf[sequence] else {
                    strays += 1
                    continue
                }
                seen[request].tokenTimes.append(Self.ms(at))
                seen[request].tokens += count
                if isLast {
                    seen[request].ended = true
                    requestOf[sequence] = nil
                    sequenceOf[request] = nil
                    finishedNow.append(request)
                }
            case .replicaStarting(let number, let at): replicaEvents.append((number, "starting", Self.ms(at)))
            case .replicaReady(let number, let at): replicaEvents.append((number, "ready", Self.ms(at)))
            case .replicaGone(let number, let at): replicaEvents.append((number, "gone", Self.ms(at)))
            }
        }
        events.removeAll()
    }
}

extension Scenario {
    /// 16 slots, a step of 20 ms whatever the load, no prefill: the tests change what they are about.
    static func plain(_ change: (inout Scenario) -> Void = { _ in }) -> Scenario {
        var scenario = Scenario(name: "plain")
        scenario.slotsPerReplica = 16
        scenario.prefill = Prefill(base: .zero, perThousandTokens: .zero)
        scenario.step = Step(base: .milliseconds(20), perActive: .zero)
        scenario.jitter = 0
        change(&scenario)
        return scenario
    }
}
