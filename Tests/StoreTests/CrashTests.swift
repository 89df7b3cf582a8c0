import Foundation
import Measurement
import Testing

@testable import Store

/// What a killed writer leaves is what lies on disk at that moment: the files are copied while the writer still holds
/// them open, and the copy is read.
@Suite struct CrashTests {
    private func copyOfLiveRun(_ folder: TemporaryFolder, files: [String]) throws -> TemporaryFolder {
        let copy = try TemporaryFolder()
        for name in files {
            try FileManager.default.copyItem(atPath: folder.path + "/" + name, toPath: copy.path + "/" + name)
        }
        return copy
    }

    @Test func `everything committed is read from what a killed run leaves`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord(), commitInterval: .seconds(60))
        var expected = Samples.recorded
        expected.run = RunRecord()
        store.write(Samples.batch(expected))
        try store.flush()

        var late = RecordBatch()
        var request = RequestRecord()
        request.sequence = 42
        late.requests = [request]
        store.write(late)  // never committed

        let copy = try copyOfLiveRun(folder, files: ["run.sqlite", "run.sqlite-wal"])
        let read = try RunStore.read(copy.path)
        #expect(read == expected)
        #expect(!read.run.complete)
        try store.finish(run: RunRecord())
    }

    @Test func `a log torn anywhere gives a run that is a prefix of what was committed`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord(), commitInterval: .seconds(60))
        for sequence in 0..<20 {
            var batch = RecordBatch()
            var request = RequestRecord()
            request.sequence = Int64(sequence)
            request.arrivals = [UInt8](repeating: UInt8(sequence), count: 3000)
            batch.requests = [request]
            store.write(batch)
            try store.flush()
        }
        let log = try Data(contentsOf: URL(filePath: folder.file + "-wal"))
        var lengths: Set<Int> = []
        for cut in stride(from: log.count, to: 0, by: -5000) {
            let copy = try copyOfLiveRun(folder, files: ["run.sqlite"])
            try log.prefix(cut).write(to: URL(filePath: copy.file + "-wal"))
            let read = try RunStore.read(copy.file)  // with nothing in it, if cut before the tables' commit
            #expect(read.requests.map(\.sequence) == Array(0..<Int64(read.requests.count)), "cut at \(cut)")
            lengths.insert(read.requests.count)
        }
        #expect(lengths.contains(20))
        #expect(lengths.count > 10)
        try store.finish(run: RunRecord())
    }

    @Test func `a killed run without its log says where the log was`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        let copy = try copyOfLiveRun(folder, files: ["run.sqlite"])
        let read = try RunStore.read(copy.path)
        #expect(!read.run.complete)
        #expect(read.run.warnings.contains { $0.contains("-wal file") })
        try store.finish(run: RunRecord())
    }

    @Test func `a run is read while it is written, and each read sees whole transactions`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord(), commitInterval: .milliseconds(1))
        var seen: [Int] = []
        for round in 0..<30 {
            var batch = RecordBatch()
            batch.requests = (0..<7).map { index in
                var request = RequestRecord()
                request.sequence = Int64(round * 7 + index)
                return request
            }
            store.write(batch)
            seen.append(try RunStore.read(folder.path).requests.count)
        }
        try store.finish(run: RunRecord())
        #expect(seen.allSatisfy { $0 % 7 == 0 })
        #expect(seen == seen.sorted())
        #expect(try RunStore.read(folder.path).requests.count == 210)
    }
}
