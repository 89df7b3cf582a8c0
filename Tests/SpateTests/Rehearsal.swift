import Foundation

/// One small run of ramp and burst, on two loops, made once and looked at from all sides.
///
/// Cold starts take a constant 800 ms, and prefill varies by half, so that the warm control has a band.
final class Rehearsal: Sendable {
    static let shared = Result { try Rehearsal() }

    static let profile = """
        name: rehearsal
        targets:
          - provider: simulated
            scenario:
              from: serverless
              replicas: {min: 0, max: 2}
              slots: 8
              cold_start: 800ms
              idle_timeout: 700ms
              scale_up: {load_per_replica: 8, delay: 50ms}
              prefill: {base: 40ms, per_1k_tokens: 0ms}
              step: {base: 4ms, per_active: 0ms}
              jitter: 0.5
        workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: 16}
        warmup: {requests: 2}
        phases:
          - ramp: {concurrency: [2, 4], hold: 600ms, settle: 100ms, hold_max: 3s}
          - burst: {requests: 16, baseline: {concurrency: 4, requests: 25}, idle: 1200ms, hold: 2s, pause: 200ms}
        """

    let folder: Folder
    let ended: Spate.Ended
    let report: Spate.Ended  // `spate report` of it
    let json: Spate.Ended  // the same with --json
    let sheet: RequestSheet

    private init() throws {
        folder = try Folder()
        let profile = try folder.write(Self.profile, to: "profile.yaml")
        ended = try Spate.run(["run", profile, "-o", folder["run"], "--quiet", "--loops", "2"], within: 40)
        report = try Spate.run(["report", folder["run"]])
        json = try Spate.run(["report", folder["run"], "--json"])
        sheet = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out)
    }

    var summary: JSON { get throws { try JSON(file: folder["run/summary.json"]) } }
    var truth: TruthFile { get throws { try TruthFile(folder["run/truth.jsonl"]) } }
}

extension JSON {
    /// All STATS of a target: totals, phases, steps, bursts and their parts.
    var everyStatistics: [(place: String, stats: JSON)] {
        var found: [(String, JSON)] = [("totals", self["totals"])]
        for phase in self["phases"].list {
            let name = phase["name"].text ?? ""
            found.append((name, phase["stats"]))
            for step in phase["steps"].list { found.append(("\(name) step", step["stats"])) }
            for burst in phase["bursts"].list {
                for part in ["stats", "hold", "control", "baseline"] { found.append(("\(name) \(part)", burst[part])) }
            }
        }
        return found.filter { $0.1.value != nil && !($0.1.value is NSNull) }
    }

    /// The exit code that the contract gives a run with this validity, thresholds aside: a busy machine makes it 97.
    var statusOfSoundRun: Int32 { self["validity"]["verdict"].text == "invalid" ? 97 : 0 }
}
