import Measurement
import Testing

@testable import Store

@Suite struct RoundTripTests {
    @Test func `every field of every record comes back as it was written`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        store.write(Samples.batch(Samples.recorded))
        #expect(try store.finish(run: Samples.run))
        #expect(try RunStore.read(folder.file) == Samples.recorded)
    }

    /// Without this the test above would not see a field that nobody stores.
    @Test func `the samples differ from the default in every field`() {
        expectAllDiffer(Samples.run, RunRecord())
        expectAllDiffer(Samples.target, TargetRecord())
        expectAllDiffer(Samples.phase, PhaseRecord())
        expectAllDiffer(Samples.step, StepRecord())
        expectAllDiffer(Samples.request, RequestRecord())
        expectAllDiffer(Samples.bin, BinRecord())
        expectAllDiffer(Samples.histogram, HistogramRecord())
        expectAllDiffer(Samples.health, HealthRecord())
        expectAllDiffer(Samples.incident, IncidentRecord())
        expectAllDiffer(Samples.shard, ShardRecord())
        expectAllDiffer(Samples.serverReading, ServerReading())
    }

    @Test func `servers' texts lie in the file as they came`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        var batch = RecordBatch()
        for (at, reason) in [(1, ServerText.Reason.first), (2, .names), (3, .last)] as [(Int64, ServerText.Reason)] {
            var text = ServerText()
            (text.target, text.source, text.at, text.reason, text.text) = (1, "s", at, reason, "a \(at)\n")
            batch.serverTexts.append(text)
        }
        store.write(batch)
        try store.finish(run: RunRecord())
        let rows = try SQLiteShell.rows(
            folder.file,
            "SELECT target, source, at_ns, reason, trim(text, char(10)) FROM server_texts"
        )
        #expect(rows == ["1|s|1|first|a 1", "1|s|2|names|a 2", "1|s|3|last|a 3"])
    }

    @Test func `records with nothing set come back as well`() throws {
        let folder = try TemporaryFolder()
        var run = RecordedRun()
        run.targets = [TargetRecord()]
        run.phases = [PhaseRecord()]
        run.steps = [StepRecord()]
        run.requests = [RequestRecord()]
        run.bins = [BinRecord()]
        run.histograms = [HistogramRecord()]
        run.health = [HealthRecord()]
        run.incidents = [IncidentRecord()]
        let store = try RunStore(creating: folder.file, run: run.run)
        store.write(Samples.batch(run))
        try store.finish(run: run.run)
        #expect(try RunStore.read(folder.file) == run)
    }

    @Test func `answers come back by phase and place, once each, and not without their request`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        var batch = RecordBatch()
        for (id, phase) in [(1, 1), (2, 1), (3, 2)] {
            var step = StepRecord()
            (step.id, step.phase) = (id, phase)
            batch.steps.append(step)
        }
        // (sequence, step, item): item 1 was answered before and after an interruption, 9 has lost its request.
        for (sequence, step, item) in [(0, 1, 1), (1, 2, 0), (2, 2, 1), (3, 3, 0)] {
            var request = RequestRecord()
            (request.sequence, request.step, request.item) = (Int64(sequence), step, item)
            batch.requests.append(request)
        }
        batch.answers = [0, 1, 2, 3, 9].map { AnswerRecord(sequence: $0, line: "answer \($0)") } + [Samples.answer]
        store.write(batch)
        try store.finish(run: RunRecord())
        var seen: [String] = []
        try RunStore.forEachAnswer(of: folder.file) { seen.append("\($0)/\($1) \($2)") }
        #expect(seen == ["1/0 answer 1", "1/1 answer 0", "2/0 answer 3"])
    }

    @Test func `a run is written on after its end, and an older file without prompts' places is refused`() throws {
        let folder = try TemporaryFolder()
        try RunStore(creating: folder.file, run: Samples.run).finish(run: Samples.run)
        var run = Samples.run
        run.complete = false
        let store = try RunStore(resuming: folder.file, run: run)
        var batch = RecordBatch()
        batch.requests = [Samples.request]
        store.write(batch)
        try store.flush()
        #expect(try RunStore.read(folder.file).run.complete == false)
        run.complete = true
        try store.finish(run: run)
        #expect(try RunStore.read(folder.file).requests == [Samples.request])
        try SQLiteShell.execute(folder.file, "DELETE FROM requests; ALTER TABLE requests DROP COLUMN late_send_ns")
        let older = try RunStore(resuming: folder.file, run: run)
        older.write(batch)
        try older.finish(run: run)
        #expect(try RunStore.read(folder.file).requests == [Samples.request])
        try SQLiteShell.execute(folder.file, "DROP TABLE answers")
        #expect(throws: StoreError.self) { try RunStore(resuming: folder.file, run: run) }
    }

    @Test func `every outcome comes back`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        var batch = RecordBatch()
        batch.requests = Outcome.allCases.enumerated().map { index, outcome in
            var request = RequestRecord()
            request.sequence = Int64(index)
            request.outcome = outcome
            return request
        }
        store.write(batch)
        try store.finish(run: RunRecord())
        #expect(try RunStore.read(folder.file).requests.map(\.outcome) == Outcome.allCases)
    }

    @Test func `integers at both ends of their range come back`() throws {
        let folder = try TemporaryFolder()
        let longest: Int64 = (1 << 62) - 1
        var low = RequestRecord()
        low.sequence = .min
        low.scheduled = -longest
        low.dispatchLag = -longest
        low.outputTokens = .min
        var high = RequestRecord()
        high.sequence = .max
        high.scheduled = longest
        high.dispatchLag = longest
        high.events = .max
        let store = try RunStore(creating: folder.file, run: RunRecord())
        var batch = RecordBatch()
        batch.requests = [low, high]
        store.write(batch)
        try store.finish(run: RunRecord())
        #expect(try RunStore.read(folder.file).requests == [low, high])
        // No run lasts longer: whoever reckons with such a time would overflow.
        for wrong in ["scheduled_ns = \(longest + 1)", "ended_ns = -\(longest + 1)", "events = 281474976710657"] {
            try SQLiteShell.execute(folder.file, "UPDATE requests SET scheduled_ns = 0, ended_ns = NULL, \(wrong)")
            let error = #expect(throws: StoreError.self) { try RunStore.read(folder.file) }
            #expect(error?.reason == .corrupt)
        }
    }

    @Test func `the same words of a server are stored once, whoever said them`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        for round in 0..<3 {
            var batch = RecordBatch()
            batch.requests = (0..<4).map { index in
                var request = RequestRecord()
                request.sequence = Int64(round * 4 + index)
                request.error = index % 2 == 0 ? "overloaded" : "no such model"
                return request
            }
            store.write(batch)
            try store.flush()
        }
        try store.finish(run: RunRecord())
        let errors = try RunStore.read(folder.file).requests.map(\.error)
        #expect(errors == (0..<12).map { $0 % 2 == 0 ? "overloaded" : "no such model" })
        #expect(
            try SQLiteShell.rows(folder.file, "SELECT text FROM texts ORDER BY text") == [
                "no such model", "overloaded",
            ]
        )
    }

    @Test func `a NUL in a server's words does not cut them off`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        var request = RequestRecord()
        request.error = "before\0after"
        request.detail = "a\0b"
        var batch = RecordBatch()
        batch.requests = [request]
        store.write(batch)
        try store.finish(run: RunRecord())
        let read = try #require(RunStore.read(folder.file).requests.first)
        #expect(read.error == "before\u{2400}after")
        #expect(read.detail == "a\u{2400}b")
    }

    @Test func `a target, a phase or a step written again replaces the earlier one`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        var batch = RecordBatch()
        var step = StepRecord()
        step.id = 1
        step.started = 10
        batch.steps = [step]
        store.write(batch)
        try store.flush()
        step.drained = 20
        batch.steps = [step]
        store.write(batch)
        try store.finish(run: RunRecord())
        #expect(try RunStore.read(folder.file).steps == [step])
    }

    @Test func `requests come back by sequence and attempt, however they were written`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        var batch = RecordBatch()
        batch.requests = [(5, 0), (2, 1), (9, 0), (2, 0)].map { (sequence: Int64, attempt: Int) in
            var request = RequestRecord()
            request.sequence = sequence
            request.attempt = attempt
            return request
        }
        store.write(batch)
        try store.finish(run: RunRecord())
        #expect(
            try RunStore.read(folder.file).requests.map { [Int($0.sequence), $0.attempt] } == [
                [2, 0], [2, 1], [5, 0], [9, 0],
            ]
        )
    }

    private func expectAllDiffer(_ sample: Any, _ standard: Any, sourceLocation: SourceLocation = #_sourceLocation) {
        let pairs = zip(Mirror(reflecting: sample).children, Mirror(reflecting: standard).children)
        for (set, unset) in pairs {
            #expect(
                String(reflecting: set.value) != String(reflecting: unset.value),
                "\(set.label ?? "?") is at its default",
                sourceLocation: sourceLocation
            )
        }
    }
}
