import Foundation
import Measurement
import Testing
import Ticks

@testable import Store

/// The queries of the documentation, as a reader would copy them.
@Suite struct DocumentedQueryTests {
    private static let page: String = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appendingPathComponent("Sources/spate/Spate.docc/ReadingByMachine.md")
        return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }()

    private static let queries: [String] = page.components(separatedBy: "```sql\n").dropFirst().map {
        $0.components(separatedBy: "```")[0]
    }

    /// Ten requests of a ramp's level with 1 to 10 ms to the first token, one that failed, and a burst.
    private func stored() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: Samples.run)
        var run = Samples.recorded
        run.phases[0].kind = .ramp
        run.steps[0].kind = .level
        run.requests = (1...11).map { place in
            var request = Samples.request
            request.sequence = Int64(place)
            (request.measured, request.outcome, request.rank) = (true, place == 11 ? .http5xx : .ok, nil)
            request.dispatchLag = 0
            request.firstToken = place == 11 ? nil : Int64(place) * 1_000_000
            request.lastToken = request.firstToken.map { $0 + 100_000_000 }
            return request
        }
        store.write(Samples.batch(run))
        try store.finish(run: Samples.run)
        return folder
    }

    @Test func `every query of the documentation runs, in sqlite3 as in ours`() throws {
        #expect(Self.queries.count == 5)
        let folder = try stored()
        for query in Self.queries {
            _ = try SQLiteShell.rows(folder.file, query)
            let shell = Process()
            shell.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            shell.arguments = ["sqlite3", "-readonly", folder.file, query]
            shell.standardOutput = FileHandle.nullDevice
            try shell.run()
            shell.waitUntilExit()
            #expect(shell.terminationStatus == 0, "\(query)")
        }
    }

    @Test func `the queries tell what was stored`() throws {
        let folder = try stored()
        let concurrency = Samples.recorded.steps[0].concurrency
        #expect(try SQLiteShell.rows(folder.file, Self.queries[0]) == ["\(concurrency)|11|10|5.5"])
        #expect(try SQLiteShell.rows(folder.file, Self.queries[1]) == ["10.0"])
        #expect(try SQLiteShell.rows(folder.file, Self.queries[2]).first?.hasPrefix("10|") == true)
        #expect(try SQLiteShell.rows(folder.file, Self.queries[3]).count == 1)
    }

    @Test func `the documentation names the columns of the view, all and in order`() throws {
        let folder = try stored()
        let columns = try SQLiteShell.rows(folder.file, "SELECT name FROM pragma_table_info('request_ms')")
        let list = try #require(
            Self.page.components(separatedBy: "Its columns:\n\n").last?.components(separatedBy: "\n\n")[0]
        )
        let named = list.split { $0 == " " || $0 == "\n" }.map { $0.replacingOccurrences(of: "`", with: "") }
        #expect(named == columns)
    }
}
