import Engine
import Measurement
import Schedule
import Ticks
import Transport
import Wire

/// A program as somebody might ask for.
struct Asked {
    var loops: Int
    var plan: RunPlan
    /// What each target speaks, and in which order they are asked.
    var apis: [API]
    var order: TargetOrder
    var caps = Limits()
    var interruptAfter: Int64?
    /// What this machine is of several.
    var shard = Shard.whole
    /// Its requests' ids begin so.
    var name: String { "t\(shard.index)" }
    /// Whether it goes on when it was cut off.
    var isResumed = false
    /// When its store fails, nanoseconds of run time, and for how long; nil = for good.
    var storeFails: (at: Int64, for: Int64?)?
    /// Prompts of each job, by its phase.
    var jobs: [String: Int] = [:]

    static let maxTokens = 8

    init(_ world: Case) {
        var draw = Draw(world.seed, "plan")
        loops = min(world.mostLoops, draw.one([1, 1, 2, 3]))
        var workload = Workload(source: .synthetic(inputTokens: 8))
        workload.maxTokens = .fixed(Self.maxTokens)
        let phases = draw.number(1...3)
        var shapes = (0..<phases).map { _ in Self.shape(&draw, world.mostLevel) }
        shapes = Array(shapes.prefix(world.mostPhases))
        var width = Draw(world.seed, "width")  // numbers of its own, so that it can be left out
        let spoken = (0..<width.one([1, 1, 2, 3])).map { _ in width.one(Self.apis) }
        order = width.one([.interleaved, .sequential, .parallel])
        apis = spoken.prefix(world.mostTargets).map { world.faults.contains(.apis) ? $0 : .openAIChat }
        let turns = Workload.TokenCap.uniform(1, width.number(1...4))
        let think = Workload.Conversations(turns: turns, think: .uniform(.zero, .milliseconds(width.number(1...600))))
        if width.chance(0.3), world.faults.contains(.users) { workload.conversations = think }
        var rare = Draw(world.seed, "rare")
        shapes = shapes.map { Self.rare(instead: $0, &rare, world) }
        let rates = shapes.map { _ in width.chance(0.3) ? Double(width.number(2...20)) : nil }
        if world.faults.contains(.probes) { shapes = zip(shapes, rates).map(Self.probed) }
        let timeouts = Timeouts(connect: .seconds(1), firstToken: .seconds(2), idle: .seconds(1), total: .seconds(4))
        plan = RunPlan(
            seed: world.seed,
            workload: workload,
            warmupRequests: draw.number(0...2),
            shapes: shapes,
            grace: .milliseconds(draw.number(500...3000)),
            timeouts: timeouts
        )
        plan.retries = draw.number(0...2)
        let sizes = shapes.compactMap { if case .batch(let batch) = $0 { batch.requests } else { nil } }
        for (phase, size) in zip(plan.phases.filter { $0.kind == .batch }, sizes) { jobs[phase.name] = size }
        plan.breakerAfter = draw.one([nil, .seconds(2), .seconds(30)])
        if draw.chance(0.2), world.faults.contains(.caps) {
            caps.maxRequests = draw.chance(0.5) ? draw.number(1...40) : nil
            caps.maxOutputTokens = draw.chance(0.5) ? draw.number(8...200) : nil
        }
        if draw.chance(0.15), world.faults.contains(.interrupt) { interruptAfter = draw.milliseconds(1...6000) }
        var trouble = Draw(world.seed, "store")
        let (fails, at, length) = (trouble.chance(0.15), trouble.milliseconds(1...8000), trouble.milliseconds(1...4000))
        let isForGood = trouble.chance(0.5)
        if fails, world.faults.contains(.store) { storeFails = (at, isForGood ? nil : length) }
        var hope = Draw(world.seed, "resume")
        isResumed = hope.chance(0.7) && world.faults.contains(.resume)
    }

    /// What each of the machines is asked for.
    func parts(_ world: Case) -> [Asked] {
        var draw = Draw(world.seed, "shards")
        let count = draw.one([1, 1, 1, 2, 3])
        guard world.faults.contains(.shards), count > 1 else { return [self] }
        return (0..<count).map { index in
            var part = self
            part.shard = Shard(index, of: count)
            part.plan = plan.part(of: part.shard)
            part.caps = caps.part(of: part.shard)
            part.jobs = [:]
            for phase in part.plan.phases where phase.kind == .batch {
                part.jobs[phase.name] = phase.stages.reduce(0) { $0 + ($1.closed?.items?.count ?? 0) }
            }
            // Each machine has troubles of its own.
            if index != draw.number(0...count - 1) { part.storeFails = nil }
            if draw.chance(0.5) { part.interruptAfter = nil }
            return part
        }
    }

    /// Those that are streams of tokens.
    private static let apis = API.allCases.filter { !$0.makesVectors }

    private static func probed(_ shape: PhaseShape, _ rate: Double?) -> PhaseShape {
        switch shape {
        case .steady(var steady):
            steady.probeRate = rate
            return .steady(steady)
        case .rate(var open):
            open.probeRate = rate
            return .rate(open)
        case .replay(var replay):
            replay.probeRate = rate
            return .replay(replay)
        default: return shape
        }
    }

    private static func rare(instead shape: PhaseShape, _ draw: inout Draw, _ world: Case) -> PhaseShape {
        let (isReplay, isKeepwarm) = (draw.chance(0.12), draw.chance(0.08))
        var trace = Trace()
        var offset: Int64 = 0
        for _ in 0..<draw.number(1...40) {
            offset += draw.chance(0.3) ? 0 : draw.milliseconds(1...120)
            let answer = draw.chance(0.5) ? maxTokens : nil  // as many as these servers send
            trace.add(Trace.Row(offset: offset, inputTokens: draw.number(4...40), outputTokens: answer))
        }
        trace.finish()
        var replay = Replay(file: "/trace", format: .jsonl, trace: trace)
        replay.speed = draw.one([0.5, 1, 3])
        replay.maxConcurrency = draw.chance(0.5) ? min(world.mostLevel, draw.number(1...8)) : nil
        replay.overflow = draw.one([.queue, .shed])
        replay.choose()
        var keepwarm = PhaseShape.Keepwarm(
            gaps: (0..<draw.number(1...3)).map { _ in .milliseconds(draw.number(50...900)) }
        )
        keepwarm.repetitions = draw.number(1...2)
        if isReplay, world.faults.contains(.replays) { return .replay(replay) }
        return isKeepwarm && world.faults.contains(.keepwarm) ? .keepwarm(keepwarm) : shape
    }

    private static func shape(_ draw: inout Draw, _ mostLevel: Int) -> PhaseShape {
        func level(_ draw: inout Draw) -> Int { min(mostLevel, draw.number(1...8)) }
        switch draw.number(0...6) {
        case 0:
            var ramp = PhaseShape.Ramp(concurrency: (0..<draw.number(1...4)).map { _ in level(&draw) })
            ramp.hold = .milliseconds(draw.number(200...1500))
            ramp.settle = .milliseconds(draw.number(0...200))
            ramp.minRequests = draw.number(0...6)
            ramp.holdMax = .seconds(3)
            return .ramp(ramp)
        case 1:
            var steady = PhaseShape.Steady(concurrency: level(&draw), duration: .milliseconds(draw.number(200...3000)))
            steady.settle = .milliseconds(draw.number(0...200))
            return .steady(steady)
        case 2: return .batch(PhaseShape.Batch(requests: draw.number(1...30), concurrency: level(&draw)))
        case 3:
            var burst = PhaseShape.Burst(requests: level(&draw))
            burst.cycles = draw.number(1...2)
            burst.idle = .milliseconds(draw.number(100...1000))
            burst.hold = .milliseconds(draw.number(200...2000))
            burst.pause = .milliseconds(draw.number(0...300))
            burst.baseline = draw.chance(0.5) ? .init(concurrency: 1, requests: draw.number(1...5)) : nil
            burst.control = draw.chance(0.5)
            burst.connections = draw.one([.cold, .preopened, .warm])
            return .burst(burst)
        case 4:
            var probe = PhaseShape.Probe(requests: draw.number(1...6))
            probe.gap = .milliseconds(draw.number(0...300))
            return .probe(probe)
        default:
            let rate = Rate(Double(draw.number(2...60)))
            var stretches = [
                draw.chance(0.5)
                    ? RateShape.Stretch(rate, requests: draw.number(1...40))
                    : RateShape.Stretch(.constant(rate), for: .milliseconds(draw.number(200...2000)))
            ]
            if draw.chance(0.3) {
                stretches.append(.init(.constant(rate), for: .milliseconds(draw.number(200...1000))))
            }
            var shape = RateShape(stretches)
            shape.law = draw.one([.poisson, .constant])
            shape.maxConcurrency = draw.chance(0.5) ? level(&draw) : nil
            shape.overflow = draw.one([.queue, .shed])
            shape.stopsWhenSaturated = draw.chance(0.5)
            return .rate(shape)
        }
    }

    /// The port of a target is its id.
    var targets: [EngineTarget] {
        apis.enumerated().map { index, api in
            EngineTarget(
                id: index + 1,
                name: "target-\(index + 1)",
                endpoint: Endpoint(scheme: .http, host: "127.0.0.1", port: index + 1),
                basePath: api.basePath,
                model: "m",
                provider: Provider(name: "test", api: api, authentication: .none),
                headers: api.headers,
                plan: plan
            )
        }
    }

    /// To be driven at the same time.
    func programs() -> [Program] {
        order == .parallel && apis.count > 1
            ? Program.all(targets: targets, order: .parallel)
            : [Program(targets: targets, order: oneByOne)]
    }

    private var oneByOne: TargetOrder { order == .parallel ? .sequential : order }

    /// What an earlier part of the run left of them.
    func programs(_ remainders: [Resumption.Remainder], behind stored: RecordedRun) -> [Program] {
        let order = apis.count > 1 ? order : oneByOne
        return Program.all(targets: remainders.map(\.target), order: order, continuing: .init(behind: stored))
    }
}
