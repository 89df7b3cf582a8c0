import Measurement
import Testing
import Ticks

@testable import Store

/// The same run stored with a row for each request, and with rows of some.
@Suite struct PackedRunTests {
    /// Two phases of five minutes: a level whose answers become slower half way, with failures and second attempts; and a
    /// rate with conversations, words of the server, and answers without usage.
    private static let recorded: RecordedRun = {
        var run = RecordedRun()
        run.run.seed = 7
        run.run.complete = true
        run.run.sloTTFT = 300
        run.run.startedAtUnixNanoseconds = 1_790_000_000_000_000_000
        run.run.durationNanoseconds = 620_000_000_000
        var target = TargetRecord()
        (target.id, target.name, target.api, target.inputPrice, target.outputPrice) = (
            1, "mine", "openai-chat", 0.1, 0.4
        )
        run.targets = [target]
        for (id, kind, loop) in [(1, PhaseKind.steady, PhaseRecord.LoopModel.closed), (2, .rate, .open)] {
            var phase = PhaseRecord()
            (phase.id, phase.target, phase.name, phase.kind, phase.loop) = (id, 1, kind.rawValue, kind, loop)
            (phase.started, phase.ended) = (Int64(id - 1) * 310_000_000_000, Int64(id) * 310_000_000_000)
            var step = StepRecord()
            (step.id, step.phase, step.concurrency, step.binWidth) = (id, id, 8, 100_000_000)
            step.kind = kind == .rate ? .arrivals : .level
            if kind == .rate { (step.rps, step.arrivals) = (10, "poisson") }
            step.started = phase.started
            step.settled = phase.started.map { $0 + 2_000_000_000 }
            step.windowEnded = phase.started.map { $0 + 300_000_000_000 }
            step.drained = phase.ended
            run.phases.append(phase)
            run.steps.append(step)
        }
        var random = SplitMix64(seed: 5)
        func noise(_ size: Double) -> Int64 { Int64(random.unit() * size) }
        for place in 0..<Int64(6000) {
            let step = place < 3000 ? 1 : 2
            var request = RequestRecord()
            (request.sequence, request.step, request.loop) = (place, step, Int(place % 2))
            request.scheduled = (step == 1 ? place : place + 100) * 100_000_000 + noise(5e7)
            request.measured = request.scheduled % 310_000_000_000 > 2_000_000_000
            (request.dispatchLag, request.lateSend, request.written) = (noise(1e5), noise(1e4), 50_000 + noise(1e5))
            request.firstByte = 150_000_000 + noise(1e8) + (place > 1500 ? 100_000_000 : 0)
            (request.firstEvent, request.firstToken) = (request.firstByte, request.firstByte)
            request.firstVisible = request.firstToken
            (request.lateFirst, request.lateLast, request.lateEnd) = (noise(1e4), noise(1e4), noise(1e4))
            (request.outcome, request.useful, request.httpStatus) = (.okLength, true, 200)
            (request.connection, request.stamp, request.finish) = (.reused, .kernel, "length")
            (request.inputTokens, request.outputTokens, request.tokenSource) = (20, 40, .usage)
            var log = ArrivalLog()
            let dispatched = request.scheduled + (request.dispatchLag ?? 0)
            var at = request.firstToken ?? 0
            for token in 0..<40 {
                if token > 0 { at += 5_000_000 + noise(1e7) }
                log.add(bin: (dispatched + at) / 100_000_000, events: 1, textBytes: 4 + token % 3)
            }
            (request.lastToken, request.lastByte, request.ended) = (at, at + 1000, at + 2000)
            (request.tokenEvents, request.events, request.tokenReads, request.reads) = (40, 42, 40, 42)
            (request.textBytes, request.visibleBytes, request.firstReadTextBytes) = (199, 199, 4)
            request.arrivals = log.take()
            if place % 97 == 0 {
                (request.outcome, request.useful, request.httpStatus, request.error) = (
                    .http5xx, false, 500, "no \(place)"
                )
                (request.firstToken, request.firstVisible, request.lastToken, request.tokenSource) = (
                    nil, nil, nil, nil
                )
                (request.outputTokens, request.tokenEvents, request.tokenReads, request.arrivals) = (nil, 0, 0, [])
            }
            if place % 97 == 1, step == 1 { (request.sequence, request.attempt) = (place - 1, 1) }
            if step == 2 {
                (request.conversation, request.turn) = (Int(place / 3), Int(place % 3))
                request.servedModel = place % 5 == 0 ? "m-1" : "m-2"
                if place % 50 == 0 { request.tokenSource = .events }
            }
            run.requests.append(request)
        }
        return run
    }()

    private func stored(_ kept: KeptRows, _ folder: TemporaryFolder) throws -> RecordedRun {
        var record = Self.recorded.run
        record.keptRows = kept
        let store = try RunStore(creating: folder.file, run: record)
        // As loops give them: in order of their ends, some hundred at a time, not sorted by number.
        let requests = Self.recorded.requests.sorted { ($0.ended ?? 0) + $0.scheduled < ($1.ended ?? 0) + $1.scheduled }
        var first = Samples.batch(Self.recorded)
        first.requests = []
        store.write(first)
        for start in stride(from: 0, to: requests.count, by: 150) {
            var batch = RecordBatch()
            batch.requests = Array(requests[start..<min(requests.count, start + 150)])
            store.write(batch)
            if start % 900 == 0 { try store.flush() }
        }
        try store.finish(run: record)
        return try RunStore.read(folder.file)
    }

    @Test(arguments: [KeptRows.sampled, .failures])
    func `a result is the same, whichever requests have rows of their own`(kept: KeptRows) throws {
        let whole = RunResult(of: Self.recorded)
        #expect(whole.targets[0].phases[0].changePoints.contains { $0.figure == "ttft" })
        #expect(whole.targets[0].phases[0].stats.retries != nil)
        let folder = try TemporaryFolder()
        let read = try stored(kept, folder)
        #expect(RunResult(of: read) == whole)
        #expect(read.requests.count == Self.recorded.requests.count)
        let extent = try RunStore.extent(of: folder.file)
        #expect(extent.requests == read.requests.count)
        #expect(extent.bytes == FileSystem.size(folder.file))
        let rows = read.requests.filter { !$0.isPacked }
        let plain = rows.filter { $0.outcome == .okLength && $0.attempt == 0 }
        #expect(rows.count - plain.count == Self.recorded.requests.count { $0.outcome != .okLength || $0.attempt > 0 })
        // One of a hundred, and a few of each of eleven minutes.
        #expect(kept == .failures ? plain.isEmpty : (40...250).contains(plain.count), "\(plain.count)")
        let charts = (RunCharts(of: Self.recorded), RunCharts(of: read))
        let tokens = charts.1.targets[0].series.tokens.reduce(0, +)
        #expect(abs(tokens - charts.0.targets[0].series.tokens.reduce(0, +)) < 1)
    }

    @Test func `the slowest of each minute has a row, and the sample is that of its seed`() throws {
        let read = try stored(.sampled, try TemporaryFolder())
        let again = try stored(.sampled, try TemporaryFolder())
        #expect(read == again)
        let rows = Set(read.requests.filter { !$0.isPacked }.map { [$0.sequence, Int64($0.attempt)] })
        let minutes = Dictionary(grouping: read.requests.filter { $0.lastToken != nil }) {
            ($0.scheduled + ($0.dispatchLag ?? 0) + ($0.ended ?? 0)) / 60_000_000_000
        }
        #expect(minutes.count > 9)
        for several in minutes.values {
            let slowest = several.max { ($0.firstToken ?? 0) < ($1.firstToken ?? 0) }
            let longest = several.max { ($0.ended ?? 0) < ($1.ended ?? 0) }
            for request in [slowest, longest].compactMap(\.self) where request.attempt == 0 {
                #expect(rows.contains([request.sequence, 0]))
            }
        }
    }

    @Test func `a file of packed requests takes less than half of the room`() throws {
        let (all, some) = (try TemporaryFolder(), try TemporaryFolder())
        _ = try stored(.all, all)
        _ = try stored(.failures, some)
        let sizes = try [all, some].map { try #require(FileSystem.size($0.file)) }
        // What both have: tables, failures, sums of arrivals.
        #expect(sizes[1] * 2 < sizes[0], "\(sizes)")
    }

    @Test func `a killed run has all that was committed, and goes on with the same rows`() throws {
        let folder = try TemporaryFolder()
        var record = Self.recorded.run
        (record.keptRows, record.complete) = (.failures, false)
        var batch = Samples.batch(Self.recorded)
        batch.requests = Array(Self.recorded.requests[..<1500])
        do {
            let store = try RunStore(creating: folder.file, run: record)
            store.write(batch)
            try store.flush()
            let seen = try RunStore.read(folder.file)  // while it goes on
            #expect(seen.requests.count == 1500 && seen.requests.contains(where: \.isPacked))
        }
        let cut: Int64 = 100_000_000_000
        let store = try RunStore(resuming: folder.file, run: record, unmeasured: [1: cut])
        batch = RecordBatch()
        batch.requests = Array(Self.recorded.requests[1500...])
        store.write(batch)
        try store.finish(run: record)
        let read = try RunStore.read(folder.file)
        #expect(read.requests.map(\.sequence) == Self.recorded.requests.map(\.sequence).sorted())
        let behind = read.requests.filter { $0.step == 1 && $0.scheduled >= cut && $0.sequence < 1400 }
        #expect(behind.count > 300 && !behind.contains(where: \.measured))
        let before = read.requests.filter { $0.scheduled < cut && $0.scheduled > 3_000_000_000 }
        #expect(before.count > 900 && before.allSatisfy(\.measured))
    }

    @Test func `what a failed transaction had packed is packed once, when it goes well`() throws {
        let folder = try TemporaryFolder()
        var record = Self.recorded.run
        record.keptRows = .failures
        let store = try RunStore(
            creating: folder.file,
            run: record,
            commitInterval: .milliseconds(5),
            exclusive: false,
            pageLimit: 80
        )
        for start in stride(from: 0, to: 6000, by: 300) {
            var batch = start == 0 ? Samples.batch(Self.recorded) : RecordBatch()
            batch.requests = Array(Self.recorded.requests[start..<start + 300])
            store.write(batch)
            try? store.flush()
        }
        #expect(store.failure != nil)
        try store.raisePageLimit(to: 100_000)
        try? store.flush()
        _ = try? store.finish(run: record)
        let read = try RunStore.read(folder.file)
        #expect(read.requests.map(\.sequence) == Self.recorded.requests.map(\.sequence).sorted())
        #expect(RunResult(of: read) == RunResult(of: Self.recorded))
    }

    @Test func `a damaged pack is told, with its place`() throws {
        let folder = try TemporaryFolder()
        _ = try stored(.failures, folder)
        try SQLiteShell.execute(folder.file, "UPDATE packs SET cells = substr(cells, 1, 100) WHERE id = 2")
        let error = #expect(throws: StoreError.self) { try RunStore.read(folder.file) }
        #expect("\(error.map { "\($0)" } ?? "")".contains("packs"))
    }
}
