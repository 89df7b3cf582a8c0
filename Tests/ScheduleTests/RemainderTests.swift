import Testing
import Ticks

@testable import Schedule

/// What is left of a phase after a run was cut off in it.
@Suite struct RemainderTests {
    private func plan(_ shape: PhaseShape, warmup: Int = 0, inBlocks: Bool = false) -> RunPlan {
        let plan = RunPlanTests.plan(shapes: [shape], warmup: warmup)
        return inBlocks ? plan.inBlocks() : plan
    }

    private func phase(_ shape: PhaseShape) -> PhasePlan { plan(shape).phases[0] }

    /// Whole up to a place, and cut there.
    private func progress(_ place: Int, cut: Duration?, ended: Int = 0) -> [StageProgress] {
        (0..<place).map { StageProgress(place: $0, cut: nil, ended: 0) }
            + [StageProgress(place: place, cut: cut, ended: ended)]
    }

    private func kinds(_ phase: PhasePlan) -> [StageKind] { phase.stages.map(\.kind) }

    // MARK: open loops

    /// All arrivals of a phase that is drawn, since its beginning, stage after stage.
    private func arrivals(_ plan: RunPlan, from start: Int64 = 0, phase: Int = 0) -> [Int64] {
        var (all, base): ([Int64], Int64) = ([], start)
        for arrivals in plan.phases[phase].stages.compactMap(\.arrivals) {
            var cursor = arrivals.makeCursor()
            while let arrival = cursor.next() { all.append(base + arrival.offset) }
            base += arrivals.duration.nanoseconds
        }
        return all
    }

    private static let shapes: [RateShape] = {
        let sine = RateCurve.sine(RateSine(mean: Rate(9), amplitude: Rate(8), period: .seconds(7)))
        let line = RateCurve.line(RateLine(from: Rate(1), to: Rate(20), over: .seconds(10)))
        return [ArrivalLaw.constant, .poisson, .gamma(burstiness: 0.3)].flatMap { law in
            [
                [.init(.constant(Rate(7)), for: .seconds(20))],
                [
                    .init(line, for: .seconds(10)), .init(sine, for: .seconds(14)),
                    .init(.constant(Rate(3)), for: .seconds(5)),
                ],
                [.init(Rate(8), requests: 40), .init(Rate(3), requests: 11)],
            ].map { (stretches: [RateShape.Stretch]) in
                var shape = RateShape(stretches)
                shape.law = law
                return shape
            }
        }
    }()

    @Test(arguments: shapes)
    func `each arrival of a rate is due once, before the cut or at the same instant after it`(shape: RateShape) {
        let whole = plan(.rate(shape)).drawn()
        let all = arrivals(whole)
        let stages = whole.phases[0].stages
        var start: Int64 = 0
        for (place, stage) in stages.enumerated() {
            guard let stretch = stage.arrivals else { continue }
            let length = stretch.duration.nanoseconds
            let inside = all.map { $0 - start }.filter { (0..<length).contains($0) }
            // Anywhere, and just before and behind an arrival; within a nanosecond of one, rounding decides its side.
            let near: [Int64] = inside.prefix(5).flatMap { [max(0, $0 - 2), $0 + 2] }
            let cuts: [Int64] = [length / 3, length - 3] + near
            for cut in cuts where cut < length {
                var rest = plan(.rate(shape))
                rest.phases[0] = rest.phases[0].remainder(after: progress(place, cut: .nanoseconds(cut))).phase
                let left = arrivals(rest.drawn(), from: start + cut)
                #expect(left == all.filter { $0 >= start + cut }, "stretch \(place) cut at \(cut)")
            }
            start += length
        }
    }

    @Test func `a rate that is cut twice goes on where it was cut last`() {
        let shape = Self.shapes[4]  // Poisson, three stretches
        let all = arrivals(plan(.rate(shape)).drawn())
        var rest = plan(.rate(shape))
        rest.phases[0] = rest.phases[0].remainder(after: progress(0, cut: .seconds(4))).phase
        rest.phases[0] = rest.phases[0].remainder(after: progress(0, cut: .seconds(3))).phase
        #expect(arrivals(rest.drawn(), from: 7_000_000_000) == all.filter { $0 >= 7_000_000_000 })
        // The first stretch is over, the second was cut.
        rest.phases[0] = rest.phases[0].remainder(after: progress(1, cut: .seconds(2))).phase
        #expect(arrivals(rest.drawn(), from: 12_000_000_000) == all.filter { $0 >= 12_000_000_000 })
    }

    @Test(arguments: [0.5, 1, 3, 7.3])
    func `each row of a trace is due once, before the cut or (to a nanosecond) at the same instant after it`(
        speed: Double
    ) {
        var trace = Trace()
        for offset: Int64 in [0, 0, 400, 1300, 1300, 1301, 5000, 9000] {
            trace.add(Trace.Row(offset: offset * 1_000_000, inputTokens: 4, outputTokens: 2))
        }
        trace.finish()
        var replay = Replay(file: "/t", format: .jsonl, trace: trace)
        replay.speed = speed
        replay.choose()
        let due = (0..<replay.count).map(replay.offset(at:))
        for cut in due.flatMap({ [max(0, $0 - 1), $0, $0 + 1] }) {
            let (rest, repeated) = phase(.replay(replay)).remainder(after: progress(0, cut: .nanoseconds(cut)))
            let expected = due.filter { $0 >= cut }
            #expect(repeated.isEmpty)
            guard let left = rest.stages.first?.replay else {
                #expect(expected.isEmpty && rest.stages.isEmpty)
                continue
            }
            let again = (0..<left.count).map { left.offset(at: $0) + cut }
            #expect(again.count == expected.count)
            #expect(zip(again, expected).allSatisfy { abs($0 - $1) <= 1 }, "\(again) \(expected)")
        }
    }

    // MARK: closed loops

    @Test(arguments: [(0, 60), (3, 60), (5, 60), (15, 50), (64, 1)])
    func `a steady load settles again and goes on for the rest of its measured time`(cut: Int, left: Int) {
        var steady = PhaseShape.Steady(concurrency: 4, duration: .seconds(65))
        steady.settle = .seconds(5)
        let (rest, repeated) = phase(.steady(steady)).remainder(after: progress(0, cut: .seconds(cut)))
        #expect(kinds(rest) == [.level, .drain])
        #expect(repeated.isEmpty)
        guard let level = rest.stages[0].closed?.window else { return }
        #expect((level.hold, level.holdMax, level.settle) == (.seconds(5 + left), .seconds(5 + left), .seconds(5)))
        #expect(rest.binWidth == phase(.steady(steady)).binWidth, "its bins stay as wide as they were")
    }

    @Test(arguments: [Duration?.none, .seconds(64.5), .seconds(65), .seconds(70)])
    func `of a steady load that came to its end nothing is left`(cut: Duration?) {
        var steady = PhaseShape.Steady(concurrency: 4, duration: .seconds(65))
        steady.settle = .seconds(5)
        #expect(phase(.steady(steady)).remainder(after: progress(0, cut: cut)).phase.stages.isEmpty)
        #expect(phase(.steady(steady)).remainder(after: progress(1, cut: .zero)).phase.stages.isEmpty)
    }

    @Test func `a level of a ramp is measured anew, those before it are not`() {
        let ramp = PhaseShape.ramp(.init(concurrency: [1, 2, 4, 8]))
        let (rest, repeated) = phase(ramp).remainder(after: progress(2, cut: .seconds(20)))
        #expect(rest.stages.map(\.concurrency) == [4, 8, 0])
        #expect(rest.stages == Array(phase(ramp).stages[2...]))
        #expect(repeated == [2])
        let between = phase(ramp).remainder(after: progress(1, cut: nil))
        #expect(between.phase.stages.map(\.concurrency) == [4, 8, 0])
        #expect(between.repeated.isEmpty)
    }

    @Test(arguments: [(1, 0), (3, 0), (6, 0), (7, 7), (9, 7), (13, 7)])
    func `a burst's cycle begins anew wherever it was cut`(place: Int, first: Int) {
        var burst = PhaseShape.Burst(requests: 8)
        burst.cycles = 2
        let (rest, repeated) = phase(.burst(burst)).remainder(after: progress(place, cut: .milliseconds(10)))
        #expect(rest.stages == Array(phase(.burst(burst)).stages[first...]))
        #expect(repeated == Array(first...place))
    }

    @Test func `of probes those that ended are not sent again, and a keep-warm probe has its idle time again`() {
        let probes = phase(.probe(.init(requests: 25)))
        let rest = probes.remainder(after: progress(0, cut: .seconds(9), ended: 10)).phase
        #expect(rest.stages[0].closed?.budget == 15 && rest.stages[0].closed?.gap == .seconds(3))
        #expect(probes.remainder(after: progress(0, cut: .seconds(9), ended: 25)).phase.stages.isEmpty)
        var keepwarm = PhaseShape.Keepwarm(gaps: [.seconds(30), .seconds(60)])
        keepwarm.repetitions = 2
        let whole = phase(.keepwarm(keepwarm))  // warmup, drain, then idle, probe, rewarm four times
        for place in [5, 6, 7] {
            let (rest, repeated) = whole.remainder(after: progress(place, cut: .seconds(1)))
            #expect(rest.stages == Array(whole.stages[..<2] + whole.stages[5...]), "the server is warmed first")
            #expect(repeated == Array(5...place))
        }
    }

    /// A kill between an idle time's end and the edge that it is for: the server has been asked, or left alone, since.
    @Test func `a cycle of which only the idle time is over begins anew`() {
        var burst = PhaseShape.Burst(requests: 8)
        burst.cycles = 2
        let bursts = phase(.burst(burst))
        let idle = bursts.stages.indices.filter { bursts.stages[$0].kind == .idle }
        for (place, first) in zip(idle, [0, 7]) {
            let (rest, repeated) = bursts.remainder(after: progress(place, cut: nil))
            #expect(rest.stages == Array(bursts.stages[first...]))
            #expect(repeated == Array(first...place))
        }
        let keepwarm = phase(.keepwarm(.init(gaps: [.seconds(30)])))
        let (rest, repeated) = keepwarm.remainder(after: progress(2, cut: nil))
        #expect(kinds(keepwarm)[2] == .idle && rest.stages == keepwarm.stages && repeated == [2])
    }

    /// Requests of a level may be lost though the next one had begun.
    @Test func `the first stage that is not whole is where it goes on, and those behind it begin anew`() {
        let ramp = phase(.ramp(.init(concurrency: [1, 2, 4, 8])))
        var known = progress(2, cut: .seconds(1))
        known[1].cut = .seconds(19)
        let (rest, repeated) = ramp.remainder(after: known)
        #expect(rest.stages == Array(ramp.stages[1...]) && repeated == [1, 2])
        var shape = RateShape([
            .init(.constant(Rate(4)), for: .seconds(20)), .init(.constant(Rate(9)), for: .seconds(20)),
        ])
        shape.law = .constant
        known = progress(1, cut: .seconds(3))
        known[0].cut = .seconds(15)
        let open = plan(.rate(shape)).drawn().phases[0].remainder(after: known)
        #expect(open.phase.stages.compactMap(\.arrivals).map(\.duration) == [.seconds(5), .seconds(20)])
        #expect(open.repeated == [1])
    }

    @Test func `a block begins with its warm-ups again, and an idle time is whole`() {
        let ramp = plan(.ramp(.init(concurrency: [1, 2])), warmup: 3, inBlocks: true).phases[0]
        #expect(kinds(ramp) == [.warmup, .drain, .level, .drain, .warmup, .drain, .level, .drain])
        for place in [4, 6] {
            let rest = ramp.remainder(after: progress(place, cut: .seconds(1))).phase
            #expect(rest.stages == Array(ramp.stages[4...]))
        }
        var steady = PhaseShape.Steady(concurrency: 2, duration: .seconds(700))
        steady.settle = .zero
        let blocks = plan(.steady(steady), warmup: 3, inBlocks: true).phases[0]
        let rest = blocks.remainder(after: progress(6, cut: .seconds(100))).phase
        #expect(kinds(rest) == [.warmup, .drain, .level, .drain, .warmup, .drain, .level, .drain])
        #expect(rest.stages[2].closed?.window?.hold == .seconds(200))
        #expect(rest.stages[4...] == blocks.stages[8...])
        let idle = phase(.idle(.seconds(9)))
        #expect(idle.remainder(after: progress(0, cut: .seconds(5))).phase.stages == idle.stages)
        #expect(idle.remainder(after: progress(0, cut: nil)).phase.stages.isEmpty)
    }
}
