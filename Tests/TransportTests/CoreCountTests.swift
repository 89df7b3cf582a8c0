import Foundation
import Synchronization
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

    /// On a thread with a table of open files of its own: others of this process make room in theirs.
    @Test func `room for open files is made at once, not where one is opened amid a burst`() throws {
        let rooms = Mutex<(before: Int, after: Int)>((0, 0))
        let limit = ProcessResources.raiseOpenFiles()
        let address = try #require(dlsym(nil, "unshare"))
        let unshare = unsafeBitCast(address, to: (@convention(c) (Int32) -> Int32).self)
        LoopThread(name: "table") {
            guard unshare(0x400) == 0 else { return }  // CLONE_FILES
            let before = room()
            if before < limit { ProcessResources.prepareOpenFiles(before + 1) }
            rooms.withLock { $0 = (before, room()) }
        }.join()
        let (before, after) = rooms.withLock(\.self)
        #expect(before > 0 && before < limit)
        #expect(after > before)
    }
}

/// Open files for which the table of the calling thread has room (`FDSize` of proc(5)); 0 = it is not told.
private func room() -> Int {
    let status = (try? String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("FDSize:") }
    return line.flatMap { Int($0.split(whereSeparator: \.isWhitespace)[1]) } ?? 0
}
