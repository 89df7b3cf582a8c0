import Testing

@testable import Measurement

/// `spate compare`: runs that were stored.
@Suite struct StoredComparisonTests {
    /// One target of a simulated comparison as a run of its own.
    private func run(_ name: String, target: Int, seed: UInt64, slowness: Double = 1, hour: Double = 1) -> StoredRun {
        var simulated = SimulatedComparison(blocks: 5, blockSeconds: 6, slowness: slowness)
        simulated.speed = { _ in hour }
        var recorded = simulated.recorded(seed: seed).recorded
        recorded.run.id = name
        recorded.run.startedAtUnixNanoseconds = Int64(seed) * 3_600_000_000_000
        let phases = Set(recorded.phases.filter { $0.target == target }.map(\.id))
        let steps = Set(recorded.steps.filter { phases.contains($0.phase) }.map(\.id))
        recorded.targets.removeAll { $0.id != target }
        recorded.phases.removeAll { !phases.contains($0.id) }
        recorded.steps.removeAll { !steps.contains($0.id) }
        recorded.requests.removeAll { !steps.contains($0.step) }
        return StoredRun(name: name, recorded: recorded)
    }

    @Test func `runs of one target are its windows, each shown, and the interval is by window`() throws {
        let runs = (1...5).flatMap { seed in
            [
                run("a\(seed)", target: 1, seed: UInt64(seed)),
                run("b\(seed)", target: 2, seed: UInt64(seed), slowness: 1.2),
            ]
        }
        let result = try ComparisonResult(of: runs, by: .window, base: nil)
        #expect(result.base == "a")
        #expect(result.sides.map(\.name) == ["a", "b"])
        #expect(result.sides.map(\.windows.count) == [5, 5])
        #expect(result.sides[0].windows.map(\.run) == ["a1", "a2", "a3", "a4", "a5"])
        #expect(result.sides.allSatisfy { $0.windowsAgree == true })
        let row = try #require(result.rows.first { $0.figure == "output_tokens_per_second" })
        #expect(row.method == .windows && row.looks == 5)
        #expect(row.finding == .worse)
        #expect(row.interval?.contains(1 / 1.2) == true, "\(row)")
        #expect(result.sides[0].windows.allSatisfy { $0.figures["steady.output_tokens_per_second"] != nil })
        #expect(result.notes.contains { $0.hasPrefix("The runs are of different times") })
    }

    @Test func `windows that do not agree are not pooled`() throws {
        let hours = [1, 0.6, 1.5, 0.8, 1.3]
        let runs = hours.enumerated().flatMap { place, hour in
            [
                run("a\(place)", target: 1, seed: UInt64(place + 1), hour: hour),
                run("b\(place)", target: 2, seed: UInt64(place + 1)),
            ]
        }
        let result = try ComparisonResult(of: runs, by: .window, base: "b")
        #expect(result.base == "b")
        let a = try #require(result.sides.first { $0.name == "a" })
        #expect(a.windowsAgree == false)
        #expect((a.windowCorrelation ?? 0) > 0.1)
        let row = try #require(result.rows.first { $0.figure == "output_tokens_per_second" })
        #expect(row.value == nil && row.baseValue != nil)
        #expect(row.finding == .none, "five hours this different show nothing: \(row)")
        #expect(result.notes.contains { $0.hasPrefix("a: its 5 time windows disagree") })
    }

    @Test func `a run before a change and one after it are sides by themselves`() throws {
        let before = run("before", target: 1, seed: 1)
        let after = run("after", target: 1, seed: 2, hour: 0.8)
        let result = try ComparisonResult(of: [before, after], by: .window, base: nil)
        #expect(result.sides.map(\.name) == ["before", "after"])
        #expect(result.rows.first { $0.figure == "ttft.p50" }?.finding == .worse)
        #expect(try ComparisonResult(of: [before, after], by: .run, base: "after").base == "after")
    }

    @Test func `what runs do not share is said before their figures are believed`() throws {
        func notes(_ change: (inout StoredRun) -> Void) throws -> String {
            var after = run("after", target: 1, seed: 2)
            after.recorded.run.scheduleSHA256 = "x"
            var before = run("before", target: 1, seed: 1)
            before.recorded.run.scheduleSHA256 = "x"
            change(&after)
            return try ComparisonResult(of: [before, after], by: .window, base: nil).notes.joined(separator: " ")
        }
        let plain = try notes { _ in }
        for words in ["scaled down", "did not end", "different hashes", "counts of tokens"] {
            #expect(!plain.contains(words))
        }
        #expect(try notes { $0.recorded.run.fast = true }.contains("The times of after were scaled down (--fast)"))
        #expect(try notes { $0.recorded.run.complete = false }.contains("after: a run of it did not end"))
        #expect(try notes { $0.recorded.run.scheduleSHA256 = "y" }.contains("have different hashes"))
        var found = CalibrationRecord()
        (found.tokensPerWord, found.templateTokens, found.nonceTokens) = (1.3, 20, 12)
        #expect(try notes { $0.recorded.run.calibration = found }.contains("sized by different counts of tokens"))
        let other = run("other", target: 1, seed: 1)
        var open = run("open", target: 1, seed: 2)
        for place in open.recorded.phases.indices {
            open.recorded.phases[place].loop = .open
            open.recorded.phases[place].name = "rate"
        }
        let error = #expect(throws: ComparisonError.self) {
            try ComparisonResult(of: [other, open], by: .window, base: nil)
        }
        #expect(error?.description.contains("closed loop") == true, "\(error?.description ?? "")")
    }

    @Test func `what cannot be compared is said`() throws {
        let one = run("one", target: 1, seed: 1)
        #expect(throws: ComparisonError.self) { try ComparisonResult(of: [one], by: .window, base: nil) }
        let error = #expect(throws: ComparisonError.self) {
            try ComparisonResult(of: [one, run("two", target: 1, seed: 2)], by: .run, base: "too")
        }
        #expect(error?.description == "no side is called too; there are one, two; did you mean two?")
    }

    @Test(arguments: [
        ("ttft.p95", "neither > nor < is in it"), ("ttft.p95 > 10%", "a change is a percentage with its sign"),
        ("ttft.p95 > +10", "a change is a percentage with its sign"), ("ttft.p95 > +x%", "'+x%' is no percentage"),
        ("ttft.p59 > +10%", "did you mean ttft.p50?"), ("> +10%", "is no figure of a comparison"),
    ])
    func `a limit that cannot be read is refused`(text: String, why: String) {
        let error = #expect(throws: ComparisonError.self) { try RegressionLimit(parsing: text) }
        #expect(error?.description.contains(why) == true, "\(error?.description ?? "")")
    }

    private func comparison(_ ratio: Double?, _ low: Double?, _ high: Double?) -> ComparisonResult {
        var row = ComparisonResult.Row()
        (row.target, row.phase, row.figure, row.metric) = ("b", "ramp", "ttft.p95", "ramp.ttft.p95")
        row.ratio = ratio
        if low != nil || high != nil { row.interval = ConfidenceInterval(lower: low, upper: high) }
        var result = ComparisonResult()
        (result.base, result.rows) = ("a", [row])
        return result
    }

    @Test(arguments: [
        ("ttft.p95 > +10%", 1.2, 1.05, 1.4, false), ("ttft.p95 > +10%", 1.2, 0.9, 1.6, true),
        ("ttft.p95 > +10%", 1.05, 1.01, 1.1, true), ("ramp.ttft.p95>=+20%", 1.2, 1.1, 1.3, false),
        ("ttft.p95 < -10%", 0.8, 0.7, 0.9, false), ("ttft.p95 < -10%", 1.5, 1.4, 1.6, true),
    ])
    func `a regression is a change beyond the limit that is beyond chance`(
        text: String,
        ratio: Double,
        low: Double,
        high: Double,
        passes: Bool
    ) throws {
        let results = try RegressionLimit(parsing: text).results(on: comparison(ratio, low, high))
        #expect(results.map(\.passed) == [passes])
        #expect(abs((results[0].change ?? 0) - 100 * (ratio - 1)) < 1e-9)
    }

    @Test func `without an interval the change alone decides, and without a ratio it has failed`() throws {
        let limit = try RegressionLimit(parsing: "ttft.p95 > +10%")
        #expect(limit.results(on: comparison(1.2, nil, nil))[0].outcome == .failed)
        #expect(limit.results(on: comparison(1.0, nil, nil))[0].outcome == .passed)
        #expect(limit.results(on: comparison(nil, nil, nil))[0].outcome == .undetermined)
        let other = try RegressionLimit(parsing: "batch.ttft.p95 > +10%").results(on: comparison(1, 0.9, 1.1))
        #expect(other.map(\.passed) == [false])
        #expect(other[0].why == "nothing in this comparison is called that")
    }

    @Test func `a gate that chance alone could fail is not shown, and says what was seen`() throws {
        let result = try RegressionLimit(parsing: "ttft.p95 > +10%").results(on: comparison(1.36, 0.05, 33.8))[0]
        #expect(result.outcome == .notShown && result.passed && result.why == "too few requests to fail on")
        #expect(result.change.map { abs($0 - 36) < 1e-9 } == true)
        #expect(result.interval?.lower.map { abs($0 + 95) < 1e-9 } == true)
        #expect(result.interval?.upper.map { abs($0 - 3280) < 1e-9 } == true)
    }

    @Test func `a phase that one side has not fails the gates on what it would have said`() throws {
        var missing = comparison(1, 0.9, 1.1)
        missing.missingPhases = [.init(side: "b", phase: "burst", figures: ["ttft.p95"])]
        let results = try RegressionLimit(parsing: "ttft.p95 > +10%").results(on: missing)
        #expect(results.map(\.outcome) == [.passed, .undetermined])
        #expect(results[1].why == "b has no phase burst")
        #expect(try RegressionLimit(parsing: "ramp.ttft.p95 > +10%").results(on: missing).map(\.passed) == [true])
    }

    @Test func `sides are called by their labels, and by what tells them apart`() throws {
        func named(_ label: String?, _ folder: String, target: Int, seed: UInt64) -> StoredRun {
            var stored = run(folder, target: target, seed: seed)
            stored.recorded.run.label = label
            return stored
        }
        func names(_ runs: [StoredRun]) throws -> [String] {
            try ComparisonResult(of: runs, by: .window, base: nil).sides.map(\.name)
        }
        let (one, two) = ("20261128T233752Z-ramp", "20261128T233852Z-ramp")
        // Two targets of other names: what the user called the runs, where both are called something.
        #expect(
            try names([named("fast", one, target: 1, seed: 1), named("slower", two, target: 2, seed: 2)]) == [
                "fast", "slower",
            ]
        )
        #expect(
            try names([named("fast", one, target: 1, seed: 1), named(nil, two, target: 2, seed: 2)]) == ["a", "b"]
        )
        // One target: labels, else folders; a label given twice gets its folder.
        #expect(
            try names([named(nil, one, target: 1, seed: 1), named("new", two, target: 1, seed: 2)]) == [one, "new"]
        )
        #expect(
            try names([named("x", one, target: 1, seed: 1), named("x", two, target: 1, seed: 2)])
                == ["x (\(one))", "x (\(two))"]
        )
    }
}
