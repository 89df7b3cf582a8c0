import Testing
import Ticks

@testable import Measurement

@Suite struct RunChartsTests {
    /// One level of two streams over ten seconds.
    private static func steady(_ change: (inout RunResultBuilder, Int) -> Void) -> RunCharts {
        var builder = RunResultBuilder()
        let phase = builder.phase(.ramp, from: 0, to: 10_000)
        let step = builder.step(.level, of: phase, 2, from: 0, settled: 0, windowEnded: 10_000, drained: 10_000)
        builder.recorded.run.durationNanoseconds = 10_000 * RunResultBuilder.millisecond
        change(&builder, step)
        return RunCharts(of: builder.recorded)
    }

    @Test(arguments: [
        (3.0, 100, 30), (40.0, 500, 80), (60.0, 1000, 60), (600.0, 1000, 600), (1000.0, 1000, 1000),
        (1001.0, 2000, 501), (7200.0, 10_000, 720), (86_400.0, 120_000, 720), (0.0, 100, 1),
    ])
    func `the time axis has bins enough to see and few enough to draw`(seconds: Double, width: Int64, bins: Int) {
        let axis = TimeAxis(nanoseconds: Int64(seconds * 1e9))
        #expect(axis.width == width * 1_000_000)
        #expect(axis.bins == bins)
    }

    @Test(arguments: [Int64.max, 1, 0, -5, 4_000_000_000_000_000_000])
    func `no record makes more bins than the limit`(nanoseconds: Int64) {
        let axis = TimeAxis(nanoseconds: nanoseconds)
        #expect((1...RunCharts.mostBins).contains(axis.bins))
        #expect(axis.bin(.max) == axis.bins - 1)
        #expect(axis.bin(.min) == 0)
    }

    @Test func `starts, ends, failures and first tokens stand in the bins of their instants`() {
        let charts = Self.steady { builder, step in
            builder.request(step, at: 1000, ttft: 200)  // eight tokens by 1.9 s
            builder.request(step, at: 1050, ttft: 400)  // by 2.15 s
            builder.failure(step, at: 3000, .http5xx, after: 50)
            builder.failure(step, at: 3000, .rateLimited, after: 50)
            builder.failure(step, at: 3000, .cancelled, after: 50)
            builder.request(step, at: 3500, ttft: 200) { $0.attempt = 1 }
        }
        #expect(charts.axis.secondsPerBin == 0.1)
        let series = charts.targets[0].series
        #expect(series.starts[10] == 2)
        #expect(series.starts[30] == 3)
        #expect(series.starts.reduce(0, +) == 6)
        #expect(series.again[35] == 1 && series.again.reduce(0, +) == 1)
        #expect(series.successes[19] == 1)
        #expect(series.successes[21] == 1)
        #expect(series.failed[30] == 1 && series.throttled[30] == 1 && series.excluded[30] == 1)
        #expect(series.ttftP50[10] == 200)  // nearest rank of two
        #expect(series.ttftP95[10] == 400)
        #expect(series.ttftP50[11] == nil)
    }

    @Test func `requests in flight are a mean over each bin, and their area is the time they took`() {
        let charts = Self.steady { builder, step in
            builder.request(step, at: 1050, ttft: 200, tokens: 8, gap: 100)  // 0.9 s long
            builder.request(step, at: 1000, ttft: 200, tokens: 8, gap: 100)
        }
        let inFlight = charts.targets[0].series.inFlight
        #expect(abs(inFlight[10] - 1.5) < 1e-9)  // one all the time, one half of it
        #expect(abs(inFlight[15] - 2) < 1e-9)
        #expect(abs(inFlight[19] - 0.5) < 1e-9)
        #expect(abs(inFlight.reduce(0, +) * 0.1 - 1.8) < 1e-9)
    }

    @Test func `all tokens of an answer are on the axis, by their arrival or spread over its decoding`() {
        let logged = Self.steady { builder, step in
            builder.recorded.steps[0].binWidth = 100 * RunResultBuilder.millisecond
            builder.request(step, at: 1000, ttft: 200, tokens: 8, gap: 100)
        }
        let tokens = logged.targets[0].series.tokens
        #expect(abs(tokens.reduce(0, +) - 8) < 1e-9)
        #expect(abs(tokens[12] - 1) < 1e-9)
        #expect(tokens[11] == 0 && tokens[20] == 0)
        #expect(logged.targets[0].series.tokenResolution == 0.1)

        let spread = Self.steady { builder, step in
            builder.request(step, at: 1000, ttft: 200, tokens: 8, gap: 100) { $0.arrivals = [] }
        }
        let even = spread.targets[0].series.tokens
        #expect(abs(even.reduce(0, +) - 8) < 1e-9)
        #expect(abs(even[15] - 8.0 / 7) < 1e-9)  // over 0.7 s
    }

    @Test func `the readings of a thinned distribution are those of the whole sample`() {
        let samples = (1...50_000).map { Double($0 * 7919 % 50_000) / 3 }
        let whole = SortedSamples(samples)
        let thin = OrderStatistics(samples, most: 300)
        #expect(thin?.count == 50_000)
        #expect((thin?.ranks.count ?? 0) <= 300)
        #expect(thin?.ranks == thin?.ranks.sorted())
        for quantile in OrderStatistics.shown {
            let place = thin?.ranks.firstIndex(of: quantile.rank(of: 50_000))
            #expect(place != nil)
            #expect(place.flatMap { thin?.values[$0] } == whole.nearestRank(quantile))
        }
        #expect(thin?.values.first == whole.min && thin?.values.last == whole.max)
    }

    @Test(arguments: [1, 2, 7, 19, 20, 21, 300])
    func `a small sample is kept whole`(count: Int) {
        let statistics = OrderStatistics((0..<count).map(Double.init), most: 300)
        #expect(statistics?.ranks == Array(1...count))
    }

    @Test func `curves of a ramp are of the measured successes of each level`() {
        let charts = Self.steady { builder, step in
            for place in 0..<5 { builder.request(step, at: Int64(place) * 500, ttft: 100 + Int64(place)) }
            builder.request(step, at: 100, ttft: 9000, measured: false)
            builder.failure(step, at: 100, .http5xx)
        }
        let ttft = charts.targets[0].distributions.first { $0.figure == .ttft }
        #expect(ttft?.groups.count == 1)
        #expect(ttft?.groups.first?.concurrency == 2)
        #expect(ttft?.groups.first?.statistics.values == [100, 101, 102, 103, 104])
    }

    @Test func `the curve of a steady load is of the requests that its row counts`() {
        var builder = RunResultBuilder()
        let phase = builder.phase(.steady, from: 0, to: 10_000)
        let step = builder.step(.level, of: phase, 2, from: 0, settled: 0, windowEnded: 9000, drained: 10_000)
        for place in 0..<5 { builder.request(step, at: Int64(place) * 500, ttft: 100 + Int64(place)) }
        builder.request(step, at: 9500, ttft: 9000, measured: false)
        let ttft = RunCharts(of: builder.recorded).targets[0].distributions.first { $0.figure == .ttft }
        #expect(ttft?.groups.first?.statistics.values == [100, 101, 102, 103, 104])
        #expect(builder.result.targets[0].phases[0].steps[0].stats.ttftMilliseconds?.maximum == 104)
    }

    @Test func `a burst is told request by request, with what was cold`() {
        var builder = RunResultBuilder()
        let phase = builder.phase(.burst, from: 0, to: 20_000)
        let edge = builder.step(.edge, of: phase, 6, from: 1000, settled: 1000, windowEnded: 5000, drained: 5000) {
            ($0.burst, $0.release) = (0, 1000 * RunResultBuilder.millisecond)
        }
        let control = builder.step(.control, of: phase, 6, from: 9000, settled: 9000, windowEnded: 9900, drained: 9900)
        {
            ($0.burst, $0.release) = (0, 9000 * RunResultBuilder.millisecond)
        }
        for rank in 0..<6 {
            builder.request(edge, at: 1000, ttft: rank == 0 ? 52 : 1200, tokens: 2) { $0.rank = rank }
            builder.request(control, at: 9000, ttft: 50 + Int64(rank), tokens: 2) { $0.rank = rank }
        }
        builder.request(edge, at: 3000, ttft: 60, tokens: 2)
        let burst = RunCharts(of: builder.recorded).targets[0].bursts.first
        #expect(burst?.releaseSeconds == 1)
        let wave = burst?.requests.filter { $0.part == .edge } ?? []
        #expect(wave.map(\.cold) == [false, true, true, true, true, true])
        #expect(wave.map(\.rank) == [0, 1, 2, 3, 4, 5])
        #expect(wave.map(\.written) == Array(repeating: 1, count: 6))
        #expect(wave[1].firstToken == 1200 && wave[1].ended == 1300)
        let held = burst?.requests.first { $0.part == .hold }
        #expect(held?.dispatched == 2000 && held?.ttft == 60 && held?.rank == nil)
        #expect(burst?.requests.count { $0.part == .control } == 6)
    }

    @Test func `the requests shown hold the slowest, a sample, and failures that a sample would miss`() {
        let charts = Self.steady { builder, step in
            for place in 0..<5000 {
                builder.request(step, at: Int64(place), ttft: place == 4321 ? 5000 : 100, tokens: 1)
            }
            builder.failure(step, at: 8000, .http5xx)
        }
        let requests = charts.targets[0].requests
        #expect(requests.count == 5001)
        #expect(requests.requests.count <= RunCharts.slowest + RunCharts.sampled + RunCharts.sampled / 5)
        #expect(requests.requests.count { $0.isSampled } == RunCharts.sampled)
        #expect(requests.requests.count { $0.isSlow } <= RunCharts.slowest)
        #expect(requests.requests.contains { $0.isSlow && $0.record.sequence == 4321 })
        #expect(requests.requests.contains { $0.record.outcome == .http5xx })
        let instants = requests.requests.map { $0.record.dispatched ?? 0 }
        #expect(instants == instants.sorted())
    }

    @Test func `the sample is the same for the same seed`() {
        let make = {
            Self.steady { builder, step in
                for place in 0..<4000 { builder.request(step, at: Int64(place), ttft: 100, tokens: 1) }
            }
        }
        #expect(make() == make())
    }

    @Test func `a heat map counts every first token once`() {
        var builder = RunResultBuilder()
        let phase = builder.phase(.steady, from: 0, to: 100_000)
        let step = builder.step(.level, of: phase, 4, from: 0, settled: 0, windowEnded: 100_000, drained: 100_000)
        for place in 0..<1000 {
            builder.request(step, at: Int64(place) * 100, ttft: place % 10 == 0 ? 1000 : 10, tokens: 1)
        }
        let heat = RunCharts(of: builder.recorded).targets[0].heatMaps.first
        #expect(heat?.cells.reduce(0) { $0 + $1.count } == 1000)
        #expect(heat?.low == 10 && heat?.high == 1000)
        let byRow = Dictionary(grouping: heat?.cells ?? [], by: \.row).mapValues { $0.reduce(0) { $0 + $1.count } }
        #expect(byRow == [0: 900, HeatMap.rows - 1: 100])
    }

    @Test func `a run of which nothing was stored has empty charts`() {
        let charts = RunCharts(of: RecordedRun())
        #expect(charts.targets.isEmpty)
        #expect(charts.axis.bins == 1)
    }

    @Test func `the generator's load is told by the bin`() {
        let charts = Self.steady { builder, _ in
            for second in 0..<10 {
                var health = HealthRecord()
                health.at = Int64(second) * 1_000_000_000
                health.loopCPU = Int64(second) * 250_000_000
                builder.recorded.health.append(health)
            }
            var record = HistogramRecord()
            (record.step, record.second, record.metric) = (1, 3, .wakeLag)
            record.histogram.record(2_000_000)
            builder.recorded.histograms.append(record)
        }
        #expect(charts.generator.cpuPercent[45] == 25)
        let lag = charts.generator.wakeLagP99
        #expect(lag[29] == nil && lag[40] == nil)
        #expect(abs((lag[35] ?? 0) - 2) < 0.02)
    }
}
