import Foundation
import Testing

extension ProgramTests {
    /// A whole run against the simulated provider, held against the provider's own journal.
    @Suite struct RunTests {
        private let run: Rehearsal
        private let summary: JSON
        private let truth: TruthFile

        init() throws {
            run = try Rehearsal.shared.get()
            summary = try run.summary
            truth = try run.truth
        }

        private var target: JSON { summary["targets"][0] }
        private var burst: JSON {
            (target["phases"].list.first { $0["kind"].text == "burst" } ?? target["none"])["bursts"][0]
        }

        @Test func `it ends in good order and says so`() {
            #expect(run.ended.status == summary.statusOfSoundRun, "\(run.ended.all)")
            #expect(summary["run"]["exit_code"].int == Int(run.ended.status))
            #expect(summary["run"]["complete"].bool == true)
            #expect(summary["run"]["interrupted"].bool == false)
            #expect(summary["run"]["simulated"].bool == true)
            #expect(run.ended.out.contains("SIMULATED"))
            #expect(run.ended.error.isEmpty, "\(run.ended.error)")
            #expect(isForPeople(run.ended.all))
        }

        @Test func `the summary has the contract's keys`() {
            func has(_ json: JSON, _ keys: String, _ place: String) {
                let missing = Set(keys.split(separator: " ").map(String.init)).subtracting(json.keys)
                #expect(missing.isEmpty, "\(place) lacks \(missing.sorted())")
            }
            #expect(summary["schema"].text == "spate.summary/1")
            has(summary, "schema tool run validity warnings targets thresholds", "the summary")
            has(
                summary["run"],
                """
                id profile label metadata seed schedule_sha256 started_at duration_s complete interrupted simulated fast \
                stopped_by exit_code
                """,
                "run"
            )
            let validity =
                "verdict reasons loop_lag_ms dispatch_lag_ms read_lag_ms cpu_percent loops max_in_flight rss_mb"
            has(summary["validity"], validity, "validity")
            has(target, "name provider model api url token_source preflight warmup totals phases", "the target")
            for phase in target["phases"].list {
                has(phase, "name kind started_s duration_s loop validity stats", "a phase")
                has(phase["validity"], validity, "a phase's validity")
                for step in phase["steps"].list {
                    has(
                        step,
                        "concurrency stats retention decode_retention efficiency mean_in_flight window_s",
                        "a step"
                    )
                }
            }
            has(
                burst,
                """
                index requests idle_s connections send_lag_ms send_skew_ms reused_connections stats control cold_share \
                cold_penalty_ms time_to_recover_s censored_at_s
                """,
                "a burst"
            )
            for (place, stats) in target.everyStatistics {
                has(
                    stats,
                    """
                    requests outcomes availability error_rate throttle_rate input_tokens cached_input_tokens \
                    output_tokens reasoning_tokens tokens_per_chunk long_gap_share new_connection_share ttft_ms ttft_scheduled_ms wait_ms \
                    ttfv_ms e2e_ms \
                    tpot_ms itl_ms decode_tps request_tps connect_ms tls_ms cost
                    """,
                    place
                )
            }
            #expect(target["phases"].list.map { $0["kind"].text } == ["ramp", "burst"])
            #expect(target["phases"][0]["steps"].list.map { $0["concurrency"].int } == [2, 4])
        }

        @Test func `every sum holds, in totals, phases, steps and bursts`() {
            let everything = target.everyStatistics
            #expect(everything.count == 9, "\(everything.map(\.place))")
            for (place, stats) in everything {
                let requests = stats["requests"]
                let parts = ["success", "failed", "throttled", "excluded"].compactMap { requests[$0].int }
                #expect(parts.count == 4)
                #expect(requests["scheduled"].int == parts.reduce(0, +), "\(place)")
                let outcomes = stats["outcomes"]
                let counted = outcomes.keys.compactMap { outcomes[$0].int }.reduce(0, +)
                #expect(counted == requests["scheduled"].int, "\(place)")
                #expect((requests["scheduled"].int ?? 0) > 0, "\(place)")
            }
        }

        @Test func `report shows again what the run showed, to the byte`() throws {
            #expect(run.json.status == 0)
            #expect(Array(run.json.out.utf8) == (try run.folder.bytes(of: "run/summary.json")))
            // The files are named as each command was told; all above must be the same.
            func body(_ text: String) -> String { text.components(separatedBy: " More: ")[0] }
            #expect(run.report.status == 0)
            #expect(body(run.report.out) == body(run.ended.out))
            #expect(body(run.ended.out).utf8.count > 1000)
        }

        @Test func `every request of the journal is in the result, with its tokens and no other`() throws {
            let id = try #require(summary["run"]["id"].text)
            var tokens: [String: Int] = [:]
            for row in run.sheet.rows {
                tokens["\(id)-\(row["sequence"] ?? "")"] = row["output_tokens"].flatMap { Int($0) }
            }
            #expect(run.sheet.rows.count > 100)
            #expect(truth.requests.count == run.sheet.rows.count)
            for (name, request) in truth.requests where request.outcome == "completed" {
                #expect(tokens[name] == request.tokens, "\(name)")
            }
            let sent = truth.requests.values.map(\.tokens).reduce(0, +)
            let said = ["totals", "warmup", "preflight"].compactMap { target[$0]["output_tokens"].int }
            #expect(said.count == 3)
            #expect(said.reduce(0, +) == sent)
        }

        @Test func `whatever was answered was written before`() {
            let answered = run.sheet.rows.filter { $0["first_byte_ms"] != nil }
            #expect(answered.count > 100)
            for row in answered {
                let written = row["written_ms"].flatMap { Double($0) }
                let firstByte = row["first_byte_ms"].flatMap { Double($0) }
                #expect(written != nil, "request \(row["sequence"] ?? "") has no instant of writing")
                if let written, let firstByte { #expect(written <= firstByte) }
            }
        }

        @Test func `the files are for their owner only`() throws {
            for name in ["", "/summary.json", "/run.sqlite", "/profile.yaml"] {
                let facts = try FileManager.default.attributesOfItem(atPath: run.folder["run"] + name)
                let bits = try #require(facts[.posixPermissions] as? NSNumber).intValue
                #expect(bits & 0o077 == 0, "\(name) has \(String(bits, radix: 8))")
            }
        }

        @Test func `the profile that was kept can be run again and means the same`() throws {
            let again = try Spate.run(["run", run.folder["run/profile.yaml"], "--print-profile"])
            #expect(again.status == 0, "\(again.error)")
            #expect(again.out == (try String(contentsOfFile: run.folder["run/profile.yaml"], encoding: .utf8)))
        }

        @Test func `the simulated provider ends with the run`() {
            #expect(truth.isClosed)
            #expect(truth.processID > 0)
            #expect(!isAlive(truth.processID))
        }

        // MARK: the burst, by the contract's rules on the journal's instants

        /// A wave's requests by rank, then those of its hold in order of dispatch; times in ms since the first arrival.
        private func times(step: String, held: Bool) throws -> [(rank: Int?, at: Double, ttft: Double, cold: Bool?)] {
            let id = try #require(summary["run"]["id"].text)
            let rows = run.sheet.rows.filter { $0["step_kind"] == step && ($0["rank"] == nil) == held }
            let requests = try rows.compactMap { row -> (Int?, Int64, Int64, Bool?)? in
                let request = try #require(truth.requests["\(id)-\(row["sequence"] ?? "")"])
                guard let first = request.firstToken else { return nil }
                return (row["rank"].flatMap { Int($0) }, request.received, first, request.cold)
            }
            return requests.sorted { $0.1 < $1.1 }.map {
                ($0.0, Double($0.1) / 1e6, Double($0.2 - $0.1) / 1e6, $0.3)
            }
        }

        @Test func `the cold share is the journal's`() throws {
            let wave = try times(step: "edge", held: false)
            let cold = wave.count { $0.cold == true }
            try #require(wave.count == 16)
            #expect(cold > 0)
            #expect(burst["cold_share"].double == Double(cold) / Double(wave.count))
        }

        @Test func `the cold penalty is within 5 % of the journal's`() throws {
            let edge = try times(step: "edge", held: false)
            let control = try times(step: "control", held: false)
            // Both waves leave at one instant; the ranks count from there, so the journal's do from the first arrival.
            func byRank(_ wave: [(rank: Int?, at: Double, ttft: Double, cold: Bool?)]) -> [Int: Double] {
                let first = wave.map(\.at).min() ?? 0
                return Dictionary(wave.compactMap { one in one.rank.map { ($0, one.at + one.ttft - first) } }) { a, _ in
                    a
                }
            }
            let (cold, warm) = (byRank(edge), byRank(control))
            let penalties = cold.compactMap { rank, time in warm[rank].map { time - $0 } }.sorted()
            try #require(penalties.count == 16)
            let expected = (penalties[7] + penalties[8]) / 2
            let said = try #require(burst["cold_penalty_ms"].double)
            #expect(abs(said - expected) <= 0.05 * expected, "said \(said) ms, journal \(expected) ms")
            #expect(expected > 500)
        }

        @Test func `send lag and skew are given, and the skew is within the lag`() throws {
            let lag = try #require(burst["send_lag_ms"].double)
            let skew = try #require(burst["send_skew_ms"].double)
            #expect(skew >= 0 && skew <= lag)
            #expect(burst["requests"].int == 16)
            #expect(burst["connections"].text == "cold")
            #expect(burst["reused_connections"].int == 0)
        }
    }
}
