import Testing
import Ticks

@testable import Measurement

/// A comparison with the dead: levels, blocks and jobs at which one side, both or neither gave an answer. Nothing is compared on the
/// survivors alone, in either direction, within one run and over runs.
@Suite struct SurvivorTests {
    /// What a side does at a level.
    enum State { case alive, dead, partly, few, absent }

    /// A ramp with 40 requests a level over 20 s, each of 16 tokens; `half` of them fail where a level is partly dead.
    private func ramp(_ builder: inout RunResultBuilder, target: Int, _ levels: [State], from: Int64 = 0) {
        let length = Int64(levels.count) * 22_000
        let phase = builder.phase(.ramp, from: from, to: from + length, target: target)
        for (place, state) in levels.enumerated() where state != .absent {
            let start = from + Int64(place) * 22_000
            let step = builder.step(
                .level,
                of: phase,
                2 << place,
                from: start,
                settled: start,
                windowEnded: start + 20_000,
                drained: start + 22_000
            )
            for number in 0..<40 as Range<Int64> {
                let isDead = state == .dead || state == .partly && number % 2 == 1 || state == .few && number >= 3
                if isDead {
                    builder.failure(step, at: start + 450 * number, .rateLimited)
                } else {
                    builder.request(step, at: start + 450 * number, ttft: 200 + 7 * (number % 5), tokens: 16, gap: 20)
                }
            }
        }
    }

    /// Two targets of one run, in turns or at once; or two runs with a target each.
    private func comparison(_ base: [State], _ target: [State], overRuns: Bool) throws -> ComparisonResult {
        guard overRuns else {
            var builder = RunResultBuilder()
            builder.recorded.targets[0].name = "a"
            builder.recorded.run.id = "one"
            let second = builder.target("b")
            for place in builder.recorded.targets.indices { setPrice(&builder, place) }
            ramp(&builder, target: 1, base)
            ramp(&builder, target: second, target, from: 300_000)
            return try #require(builder.result.comparison)
        }
        let runs = [("a", base), ("b", target)].map { name, levels in
            var builder = RunResultBuilder()
            builder.recorded.targets[0].name = name
            builder.recorded.run.id = name
            setPrice(&builder, 0)
            ramp(&builder, target: 1, levels)
            return StoredRun(name: name, recorded: builder.recorded)
        }
        return try ComparisonResult(of: runs, by: .window, base: nil)
    }

    private func setPrice(_ builder: inout RunResultBuilder, _ place: Int) {
        builder.recorded.targets[place].inputPrice = 1
        builder.recorded.targets[place].outputPrice = 1
    }

    private func row(_ result: ComparisonResult, _ figure: ComparisonMetric) throws -> ComparisonResult.Row {
        try #require(result.rows.first { $0.figure == figure.rawValue }, "\(result.rows.map(\.metric))")
    }

    private func gate(_ text: String, _ result: ComparisonResult) throws -> [RegressionResult.Outcome] {
        try RegressionLimit(parsing: text).results(on: result).map(\.outcome)
    }

    private static let ofAnswers: [ComparisonMetric] = [
        .ttftP50, .ttftP95, .ttftCV, .e2eP95, .requestTPS, .costPerUseful,
    ]

    @Test(arguments: [false, true])
    func `a level at which one side died is missing from its times and a fall of its rate`(overRuns: Bool) throws {
        for (base, target) in [([State.alive, .alive], [State.alive, .dead]), ([.alive, .dead], [.alive, .alive])] {
            let result = try comparison(base, target, overRuns: overRuns)
            let fell = target[1] == .dead
            for figure in Self.ofAnswers {
                let row = try row(result, figure)
                #expect(row.ratio == nil && row.finding == .undetermined, "\(row)")
                #expect((row.compared, row.of) == (1, 2))
                #expect(row.absent.map(\.side) == [fell ? "b" : "a"])
                #expect(
                    row.verdict
                        == "\(fell ? "b" : "a") has no figure at 1 of 2 levels (4 streams): nothing was answered there",
                    "\(row.verdict)"
                )
                #expect(try gate("\(figure.rawValue) > +10%", result) == [.undetermined])
                #expect(try gate("\(figure.rawValue) < -10%", result) == [.undetermined])
            }
            let rate = try row(result, .tokensPerSecond)
            #expect(rate.gaps == [.init(side: fell ? "b" : "a", kind: .nothing, looks: ["4 streams"])])
            #expect(rate.ratio == nil && rate.finding == (fell ? .worse : .better), "\(rate)")
            #expect(
                rate.verdict
                    == (fell
                        ? "b fell to nothing at 1 of 2 levels (4 streams), by 100 %"
                        : "a had nothing at 1 of 2 levels (4 streams), so there is no ratio"),
                "\(rate.verdict)"
            )
            #expect(try gate("output_tokens_per_second < -10%", result) == [fell ? .failed : .undetermined])
            // Shares are of all requests, and so tell both.
            let available = try row(result, .availability)
            #expect(available.finding == (fell ? .worse : .better))
            #expect(available.ratio.map { abs($0 - (fell ? 0.5 : 2)) < 1e-9 } == true)
            #expect(try gate("availability < -10%", result) == [fell ? .failed : .passed])
        }
    }

    @Test(arguments: [false, true])
    func `a side that is dead everywhere is less by 100 %, and one that was is from nothing`(overRuns: Bool) throws {
        let fell = try comparison([.alive, .alive], [.dead, .dead], overRuns: overRuns)
        let rose = try comparison([.dead, .dead], [.alive, .alive], overRuns: overRuns)
        for (figure, word) in [(ComparisonMetric.availability, "less available"), (.useful, "less often useful")] {
            let down = try row(fell, figure)
            #expect(down.ratio == 0 && down.finding == .worse)
            #expect(down.verdict == "\(word) by 100 % (80 of 80 against 0 of 80)")
            #expect(try gate("\(figure.rawValue) < -5%", fell) == [.failed])
            let up = try row(rose, figure)
            #expect(up.ratio == nil && up.finding == .better)
            #expect(up.verdict == "from nothing (0 of 80 against 80 of 80)")
            #expect(try gate("\(figure.rawValue) < -5%", rose) == [.passed])
        }
        let rate = try row(fell, .tokensPerSecond)
        #expect(rate.ratio == 0 && rate.finding == .worse && rate.verdict == "b fell to nothing, by 100 %")
        #expect(try row(rose, .tokensPerSecond).verdict == "a had nothing, so there is no ratio")
        for figure in Self.ofAnswers {
            #expect(try row(fell, figure).verdict == "b has no figure: nothing was answered")
            #expect(try row(rose, figure).verdict == "a has no figure: nothing was answered")
            #expect(try gate("\(figure.rawValue) > +10%", fell) == [.undetermined])
        }
    }

    @Test(arguments: [false, true])
    func `too few answers are told from none, and a level never reached from both`(overRuns: Bool) throws {
        let few = try row(comparison([.alive, .alive], [.alive, .few], overRuns: overRuns), .ttftP95)
        #expect(few.verdict == "b has no figure at 1 of 2 levels (4 streams): too few answers there")
        #expect(few.gaps.map(\.kind) == [.tooFew])
        let result = try comparison([.alive, .alive, .alive], [.alive, .alive, .absent], overRuns: overRuns)
        for figure in Self.ofAnswers + [.tokensPerSecond, .availability, .useful] {
            let row = try row(result, figure)
            #expect(row.verdict == "b has no figure at 1 of 3 levels (8 streams): nothing was sent there", "\(row)")
            #expect(row.finding == .undetermined && row.ratio == nil)
            #expect(try gate("\(figure.rawValue) > +10%", result) == [.undetermined])
        }
    }

    @Test(arguments: [false, true])
    func `what both have, or both have not, is compared as ever`(overRuns: Bool) throws {
        let alike = try comparison([.alive, .partly, .dead], [.alive, .partly, .dead], overRuns: overRuns)
        for figure in Self.ofAnswers + [.tokensPerSecond] {
            let row = try row(alike, figure)
            #expect(row.gaps.isEmpty && row.ratio.map { abs($0 - 1) < 0.01 } == true, "\(row)")
            #expect((row.compared, row.of) == (2, 3))
        }
        let partly = try comparison([.alive, .alive], [.partly, .partly], overRuns: overRuns)
        #expect(try row(partly, .availability).ratio.map { abs($0 - 0.5) < 1e-9 } == true)
        #expect(try row(partly, .ttftP50).ratio != nil)
        let both = try comparison([.dead, .dead], [.dead, .dead], overRuns: overRuns)
        #expect(both.rows.allSatisfy { $0.finding != .better && $0.finding != .worse })
    }

    @Test func `three requests against none get no verdict in words`() throws {
        var builder = RunResultBuilder()
        let second = builder.target("b")
        for (target, dies) in [(1, false), (second, true)] {
            let phase = builder.phase(.ramp, from: 0, to: 20_000, target: target)
            let step = builder.step(
                .level,
                of: phase,
                1,
                from: 0,
                settled: 0,
                windowEnded: 18_000,
                drained: 20_000
            )
            for number in 0..<3 as Range<Int64> {
                if dies {
                    builder.failure(step, at: 5000 * number, .http5xx)
                } else {
                    builder.request(step, at: 5000 * number)
                }
            }
        }
        let result = try #require(builder.result.comparison)
        let row = try row(result, .availability)
        #expect(row.ratio == 0 && row.finding == .undetermined)
        #expect(row.verdict.hasSuffix("but 3 requests of a side are too few for a verdict"), "\(row.verdict)")
        #expect(try gate("availability < -5%", result) == [.failed], "the fall itself is no matter of chance to a gate")
    }
}
