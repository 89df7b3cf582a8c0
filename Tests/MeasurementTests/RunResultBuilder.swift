import Measurement
import Ticks

/// Builds a recorded run by hand, in milliseconds.
struct RunResultBuilder {
    static let millisecond: Int64 = 1_000_000

    var recorded = RecordedRun()

    init() {
        recorded.run.complete = true
        recorded.run.seed = 7
        _ = target("mine")
    }

    var result: RunResult { RunResult(of: recorded) }

    mutating func target(_ name: String) -> Int {
        var target = TargetRecord()
        target.id = recorded.targets.count + 1
        target.name = name
        recorded.targets.append(target)
        return target.id
    }

    mutating func phase(_ kind: PhaseKind, from start: Int64, to end: Int64?, target: Int = 1) -> Int {
        var phase = PhaseRecord()
        phase.id = recorded.phases.count + 1
        phase.target = target
        phase.name = kind.rawValue
        phase.kind = kind
        phase.started = start * Self.millisecond
        phase.ended = end.map { $0 * Self.millisecond }
        recorded.phases.append(phase)
        return phase.id
    }

    /// Its window is `settled`..<`windowEnded`; bins of 1 s.
    mutating func step(
        _ kind: StageKind,
        of phase: Int,
        _ concurrency: Int,
        from start: Int64,
        settled: Int64? = nil,
        windowEnded: Int64? = nil,
        drained: Int64? = nil,
        change: (inout StepRecord) -> Void = { _ in }
    ) -> Int {
        var step = StepRecord()
        step.id = recorded.steps.count + 1
        step.ordinal = recorded.steps.count
        step.phase = phase
        step.kind = kind
        step.concurrency = concurrency
        step.started = start * Self.millisecond
        step.settled = settled.map { $0 * Self.millisecond }
        step.windowEnded = windowEnded.map { $0 * Self.millisecond }
        step.drained = drained.map { $0 * Self.millisecond }
        change(&step)
        recorded.steps.append(step)
        return step.id
    }

    /// An answer of `tokens` tokens of four bytes, the first `ttft` after dispatch and the others every `gap`, one event
    /// a read; it ends with its last token. Usage is 10 tokens in and `tokens` out.
    mutating func request(
        _ step: Int,
        at dispatched: Int64,
        ttft: Int64 = 200,
        tokens: Int = 8,
        gap: Int64 = 100,
        measured: Bool = true,
        change: (inout RequestRecord) -> Void = { _ in }
    ) {
        var request = RequestRecord()
        request.sequence = Int64(recorded.requests.count)
        request.step = step
        request.measured = measured
        request.scheduled = dispatched * Self.millisecond
        request.dispatchLag = 0
        request.written = Self.millisecond
        request.firstToken = ttft * Self.millisecond
        request.firstVisible = request.firstToken
        request.lastToken = (ttft + Int64(tokens - 1) * gap) * Self.millisecond
        request.ended = request.lastToken
        request.outcome = .ok
        request.useful = true
        request.stamp = .kernel
        (request.lateSend, request.lateFirst, request.lateLast) = (0, 0, 0)
        request.connection = .reused
        request.inputTokens = 10
        request.outputTokens = Int64(tokens)
        request.tokenSource = .usage
        request.tokenEvents = tokens
        request.events = tokens + 2
        request.tokenReads = tokens
        request.textBytes = Int64(4 * tokens)
        request.firstReadTextBytes = 4
        var log = ArrivalLog()
        let width = (recorded.steps.first { $0.id == step }?.binWidth ?? 1_000_000_000) / Self.millisecond
        for token in 0..<Int64(tokens) {
            log.add(bin: (dispatched + ttft + token * gap) / width, events: 1, textBytes: 4)
        }
        request.arrivals = log.take()
        change(&request)
        recorded.requests.append(request)
    }

    /// A request without an answer that ended after `duration`.
    mutating func failure(
        _ step: Int,
        at dispatched: Int64,
        _ outcome: Outcome,
        after duration: Int64 = 50,
        measured: Bool = true
    ) {
        request(step, at: dispatched, measured: measured) {
            $0.outcome = outcome
            $0.useful = false
            ($0.firstToken, $0.firstVisible, $0.lastToken) = (nil, nil, nil)
            ($0.lateFirst, $0.lateLast) = (nil, nil)
            ($0.inputTokens, $0.outputTokens, $0.tokenSource) = (nil, nil, nil)
            ($0.tokenEvents, $0.tokenReads, $0.textBytes, $0.firstReadTextBytes) = (0, 0, 0, 0)
            $0.arrivals = []
            $0.ended = duration * Self.millisecond
        }
    }

    /// Stores that `level` requests were in flight in every second of [from, to).
    mutating func inFlight(_ step: Int, _ level: Double, from: Int64, to: Int64) {
        for second in (from / 1000)..<(to / 1000) {
            var bin = BinRecord()
            bin.step = step
            bin.bin = second
            bin.inFlightArea = Int64(level * 1e9)
            bin.inFlightMax = Int(level.rounded(.up))
            recorded.bins.append(bin)
        }
    }
}

/// A ramp over two levels of a server that answers one request a second.
///
/// At level 1 a request waits 200 ms and is done after 900 ms, the next starts after 1 s; at level 2 two start every 2 s,
/// wait 1,200 ms and are done after 1,900 ms. Both decode 10 tokens/s and the server gives 8 tokens/s.
func rampOfTwoLevels() -> RunResultBuilder {
    var builder = RunResultBuilder()
    let ramp = builder.phase(.ramp, from: 0, to: 94_000)
    let one = builder.step(.level, of: ramp, 1, from: 0, settled: 1000, windowEnded: 31_000, drained: 31_000)
    let two = builder.step(.level, of: ramp, 2, from: 31_000, settled: 32_000, windowEnded: 92_000, drained: 94_000)
    for second in 0..<31 as Range<Int64> {
        builder.request(one, at: 1000 * second, measured: second >= 1)
    }
    // The first pair starts with the step, before it has settled.
    for pair in 0..<32 as Range<Int64> {
        let at = 30_000 + 2000 * pair
        if pair == 0 { continue }
        for _ in 0..<2 { builder.request(two, at: at, ttft: 1200, measured: at < 92_000) }
    }
    builder.inFlight(one, 0.9, from: 0, to: 31_000)
    builder.inFlight(two, 1.9, from: 32_000, to: 94_000)
    return builder
}
