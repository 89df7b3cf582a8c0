import Measurement
import Testing
import Ticks

@testable import Store

/// A merge is the union of the shards' rows: nothing lost, nothing twice, nothing averaged.
@Suite struct MergeTests {
    private static let count = 3

    private func shard(_ index: Int) -> RecordedRun {
        var generator = SplitMix64(seed: UInt64(index + 1))
        var recorded = RecordedRun()
        recorded.run.id = "abc"
        recorded.run.toolVersion = "0.1.0"
        recorded.run.seed = 7
        recorded.run.scheduleSHA256 = "hash"
        recorded.run.complete = true
        recorded.run.loops = 2
        recorded.run.durationNanoseconds = 100 + Int64(index)
        var shard = ShardRecord()
        (shard.index, shard.count, shard.startAt, shard.host) = (index, Self.count, 1000, "n\(index)")
        recorded.shards = [shard]
        var target = TargetRecord()
        (target.id, target.name, target.preflightRequests) = (1, "t", 2)
        recorded.targets = [target]
        var phase = PhaseRecord()
        (phase.id, phase.target, phase.started, phase.ended) = (1, 1, Int64(index), 500 - Int64(index))
        recorded.phases = [phase]
        var level = StepRecord()
        (level.id, level.phase, level.kind, level.concurrency) = (1, 1, .level, 2 + index)
        (level.settled, level.windowEnded) = (10 + Int64(index), 100 - Int64(index))
        var edge = StepRecord()
        (edge.id, edge.phase, edge.ordinal, edge.kind, edge.concurrency) = (2, 1, 1, .edge, 5)
        (edge.settled, edge.release, edge.windowEnded) = (200, 200 + Int64(index), 300 + Int64(index))
        edge.rps = 20.0 / 3
        recorded.steps = [level, edge]
        for own in 0..<40 {
            var request = RequestRecord()
            request.sequence = Int64(index + Self.count * own)
            request.step = own < 30 ? 1 : 2
            request.loop = own % 2
            request.measured = true
            request.scheduled = Int64(own * 4)
            request.dispatchLag = 0
            request.rank = own < 30 ? nil : index + Self.count * (own - 30)
            request.error = own == 3 ? "words of shard \(index)" : own == 4 ? "the same words" : nil
            request.firstToken = Int64(generator.next() % 1_000_000)
            recorded.requests.append(request)
        }
        for second in 0..<5 {
            var histogram = HistogramRecord()
            (histogram.step, histogram.second, histogram.loop) = (1, Int64(second), second % 2)
            for _ in 0..<50 { histogram.histogram.record(Int64(generator.next() % 100_000_000)) }
            recorded.histograms.append(histogram)
        }
        var bin = BinRecord()
        (bin.step, bin.loop, bin.tokenEvents) = (1, 1, 10 + index)
        recorded.bins = [bin]
        var health = HealthRecord()
        (health.at, health.loop) = (5, 1)
        recorded.health = [health]
        return recorded
    }

    private func store(_ recorded: RecordedRun, in folder: TemporaryFolder, _ name: String, ends: Bool = true) throws
        -> String
    {
        let path = folder.path + "/\(name).sqlite"
        let store = try RunStore(creating: path, run: recorded.run)
        store.write(Samples.batch(recorded))
        if ends { try store.finish(run: recorded.run) } else { try store.flush() }
        return path
    }

    private func refusal(_ paths: [String], allowsMissing: Bool = false) throws -> String? {
        let heads = try paths.map { try RunStore.head($0) }
        do throws(ShardUnion.Refusal) {
            _ = try ShardUnion(of: heads, allowsMissing: allowsMissing)
            return nil
        } catch { return error.description }
    }

    @Test func `the merged file holds the union of all rows, histograms cell by cell`() throws {
        let folder = try TemporaryFolder()
        let shards = (0..<Self.count).map(shard)
        // Given in another order than that of their index.
        let paths = try shards.enumerated().map { try store($1, in: folder, "s\($0)") }.reversed() as [String]
        let union = try ShardUnion(of: try paths.map { try RunStore.head($0) }, allowsMissing: false)
        let file = folder.path + "/whole.sqlite"
        try RunStore.merge(union, of: paths, into: file)
        let whole = try RunStore.read(file)

        var expected: [RequestRecord] = []
        for (index, shard) in shards.enumerated() {
            for var request in shard.requests {
                request.loop += index * ShardUnion.loopsOfAShard
                // All held the level from 12 to 98, and only what was sent in that time is in its figures.
                if request.step == 1 { request.measured = (12..<98).contains(request.scheduled) }
                expected.append(request)
            }
        }
        #expect(whole.requests == expected.sorted { $0.sequence < $1.sequence })
        var sum = Histogram()
        for record in shards.flatMap(\.histograms) { sum.merge(record.histogram) }
        var merged = Histogram()
        for record in whole.histograms { merged.merge(record.histogram) }
        #expect(merged == sum)
        #expect(merged.count == 3 * 5 * 50)
        #expect(whole.bins.map(\.tokenEvents).sorted() == [10, 11, 12])
        #expect(Set(whole.health.map(\.loop)) == [1, 100_001, 200_001])
        #expect(whole.shards.map(\.host) == ["n0", "n1", "n2"])
        #expect(whole.steps.map(\.concurrency) == [9, 15])
        #expect(whole.steps[0].settled == 12 && whole.steps[0].windowEnded == 98)
        #expect(whole.steps[1].release == 200 && whole.steps[1].windowEnded == 302)
        #expect(whole.steps[1].rps == 20)
        #expect(whole.phases[0].started == 0 && whole.phases[0].ended == 500)
        #expect(whole.targets[0].preflightRequests == 6)
        #expect(whole.run.durationNanoseconds == 102 && whole.run.loops == 6)
        for (path, shard) in zip(paths.reversed(), shards) { #expect(try RunStore.read(path) == shard) }
    }

    @Test func `what does not belong together is refused, with the reason`() throws {
        let folder = try TemporaryFolder()
        let paths = try (0..<Self.count).map { try store(shard($0), in: folder, "s\($0)") }
        #expect(try refusal(paths) == nil)
        #expect(try refusal(paths + [paths[1]])?.contains("both shard 1 of 3") == true)
        #expect(try refusal([paths[0], paths[2]])?.contains("shard 1 of 3 is missing") == true)
        for kept in [KeptRows.sampled, .failures] {
            var part = shard(1)
            part.run.keptRows = kept
            let sampled = try store(part, in: folder, kept.rawValue)
            #expect(
                try refusal([paths[0], sampled, paths[2]])?.contains("(output.requests: \(kept.rawValue))") == true
            )
        }
        let foreign: [(String, (inout RecordedRun) -> Void)] = [
            ("seed", { $0.run.seed = 8 }), ("plan", { $0.run.scheduleSHA256 = "other" }),
            ("version", { $0.run.toolVersion = "0.2.0" }), ("run id", { $0.run.id = "abd" }),
            ("number of shards", { $0.shards[0].count = 4 }), ("beginning", { $0.shards[0].startAt = 2000 }),
            ("targets", { $0.targets[0].model = "m" }), ("no shard", { $0.shards = [] }),
        ]
        for (number, (reason, change)) in foreign.enumerated() {
            var other = shard(2)
            change(&other)
            let words = try refusal([paths[0], paths[1], try store(other, in: folder, "f\(number)")])
            #expect(words?.contains(reason) == true, "\(reason): \(words ?? "accepted")")
        }
    }

    @Test func `a shard that did not end is named, and left out only when that is allowed`() throws {
        let folder = try TemporaryFolder()
        var cut = shard(1)
        cut.run.complete = false
        let paths = [
            try store(shard(0), in: folder, "s0"), try store(cut, in: folder, "s1", ends: false),
            try store(shard(2), in: folder, "s2"),
        ]
        #expect(try refusal(paths)?.contains("s1.sqlite, on n1, did not end") == true)
        let union = try ShardUnion(of: try paths.map { try RunStore.head($0) }, allowsMissing: true)
        #expect(union.missing == [1])
        #expect(union.run.warnings == ["Shard 1/3 (n1) did not end; it was left out."])
        let file = folder.path + "/part.sqlite"
        try RunStore.merge(union, of: paths, into: file)
        let result = RunResult(of: try RunStore.read(file))
        #expect(result.shards?.partOfLoad == "2/3")
        #expect(result.shards?.missing == [1])
    }
}
