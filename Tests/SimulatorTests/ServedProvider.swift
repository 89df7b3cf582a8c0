import Foundation
import Schedule
import Simulator

/// A simulated provider on a thread of its own, with its journal.
final class ServedProvider {
    /// A line of the journal, as whoever reads it sees it.
    struct Line: Decodable {
        var id: String
        var received: Int64
        var dequeued: Int64?
        var replica: Int?
        var cold: Bool?
        var first_token: Int64?
        var last_token: Int64?
        var ended: Int64
        var tokens_sent: Int
        var prompt_tokens: Int
        var max_tokens: Int?
        var status: Int
        var stream: Bool
        var connection_request: Int
        var outcome: String
        var slow_client: Bool?
        var sent: [[Int64]]?
    }

    struct First: Decodable {
        var scenario: String
        var seed: UInt64
        var pid: Int32
        var t0: Int64
        var time_scale: Double
        var parameters: [String: Double?]
    }

    struct Last: Decodable {
        struct Life: Decodable {
            var replica: Int
            var starting: Int64?
            var ready: Int64?
            var gone: Int64?
        }

        var end: Bool
        var requests: Int
        var accepted: Int
        var listen_overflows: Int64
        var listen_drops: Int64
        var token_writes: Int
        var emission_lag_p99_ns: Int64
        var emission_lag_max_ns: Int64
        var cpu_ns: Int64
        var replicas: [Life]
    }

    let service: SimulatorService
    let truth: String
    var port: Int { service.port }

    init(_ scenario: Scenario) throws {
        truth = NSTemporaryDirectory() + "truth-\(UUID().uuidString).jsonl"
        var options = SimulatorService.Options(scenario: scenario)
        options.truth = truth
        service = try SimulatorService(options)
    }

    /// Ends the provider and reads what it wrote.
    func stop() throws -> (first: First, lines: [Line], last: Last) {
        service.stop()
        let lines = try String(contentsOfFile: truth, encoding: .utf8).split(separator: "\n").map { Data($0.utf8) }
        try FileManager.default.removeItem(atPath: truth)
        let decoder = JSONDecoder()
        let requests = try lines.dropFirst().dropLast().map { try decoder.decode(Line.self, from: $0) }
        return (
            try decoder.decode(First.self, from: lines.first ?? Data()), requests,
            try decoder.decode(Last.self, from: lines.last ?? Data())
        )
    }
}

extension Scenario {
    /// One replica, steps of 10 ms, no prefill: fast enough for tests over real sockets.
    static func quick(_ change: (inout Scenario) -> Void = { _ in }) -> Scenario {
        .plain {
            $0.name = "quick"
            $0.step = .init(base: .milliseconds(10), perActive: .zero)
            change(&$0)
        }
    }
}
