import Foundation
import Testing

@testable import Transport

@Suite struct CoreCountTests {
    @Test(
        arguments: [
            ("max 100000\n", nil), ("100000 100000\n", 1), ("150000 100000\n", 2), ("50000 100000\n", 1), ("", nil),
            ("x 1", nil),
        ] as [(String, Int?)]
    )
    func `a control group's quota is cores, a part of one counting as one`(text: String, cores: Int?) {
        #expect(ProcessResources.cores(ofQuota: text) == cores)
    }

    @Test func `room for open files is made at once, not where one is opened amid a burst`() throws {
        func room() throws -> Int {
            let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("FDSize:") })
            return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1]))
        }
        // Others in this process may have made room for more than may be opened.
        let wanted = min(try room() + 1, ProcessResources.raiseOpenFiles())
        ProcessResources.prepareOpenFiles(wanted)
        #expect(try room() >= wanted)
    }
}
