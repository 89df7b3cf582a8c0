internal import Measurement
internal import Ticks
internal import Transport
internal import Wire

/// The lanes of one loop, by target; each is made when it is first asked for.
final class Lanes {
    private let run: RunContext
    private let loop: EventLoop
    private let parser = JSONParser()
    private var lanes: [Lane?]

    init(of run: RunContext, on loop: EventLoop) {
        self.run = run
        self.loop = loop
        lanes = Array(repeating: nil, count: run.program.targets.count)
    }

    subscript(target: Int) -> Lane {
        if let lane = lanes[target] { return lane }
        let lane = Lane(target, of: run, loop: loop, parser: parser)
        lanes[target] = lane
        return lane
    }

    var clients: [HTTPClient] { lanes.compactMap { $0?.client } }

    /// Several times a second.
    func followNames(at now: Instant) { for lane in lanes { lane?.followName(at: now) } }

    /// What each target's responses said of its limits.
    var rateLimits: [Int: RateLimitRecord] { facts(\.limits) }

    /// Whether each target's server closes connections after an answer.
    var connectionNotes: [Int: Bool] { facts(\.closesConnections) }

    private func facts<Fact>(_ fact: (Lane) -> Fact?) -> [Int: Fact] {
        lanes.reduce(into: [:]) { facts, lane in
            if let lane { facts[lane.index] = fact(lane) }
        }
    }
}
