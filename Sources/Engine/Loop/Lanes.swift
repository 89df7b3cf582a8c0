internal import Measurement
internal import Ticks
internal import Transport
internal import Wire

/// The lanes of one loop, one for each target that it has asked.
final class Lanes {
    private let run: RunContext
    private let loop: EventLoop
    private let parser = JSONParser()
    private var lanes: [Lane] = []

    init(of run: RunContext, on loop: EventLoop) {
        self.run = run
        self.loop = loop
    }

    /// That of a target's id; made when it is first asked for.
    subscript(target: Int) -> Lane {
        if let lane = lanes.first(where: { $0.target.id == target }) { return lane }
        let lane = Lane(run.program.target(target), of: run, loop: loop, parser: parser)
        lanes.append(lane)
        return lane
    }

    var clients: [HTTPClient] { lanes.map(\.client) }

    /// Several times a second.
    func followNames(at now: Instant) { for lane in lanes { lane.followName(at: now) } }

    /// What each target's responses said of its limits.
    var rateLimits: [Int: RateLimitRecord] { facts(\.limits) }

    /// Whether each target's server closes connections after an answer.
    var connectionNotes: [Int: Bool] { facts(\.closesConnections) }

    private func facts<Fact>(_ fact: (Lane) -> Fact?) -> [Int: Fact] {
        lanes.reduce(into: [:]) { facts, lane in facts[lane.target.id] = fact(lane) }
    }
}
