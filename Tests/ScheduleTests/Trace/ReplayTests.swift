import Measurement
import Schedule
import Testing
import Ticks

@Suite struct ReplayTests {
    private func trace(_ times: [Double], blocks: [[Int64]] = []) -> Trace {
        var trace = Trace()
        for (index, time) in times.enumerated() {
            let names = index < blocks.count ? blocks[index] : []
            let tokens = names.isEmpty ? 10 + index : names.count * 512
            let offset = Int64((time * 1e9).rounded())
            trace.add(Trace.Row(offset: offset, inputTokens: tokens, outputTokens: 3, blocks: names[...]))
        }
        trace.finish()
        return trace
    }

    private func replay(_ trace: Trace, change: (inout Replay) -> Void = { _ in }) -> Replay {
        var replay = Replay(file: "/t.jsonl", format: .jsonl, trace: trace)
        change(&replay)
        replay.choose()
        return replay
    }

    private func plan(_ replay: Replay) -> RunPlan {
        RunPlan(
            seed: 1,
            workload: Workload(source: .synthetic(inputTokens: 8)),
            warmupRequests: 0,
            shapes: [.replay(replay)],
            grace: .seconds(30)
        )
    }

    // MARK: When

    @Test(arguments: [0.5, 1, 3, 20], [1, 2])
    func `at speed k all gaps are divided by k, and ties stay`(speed: Double, loops: Int) {
        let times = [0, 0, 0, 0.7, 1.3, 1.3, 9.999, 40]
        let replay = replay(trace(times)) { $0.speed = speed }
        let run = VirtualRun(
            plan(replay).phases[0].stages,
            server: VirtualServer(slots: 9, service: .milliseconds(80)),
            loops: loops
        )
        let planned = run.requests.map(\.scheduled).sorted()
        #expect(planned == times.map { Instant(nanoseconds: Int64(($0 * 1e9 / speed).rounded())) })
        #expect(run.requests.allSatisfy { $0.scheduled == $0.dispatched })
        let sent = run.requests.map { Double($0.dispatched.nanoseconds) }.sorted()
        #expect(ArrivalTests.dispersion(sent.map { $0 / 1e9 }, over: (sent.last ?? 0) / 1e9, binWidth: 1) != nil)
    }

    @Test func `start and limit are in the trace's own time, and what they leave out is counted`() {
        let whole = trace([0, 1, 2, 2, 5, 7, 11])
        let part = replay(whole) {
            $0.start = .seconds(2)
            $0.limit = .seconds(5)
            $0.speed = 2
        }
        #expect(part.count == 3)
        #expect((0..<3).map { part.offset(at: $0) } == [0, 0, 1_500_000_000])
        #expect(part.trace.rowsRead == 7)
        #expect(part.trace.dropped == [.beforeStart: 2, .afterLimit: 2])
        #expect(part.count + part.trace.dropped.values.reduce(0, +) == part.trace.rowsRead)
    }

    @Test func `the hash of the plan covers times, lengths, blocks and speed`() {
        let base = [0.0, 1, 2]
        let plans = [
            replay(trace(base)), replay(trace([0, 1, 2.5])), replay(trace(base, blocks: [[1], [1], [1]])),
            replay(trace(base, blocks: [[1], [2], [1]])), replay(trace(base)) { $0.speed = 2 },
        ]
        #expect(Set(plans.map { plan($0).scheduleSHA256 }).count == plans.count)
        #expect(plan(replay(trace(base))).scheduleSHA256 == plan(plans[0]).scheduleSHA256)
    }

    @Test func `a plan of a trace costs what the trace says`() {
        let estimate = plan(replay(trace([0, 1, 2]))).estimate(answer: .seconds(1))
        #expect(estimate.requests == 3 && estimate.requestsLeast == 3)
        #expect(estimate.inputTokens == 33 && estimate.outputTokens == 9)
    }

    // MARK: Bursts

    @Test func `the most dispersed windows are picked, each after its idle time`() {
        // One a second for 100 s; at 20 s and at 70 s ten more within a tenth of a second, at 45 s three more.
        var times = (0..<100).map { Double($0) + 0.5 }
        times += (0..<10).map { 20.01 + Double($0) / 100 } + (0..<10).map { 70.51 + Double($0) / 100 }
        times += [45.1, 45.2, 45.3]
        let whole = trace(times.sorted())  // its clock begins at 0.5 s
        let windows = BurstWindows(count: 2, window: .seconds(5), idle: .seconds(8))
        let picks = windows.picks(in: whole)
        #expect(picks.map(\.index) == [3, 14])  // 19.51 s and 70.01 s of its clock
        // By hand, parts of half a second: m = 123/199 a part; the window of 70 s has 15 requests.
        #expect(picks[1].requests == 15)
        let bursts = windows.apply(to: whole)
        #expect(bursts.count + (bursts.dropped[.outsideBursts] ?? 0) == 123)
        #expect(bursts.rowsRead == 123)
        // The first of a window comes after 8 s of nothing; gaps within a window are the trace's.
        #expect(bursts.times.first == 8_000_000_000)
        let gaps = zip(bursts.times.dropFirst(), bursts.times).map { $0 - $1 }
        #expect(gaps.filter { $0 >= 8_000_000_000 }.count == 1)
        // Nine within each crowd, and one from the request at 70.5 s to the crowd's first.
        #expect(gaps.filter { $0 == 10_000_000 }.count == 19)
    }

    @Test func `a quiet time of the trace that is longer than the idle time is kept`() {
        let times = [0, 0.1, 0.2, 0.3] + (0..<20).map { 100 + Double($0) / 50 }
        let bursts = BurstWindows(count: 1, window: .seconds(10), idle: .seconds(1)).apply(to: trace(times))
        #expect(bursts.count == 20)
        #expect(bursts.times.first == 99_700_000_000)
    }

    @Test func `windows that follow one another are one burst`() {
        let times = (0..<40).map { Double($0) / 4 + 20 } + [0, 60, 80, 100]
        let bursts = BurstWindows(count: 2, window: .seconds(5), idle: .seconds(3)).apply(to: trace(times.sorted()))
        #expect(bursts.count == 40)
        #expect(zip(bursts.times.dropFirst(), bursts.times).allSatisfy { $0 - $1 == 250_000_000 })
    }

    // MARK: What

    private func text(_ prompts: TracePrompts, _ row: Trace.Row, _ index: Int) -> String {
        var bytes: [UInt8] = []
        prompts.append(row, tokens: row.inputTokens ?? 0, index: index, blockTokens: 512, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func row(_ tokens: Int, _ blocks: [Int64] = []) -> Trace.Row {
        Trace.Row(offset: 0, inputTokens: tokens, outputTokens: 1, blocks: blocks[...])
    }

    @Test(arguments: [1, 2, 7, 8, 9, 512, 513, 70_000, 121_924])
    func `a prompt of n tokens is n words in four n bytes`(tokens: Int) {
        let prompts = TracePrompts(seed: 5)
        let blocks = (0..<(tokens + 511) / 512).map { Int64($0) }
        for row in [row(tokens), row(tokens, blocks)] {
            let text = text(prompts, row, 3)
            #expect(text.utf8.count == 4 * tokens)
            #expect(text.split(separator: " ").count == tokens)
            #expect(text.utf8.allSatisfy { $0 == 32 || (97...122).contains($0) })
        }
    }

    @Test func `equal blocks are equal text, and nothing else is`() {
        let prompts = TracePrompts(seed: 5)
        let a = text(prompts, row(1200, [0, 4, 9]), 0)
        let b = text(prompts, row(1100, [0, 4, 11]), 1)
        let c = text(prompts, row(1200, [1, 4, 9]), 2)
        func shared(_ a: String, _ b: String) -> Int { zip(a.utf8, b.utf8).prefix { $0 == $1 }.count }
        #expect(shared(a, b) >= 2 * 512 * 4)
        #expect(shared(a, b) < 2 * 512 * 4 + 12)  // a word or two of the next may agree by chance
        #expect(shared(a, c) < 12)
        #expect(a.utf8.dropFirst(2048).elementsEqual(c.utf8.dropFirst(2048)))  // the later blocks are the same
        #expect(shared(a, text(TracePrompts(seed: 5, salt: 7), row(1200, [0, 4, 9]), 0)) < 12)
    }

    @Test func `without blocks prompts part at the first words, all of them`() {
        let prompts = TracePrompts(seed: 5)
        let heads = (0..<20_000).map { String(text(prompts, row(12), $0).prefix(32)) }
        #expect(Set(heads).count == heads.count)
    }
}
