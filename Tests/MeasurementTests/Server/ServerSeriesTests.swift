import Testing

@testable import Measurement

@Suite struct ServerSeriesTests {
    private static let second: Int64 = 1_000_000_000

    /// One reading a second of one replica, from second 0.
    private func readings(
        _ fact: ServerFact,
        _ values: [Double?],
        source: String = "s",
        replica: String = "",
        from: Int64 = 0
    ) -> [ServerReading] {
        values.enumerated().map { place, value in
            var reading = ServerReading()
            (reading.target, reading.source, reading.replica) = (1, source, replica)
            reading.at = (from + Int64(place)) * Self.second
            if let value { reading[fact] = value } else { reading.problem = "HTTP 500" }
            return reading
        }
    }

    private func series(_ readings: [ServerReading]) throws -> ServerSeries {
        try #require(ServerSeries(readings, target: 1))
    }

    private func window(_ from: Double, _ to: Double) throws -> MeasuredWindow {
        try #require(MeasuredWindow(exactlyFrom: Int64(from * 1e9), to: Int64(to * 1e9)))
    }

    @Test(
        arguments: [
            ([0, 10, 20, 30], 30.0, 0), ([5, 5, 5, 5], 0, 0), ([0, 10, 3, 8], 18, 1), ([100, 0, 0, 4], 4, 1),
            ([7], 0, 0), ([50, 60, 10, 5], 25, 2),
        ] as [([Double], Double, Int)]
    )
    func `a counter grows over restarts as Prometheus has it`(values: [Double], increase: Double, restarts: Int) throws
    {
        let series = try series(readings(.generationTokens, values))
        #expect(series.increase(of: .generationTokens) == increase)
        #expect(series.restarts == restarts)
        #expect(series.increase(of: .promptTokens) == nil)
    }

    @Test func `inside a window a counter grows in proportion, and stands still outside of its readings`() throws {
        let series = try series(readings(.generationTokens, [0, 10, 30, 60]))
        #expect(series.increase(of: .generationTokens, in: [try window(0.5, 2.5)]) == 40)
        #expect(series.increase(of: .generationTokens, in: [try window(0, 1), try window(2, 3)]) == 40)
        #expect(series.increase(of: .generationTokens, in: [try window(3, 9)]) == 0)
    }

    @Test func `readings that fail leave the counter where it was`() throws {
        let series = try series(readings(.generationTokens, [0, nil, nil, 30]))
        #expect(series.increase(of: .generationTokens) == 30)
        #expect(series.problems.map(\.count) == [2] && series.problems.first?.of == 4)
        #expect(series.problems.first?.words == "HTTP 500")
    }

    @Test func `a replica that is born later begins at nothing, the first ones where they were`() throws {
        let old = readings(.generationTokens, [100, 110, 120], replica: "engine=0")
        let young = readings(.generationTokens, [40, 50], replica: "engine=1", from: 1)
        let series = try series(old + young)
        #expect(series.increase(of: .generationTokens) == 70)
    }

    @Test func `gauges of replicas add up, the fullest cache is told, and who is gone is gone at once`() throws {
        var all: [ServerReading] = []
        for (replica, values) in [("a", [2.0, 2, 2, 2]), ("b", [3.0, 3])] {
            for var reading in readings(.running, values, replica: replica) {
                reading[.kvCacheUsage] = replica == "a" ? 0.2 : 0.8
                all.append(reading)
            }
        }
        let series = try series(all)
        #expect(series.ticks.map(\.running) == [5, 5, 2, 2])
        #expect(series.ticks.map(\.replicasUp) == [2, 2, 1, 1])
        #expect(series.ticks[0].kvMean == 0.5 && series.ticks[0].kvMax == 0.8)
    }

    @Test func `a source that hangs counts for two and a half ticks, a failing one not at all`() throws {
        let hanging = readings(.running, [4], source: "h")
        let steady = readings(.running, [1, 1, 1, 1, 1, 1], source: "s")
        #expect(try series(hanging + steady).ticks.map(\.running) == [5, 5, 5, 1, 1, 1])
        let failing = readings(.running, [4, nil], source: "h")
        #expect(try series(failing + steady).ticks.map(\.running) == [5, 1, 1, 1, 1, 1])
    }

    @Test func `sources that are read at different instants of a second meet in its tick`() throws {
        var other = readings(.running, [2, 2, 2], source: "t")
        for place in other.indices { other[place].at += 400_000_000 }
        #expect(try series(readings(.running, [1, 1, 1]) + other).ticks.map(\.running) == [3, 3, 3])
    }

    @Test func `readings before the run have their ticks, and other targets none`() throws {
        let series = try series(readings(.running, [1, 1, 1], from: -2))
        #expect(series.ticks.map(\.start) == [-2, -1, 0].map { $0 * Self.second })
        #expect(ServerSeries(readings(.running, [1]), target: 2) == nil)
    }

    @Test func `no damaged time makes a series without end`() throws {
        var far = readings(.running, [1, 1])
        far[1].at = .max / 2
        #expect(try series(far).ticks.isEmpty)
    }

    // MARK: Bursts

    @Test func `a replica is useful when it first runs or makes something after the edge, unless it was there`() throws
    {
        let there = readings(.running, [0, 0, 1, 1], replica: "engine=0")
        var late = readings(.generationTokens, [0, 0, 5], replica: "engine=1", from: 2)
        for place in late.indices { late[place][.running] = 0 }
        let all = try series(there + late).replicas
        let patience = 5 * Self.second / 2
        #expect(all[0].useful(after: Self.second, until: 9 * Self.second, patience: patience) == nil)
        #expect(all[1].useful(after: Self.second, until: 9 * Self.second, patience: patience) == 4 * Self.second)
        #expect(all[1].useful(after: Self.second, until: 3 * Self.second, patience: patience) == nil)
    }

    @Test func `one that was let go and came back at its address is new again`() throws {
        let gone = readings(.generationTokens, [10, 12, nil, nil, nil, nil, 0, 3])
        let replica = try #require(try series(gone).replicas.first)
        let found = replica.useful(after: 5 * Self.second, until: 9 * Self.second, patience: 5 * Self.second / 2)
        #expect(found == 7 * Self.second)
    }
}
