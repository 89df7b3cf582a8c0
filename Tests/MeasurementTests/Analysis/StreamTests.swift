import Measurement
import Testing

@Suite struct StreamTests {
    @Test(arguments: ["smooth", "one_stall", "late_first", "bundled5"])
    func `the share of deadlines met matches the reference`(stream: String) throws {
        let fluidity = try #require(
            Fluidity(
                try Oracles.main.numbers("fluidity", stream, "inter_token"),
                firstDeadline: try Oracles.main.number("fluidity", stream, "ttft_deadline"),
                tokenDeadline: try Oracles.main.number("fluidity", stream, "tbt_deadline")
            )
        )
        let expected = try Oracles.main.numbers("fluidity", stream, "miss_rate,missed,total")
        #expect(near(1 - fluidity.index, expected[0]))
        #expect(Double(fluidity.missed) == expected[1] && Double(fluidity.deadlines) == expected[2])
        #expect(near(fluidity.index, try Oracles.main.number("fluidity", stream, "fluidity_index")))
    }

    @Test func `a stream that never came misses without end but does not trap`() throws {
        let never = try #require(Fluidity([.infinity], firstDeadline: 1, tokenDeadline: 1))
        #expect(never.missed == 1 && never.index == 0)
        #expect(Fluidity([], firstDeadline: 1, tokenDeadline: 1) == nil)
        #expect(Fluidity([1], firstDeadline: 1, tokenDeadline: 0) == nil)
    }

    @Test func `the pace of bundled tokens counts tokens, not events`() throws {
        let oracle = { (key: String) in try Oracles.main.number("tpot_bundled", key) }
        let events = try #require(try Oracles.main.value(["tpot_bundled", "events(t_since_send_s,tokens)"]).array)
            .map { try #require($0.numbers) }
        let tokens = events.reduce(0) { $0 + $1[1] }
        #expect(tokens == (try oracle("output_tokens")))
        let (first, last) = (events[0][0], events[events.count - 1][0])
        #expect(first == (try oracle("ttft")))
        #expect(last == (try oracle("e2e")))
        let pace = try #require(
            TokenPace(
                streamedTokens: tokens,
                firstReadTokens: events[0][1],
                firstToken: Int64(first * 1e9),
                lastToken: Int64(last * 1e9)
            )
        )
        #expect(near(pace.millisecondsPerToken, try oracle("tpot=(e2e-ttft)/(n-1)") * 1000))
        #expect(near(pace.tokensPerSecond, try oracle("tps_per_user_decode")))
        #expect(near(tokens / last, try oracle("tps_e2e")))
        // Events are what a peer counts: five, 150 ms apart.
        #expect(Double(events.count) == (try oracle("wrong_tokens_if_events_counted")))
        #expect(near((last - first) / Double(events.count - 1), try oracle("mean_inter_event_gap")))
    }

    @Test func `a stream without tokens or time after the first read has no pace`() {
        #expect(TokenPace(streamedTokens: 5, firstReadTokens: 5, firstToken: 0, lastToken: 9) == nil)
        #expect(TokenPace(streamedTokens: 5, firstReadTokens: 1, firstToken: 9, lastToken: 9) == nil)
    }
}
