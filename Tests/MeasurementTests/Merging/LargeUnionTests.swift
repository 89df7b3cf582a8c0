import Testing
import Ticks

@testable import Measurement

/// A merge too large to hold says what one that holds all requests says: counts and rates to the digit, percentiles to a cell.
@Suite struct LargeUnionTests {
    private static let count = 3

    /// A ramp of 6 and 12 streams and a job of 90 prompts; a tenth fails, waits differ from request to request.
    private func whole() -> RecordedRun {
        var builder = RunResultBuilder()
        builder.recorded.run.sloTTFT = 300
        builder.recorded.targets[0].inputPrice = 1
        builder.recorded.targets[0].outputPrice = 4
        let ramp = builder.phase(.ramp, from: 0, to: 24_000)
        let levels = [6, 12].enumerated().map { place, streams in
            let start = Int64(place * 12_000)
            return builder.step(
                .level,
                of: ramp,
                streams,
                from: start,
                settled: start + 1000,
                windowEnded: start + 11_000,
                drained: start + 12_000
            )
        }
        for (place, level) in levels.enumerated() {
            for number in 0..<(120 * (place + 1)) {
                let at = Int64(place * 12_000) + Int64(number) * 11_000 / Int64(120 * (place + 1))
                builder.request(
                    level,
                    at: at,
                    ttft: 150 + Int64(number * 37 % 211),
                    tokens: 8 + number % 3,
                    measured: at >= Int64(place * 12_000) + 1000
                ) { request in
                    if number % 10 == 7 {
                        request.outcome = .http5xx
                        request.useful = false
                    }
                }
            }
        }
        let batch = builder.phase(.batch, from: 24_000, to: 40_000)
        let job = builder.step(.batch, of: batch, 9, from: 24_000, drained: 40_000)
        builder.recorded.phases[1].requests = 90
        for number in 0..<90 {
            builder.request(job, at: 24_000 + Int64(number) * 100, ttft: 100 + Int64(number * 53 % 97)) {
                $0.item = number
            }
        }
        return builder.recorded
    }

    private func shard(_ index: Int, of whole: RecordedRun) -> RecordedRun {
        var part = whole
        part.requests = whole.requests.filter { Int($0.sequence) % Self.count == index }
        for place in part.steps.indices { part.steps[place].concurrency /= Self.count }
        part.phases[1].requests = 30
        var shard = ShardRecord()
        (shard.index, shard.count, shard.host) = (index, Self.count, "n\(index)")
        part.shards = [shard]
        return part
    }

    private func merged(_ parts: [RecordedRun]) throws -> (RunResult, ShardUnion) {
        let union = try ShardUnion(
            of: parts.enumerated().map { place, part in
                var head = ShardUnion.Head()
                head.path = "\(place)"
                (head.run, head.shards, head.targets) = (part.run, part.shards, part.targets)
                (head.phases, head.steps, head.requests) = (part.phases, part.steps, part.requests.count)
                return head
            },
            allowsMissing: true
        )
        var large = LargeUnion(union)
        var shards = union.shards
        for place in union.sources.indices {
            shards[place].note(large.add(parts[union.sources[place]]), of: parts[union.sources[place]])
        }
        return (large.result(shards: shards), union)
    }

    private func close(_ a: Double?, _ b: Double?, _ share: Double) -> Bool {
        guard let a, let b else { return a == nil && b == nil }
        return abs(a - b) <= share * abs(b)
    }

    @Test func `shard by shard it is the whole's result`() throws {
        let recorded = whole()
        let truth = RunResult(of: recorded)
        let (result, union) = try merged((0..<Self.count).map { shard($0, of: recorded) })
        #expect(union.requests == recorded.requests.count)
        let (ours, theirs) = (result.targets[0], truth.targets[0])
        let rows =
            [(ours.totals, theirs.totals)]
            + zip(ours.phases, theirs.phases).flatMap { ours, theirs in
                [(ours.stats, theirs.stats)] + zip(ours.steps, theirs.steps).map { ($0.stats, $1.stats) }
            }
        #expect(rows.count == 5)
        for (place, (a, b)) in rows.enumerated() {
            #expect(a.requests == b.requests && a.outcomes == b.outcomes, "row \(place)")
            #expect(a.outputTokens == b.outputTokens && a.inputTokens == b.inputTokens)
            #expect(a.availability?.value == b.availability?.value && a.errorRate == b.errorRate)
            #expect(a.sloAttainment.map { abs($0 - b.sloAttainment!) < 1e-12 } == true)
            #expect(
                close(a.outputTokensPerSecond, b.outputTokensPerSecond, 1e-9),
                "row \(place): \(a.outputTokensPerSecond ?? -1)"
            )
            #expect(close(a.requestsPerSecond, b.requestsPerSecond, 1e-9) && close(a.goodputRPS, b.goodputRPS, 1e-9))
            #expect(close(a.cost?.dollars, b.cost?.dollars, 1e-9))
            #expect(close(a.cost?.dollarsPerUsefulResult, b.cost?.dollarsPerUsefulResult, 1e-9))
            for (x, y) in [
                (a.ttftMilliseconds, b.ttftMilliseconds), (a.e2eMilliseconds, b.e2eMilliseconds),
                (a.requestTPS, b.requestTPS),
            ] {
                let (x, y) = (try #require(x), try #require(y))
                #expect(x.count == y.count && x.source == .histogram && x.p50Interval == nil)
                #expect(
                    close(x.p50, y.p50, 1.0 / 256) && close(x.p95, y.p95, 1.0 / 256)
                        && close(x.maximum, y.maximum, 1e-6)
                )
            }
        }
        #expect(ours.phases[0].steps.map(\.concurrency) == [6, 12])
        #expect(ours.phases[1].batch?.promptsEnded == 90 && ours.phases[1].batch?.concurrency == 9)
        #expect(ours.failures.map(\.requests) == theirs.failures.map(\.requests))
        #expect(result.shards?.missing == [] && result.warnings.contains { $0.contains("too many to hold at once") })
        #expect(result.headline.isEmpty == truth.headline.isEmpty)
    }

    @Test func `a missing shard is told and its load is in no figure`() throws {
        let recorded = whole()
        let (result, _) = try merged([0, 2].map { shard($0, of: recorded) })
        let held = recorded.requests.filter { $0.sequence % 3 != 1 }
        #expect(result.targets[0].totals.requests.scheduled == held.count)
        #expect(result.targets[0].phases[0].steps.map(\.partOfLoad) == ["2/3", "2/3"])
    }
}
