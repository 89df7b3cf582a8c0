import Engine
import Measurement
import Schedule
import Ticks
import Transport
import Wire

/// What may go wrong in a world.
enum Fault: String, CaseIterable {
    case refused  // nobody takes the connection
    case hangs  // nor refuses it
    case resetEarly = "reset-early"
    case status  // 429, 500, 503, with and without advice
    case silent  // no first token
    case stall  // in the middle
    case reset  // in the middle
    case early  // an end without its sign
    case slow  // beyond the total timeout
    case open  // the connection stays open behind the end
    case late  // a reset behind the end
    case split  // reads that end anywhere, also within a character, and pieces of them
    case inband  // an error in the stream
    case stop  // the generator does not run for a while
    case clock  // the wall clock is set, the machine sleeps
    case interrupt
    case caps
}

/// One world, drawn from its seed; what is taken away leaves the rest of the draw as it was.
struct Case {
    var seed: UInt64
    var faults = Set(Fault.allCases)
    var mostPhases = 3
    var mostLevel = 8
    var mostLoops = 3

    /// How to have it again.
    var words: String {
        var words = "--seed \(seed)"
        let without = Fault.allCases.filter { !faults.contains($0) }.map(\.rawValue)
        if !without.isEmpty { words += " --without \(without.joined(separator: ","))" }
        if mostPhases < 3 { words += " --phases \(mostPhases)" }
        if mostLevel < 8 { words += " --level \(mostLevel)" }
        if mostLoops < 3 { words += " --loops \(mostLoops)" }
        return words
    }

    /// Smaller ones, each less of one kind.
    var smaller: [Case] {
        var cases: [Case] = []
        for fault in Fault.allCases where faults.contains(fault) {
            var other = self
            other.faults.remove(fault)
            cases.append(other)
        }
        if mostLoops > 1 { cases.append(with { $0.mostLoops = 1 }) }
        if mostPhases > 1 { cases.append(with { $0.mostPhases -= 1 }) }
        if mostLevel > 1 { cases.append(with { $0.mostLevel /= 2 }) }
        return cases
    }

    private func with(_ change: (inout Case) -> Void) -> Case {
        var other = self
        change(&other)
        return other
    }
}

/// Numbers that a seed gives, by what they are for, so that leaving one out changes no other.
struct Draw {
    private var random: Chance

    init(_ seed: UInt64, _ purpose: StaticString) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a
        purpose.withUTF8Buffer { for byte in $0 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 } }
        random = Chance(seed: seed ^ hash)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(random.next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    mutating func chance(_ share: Double) -> Bool { random.unit() < share }
    mutating func milliseconds(_ range: ClosedRange<Int>) -> Int64 { Int64(number(range)) * 1_000_000 }
    mutating func one<Value>(_ values: [Value]) -> Value { values[number(0...values.count - 1)] }
}

/// A program as somebody might ask for.
struct Asked {
    var loops: Int
    var plan: RunPlan
    var caps = Limits()
    var interruptAfter: Int64?
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

    func program() -> Program {
        let provider = Provider(name: "test", authentication: .none)
        let target = EngineTarget(
            id: 1,
            name: "target-1",
            endpoint: Endpoint(scheme: .http, host: "127.0.0.1", port: 1),
            basePath: "/v1",
            model: "m",
            provider: provider,
            headers: provider.api.headers,
            plan: plan
        )
        return Program(targets: [target], order: .sequential)
    }
}
