import Testing

@testable import Profile

/// `requests:` with nothing behind it is `requests` left out: the same problems are told, or the same profile is read. What is
/// asked for and is not there is never passed over.
@Suite struct NothingTests {
    /// Maps with their keys: where they stand in a profile, `*` in their place.
    private static let maps: [(place: String, keys: [(String, String)])] = [
        (
            "phases:\n  - ramp: *\n",
            [("concurrency", "[1, 2]"), ("hold", "9s"), ("settle", "1s"), ("hold_max", "60s"), ("min_requests", "30")]
        ),
        ("phases:\n  - ramp: *\n", [("from", "1"), ("to", "8"), ("factor", "2"), ("direction", "up-down")]),
        (
            "phases:\n  - burst: *\n",
            [
                ("requests", "4"), ("repeat", "2"), ("idle", "2s"), ("hold", "1s"), ("pause", "1s"), ("control", "true"),
                ("connections", "cold"), ("baseline", "{concurrency: 1, requests: 25}"),
            ]
        ),
        ("phases:\n  - burst: {requests: 4, baseline: *}\n", [("concurrency", "1"), ("requests", "25")]),
        (
            "phases:\n  - steady: *\n",
            [("concurrency", "4"), ("for", "60s"), ("settle", "2s"), ("probe_rate", "1")]
        ),
        (
            "phases:\n  - rate: *\n",
            [("rps", "20"), ("for", "60s"), ("arrivals", "poisson"), ("max_concurrency", "9"), ("overflow", "shed")]
        ),
        ("phases:\n  - rate: *\n", [("rps", "20"), ("requests", "60"), ("arrivals", "{gamma: 0.5}")]),
        ("phases:\n  - rate: {rps: [*, {rps: 3, for: 9s}]}\n", [("rps", "20"), ("for", "60s")]),
        ("phases:\n  - rate: {rps: [*, {rps: 3, for: 9s}]}\n", [("from", "2"), ("to", "20"), ("for", "60s")]),
        ("phases:\n  - rate: {rps: [*, {rps: 3, for: 9s}]}\n", [("rps", "2"), ("requests", "20")]),
        ("phases:\n  - rate: {for: 9s, rps: {sine: *}}\n", [("mean", "9"), ("amplitude", "3"), ("period", "9s")]),
        (
            "phases:\n  - rate: {for: 60s, rps: {spike: *}}\n",
            [("base", "2"), ("peak", "9"), ("every", "9s"), ("for", "2s")]
        ),
        ("phases:\n  - rate: {rps: 3, for: 9s, arrivals: *}\n", [("gamma", "0.5")]),
        ("phases:\n  - batch: *\n", [("requests", "9"), ("concurrency", "3"), ("answers", "true")]),
        ("phases:\n  - probe: *\n", [("requests", "9"), ("gap", "3s")]),
        ("phases:\n  - keepwarm: *\n", [("gaps", "[2s, 9s]"), ("repeat", "3")]),
        (
            "phases:\n  - replay: *\n",
            [("trace", "t.csv"), ("format", "azure"), ("speed", "2"), ("limit", "9s"), ("start", "1s")]
        ),
        ("phases:\n  - idle: 1s\nwindows: *\n", [("count", "2"), ("every", "9m")]),
        (
            "phases:\n  - idle: 1s\ntimeouts: *\n",
            [("connect", "9s"), ("first_token", "9s"), ("idle", "9s"), ("total", "90s")]
        ),
        (
            "phases:\n  - idle: 1s\nlimits: *\n",
            [("max_requests", "9"), ("max_output_tokens", "9"), ("max_cost", "$1"), ("max_in_flight", "9")]
        ),
        ("phases:\n  - idle: 1s\nslo: *\n", [("ttft", "500ms"), ("tpot", "50ms"), ("e2e", "30s")]),
        ("phases:\n  - idle: 1s\noutput: *\n", [("dir", "x"), ("html", "false"), ("requests", "sampled")]),
        ("phases:\n  - idle: 1s\nworkload: {conversation: *}\n", [("turns", "4"), ("think", "5s")]),
        ("phases:\n  - idle: 1s\nworkload: {cancel: *}\n", [("share", "0.1"), ("after", "2s")]),
        ("phases:\n  - idle: 1s\nworkload: {max_tokens: *}\n", [("uniform", "[64, 256]")]),
        ("phases:\n  - idle: 1s\nworkload: {max_tokens: {normal: *}}\n", [("mean", "64"), ("stddev", "8")]),
        ("phases:\n  - idle: 1s\nworkload: {max_tokens: {log_normal: *}}\n", [("median", "64"), ("sigma", "0.5")]),
        (
            "phases:\n  - idle: 1s\nworkload: {prompts: {mix: [*]}}\n",
            [("weight", "2"), ("synthetic", "{input_tokens: 9}"), ("max_tokens", "4")]
        ),
        (
            "phases:\n  - idle: 1s\nworkload: *\n",
            [("max_tokens", "9"), ("ignore_eos", "true"), ("stream", "false"), ("reasoning", "low"), ("kind", "rag")]
        ),
        (
            "phases:\n  - idle: 1s\ntargets: [*]\n",
            [
                ("name", "a"), ("url", "http://127.0.0.1:1/v1"), ("model", "m"), ("api", "openai-chat"),
                ("price", "{per_hour: 1}"),
            ]
        ),
        (
            "phases:\n  - idle: 1s\ntargets: [{url: 'http://127.0.0.1:1/v1', model: m, price: *}]\n",
            [("input", "1"), ("cached_input", "0.1"), ("output", "2")]
        ),
    ]

    /// What becomes of a profile: its resolved form, or of which keys something is told (what was read stands in the words).
    private func outcome(_ text: String) throws -> String {
        let told = problems(text)
        if told.isEmpty { return try read(text).resolvedYAML() }
        return Set(told.map { $0.split(separator: ": ")[1] }).sorted().joined(separator: "\n")
    }

    @Test(arguments: maps.indices) func `a key that holds nothing is one that is not there`(index: Int) throws {
        let (place, keys) = Self.maps[index]
        func text(_ entries: [String]) -> String { place.replacing("*", with: "{\(entries.joined(separator: ", "))}") }
        let whole = keys.map { "\($0): \($1)" }
        for place in keys.indices {
            var (without, nothing, null) = (whole, whole, whole)
            without.remove(at: place)
            nothing[place] = "\(keys[place].0): "
            null[place] = "\(keys[place].0): ~"
            let expected = try outcome(text(without))
            #expect(try outcome(text(nothing)) == expected, "\(text(nothing))")
            #expect(try outcome(text(null)) == expected, "\(text(null))")
        }
    }

    /// A phase is read whole, or something is told: it is never left out.
    @Test(arguments: maps.indices) func `no phase is passed over`(index: Int) throws {
        let (place, keys) = Self.maps[index]
        guard place.hasPrefix("phases:\n  - "), !place.hasPrefix("phases:\n  - idle") else { return }
        for kept in 0..<(1 << keys.count) {
            let entries = keys.indices.map { kept & (1 << $0) == 0 ? "\(keys[$0].0): " : "\(keys[$0].0): \(keys[$0].1)" }
            let text = place.replacing("*", with: "{\(entries.joined(separator: ", "))}")
            if problems(text).isEmpty { #expect(try read(text).phases.count == 1, "\(text)") }
        }
    }
}
