import Foundation
import Schedule
import Simulator
import TestSupport
import Testing

extension ProgramTests {
    /// What a fault of the server does to the program: its exit code, the outcome that its summary tells, its memory. The
    /// exit depends on the outcome alone, so that one fault stands for each.
    @Suite struct FaultExitTests {
        private static let largeOnes = ["endless_line", "long_event", "chunk_huge_size"]
        private static let rows = FaultTable.rows.enumerated().filter { place, row in
            largeOnes.contains(row.fault) || !FaultTable.rows[..<place].contains { $0.outcome == row.outcome }
        }.map(\.element)

        /// Above what a run without a fault takes: one answer's limits (16 MiB of a line, twice), and some.
        private static let mostBytes = 64 << 20

        private static func run(_ fault: Fault, isTime: Bool = false, into folder: Folder) throws -> Spate.Ended {
            var scenario = Scenario(name: "fault")
            scenario.faults = [fault]
            let service = try SimulatorService(SimulatorService.Options(scenario: scenario))
            defer { service.stop() }
            let wait = isTime ? "400ms" : "10s"
            let profile = """
                targets: [{url: "http://127.0.0.1:\(service.port)/v1", model: m}]
                workload: {max_tokens: 8}
                warmup: {requests: 0}
                phases: [probe: {requests: 2, gap: 0s}]
                timeouts: {connect: 2s, first_token: \(wait), idle: \(wait), total: \(isTime ? "1s" : "20s")}
                """
            return try Spate.run(
                [
                    "run", try folder.write(profile, to: "p.yaml"), "-o", folder["run"], "--no-preflight", "--yes",
                    "--quiet",
                ],
                within: 30
            )
        }

        private static let leastBytes: Int? = {
            guard let folder = try? Folder() else { return nil }
            return try? run(.usageCumulative, into: folder).peakBytes
        }()

        @Test(arguments: rows)
        func `a fault has its exit code and its outcome, and takes no memory`(row: FaultTable.Row) throws {
            let folder = try Folder()
            let fault = try #require(Fault(rawValue: row.fault))
            let ended = try Self.run(fault, isTime: row.outcome.hasPrefix("timeout"), into: folder)
            #expect(ended.status == row.exit, "\(ended.all)")
            let totals = try JSON(file: folder["run/summary.json"])["targets"][0]["totals"]
            #expect(totals["outcomes"][row.outcome].int == 2, "\(totals["outcomes"].value ?? "")")
            let least = try #require(Self.leastBytes)
            #expect(ended.peakBytes < least + Self.mostBytes, "\(ended.peakBytes >> 20) MiB, \(least >> 20) without")
        }
    }
}
