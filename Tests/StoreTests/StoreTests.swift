import Foundation
import Glibc
import Measurement
import Testing

@testable import Store

@Suite struct StoreTests {
    @Test func `a file that exists is never overwritten`() throws {
        let folder = try TemporaryFolder()
        try Data("precious".utf8).write(to: URL(filePath: folder.file))
        let error = #expect(throws: StoreError.self) { try RunStore(creating: folder.file, run: RunRecord()) }
        #expect(error?.reason == .exists)
        #expect(error?.description.hasPrefix(folder.file) == true)
        #expect(try Data(contentsOf: URL(filePath: folder.file)) == Data("precious".utf8))
    }

    @Test func `a folder that does not exist is an error that names the file`() throws {
        let error = #expect(throws: StoreError.self) {
            try RunStore(creating: "/nonexistent/run.sqlite", run: RunRecord())
        }
        #expect(error?.reason == .missing)
        #expect(error?.path == "/nonexistent/run.sqlite")
    }

    @Test func `only the owner may read the file and what belongs to it`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        store.write(Samples.batch(Samples.recorded))
        try store.flush()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names == ["run.sqlite", "run.sqlite-shm", "run.sqlite-wal"])
        for name in names {
            var facts = stat()
            #expect(stat(folder.path + "/" + name, &facts) == 0)
            #expect(facts.st_mode & 0o777 == 0o600, "\(name)")
        }
        try store.finish(run: RunRecord())
    }

    @Test func `a clean end leaves one file that needs no write-ahead log`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        store.write(Samples.batch(Samples.recorded))
        #expect(try store.finish(run: Samples.run))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["run.sqlite"])
        #expect(try SQLiteShell.rows(folder.file, "PRAGMA journal_mode") == ["delete"])
        #expect(try SQLiteShell.rows(folder.file, "PRAGMA integrity_check") == ["ok"])
        #expect(try SQLiteShell.rows(folder.file, "PRAGMA application_id") == ["1397768564"])
    }

    @Test func `what was written is committed without being asked for`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        store.write(Samples.batch(Samples.recorded))
        let start = ContinuousClock.now
        while store.status.committedRequests == 0, start.duration(to: .now) < .seconds(30) { usleep(10_000) }
        #expect(try RunStore.read(folder.file).requests == [Samples.request])
        try store.finish(run: RunRecord())
    }

    @Test func `the facts of the run change while it goes on`() throws {
        let folder = try TemporaryFolder()
        var run = Samples.run
        run.complete = false
        run.durationNanoseconds = nil
        let store = try RunStore(creating: folder.file, run: run)
        #expect(try RunStore.read(folder.file).run == run)
        run.warnings.append("the server closes each connection")
        store.update(run)
        try store.flush()
        #expect(try RunStore.read(folder.file).run == run)
        try store.finish(run: Samples.run)
        #expect(try RunStore.read(folder.file).run == Samples.run)
    }

    @Test func `a reader that is still at work keeps the log, and nothing is lost`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        store.write(Samples.batch(Samples.recorded))
        try store.flush()
        let reader = try OpenReader(folder.file)
        #expect(try store.finish(run: Samples.run) == false)
        #expect(store.failure == nil)
        #expect(try RunStore.read(folder.file) == Samples.recorded)
        try reader.close()
        #expect(try RunStore.read(folder.file) == Samples.recorded)
    }

    @Test func `a writer that is let go without an end keeps what it was given, as an incomplete run`() throws {
        let folder = try TemporaryFolder()
        do {
            let store = try RunStore(creating: folder.file, run: RunRecord(), commitInterval: .seconds(60))
            store.write(Samples.batch(Samples.recorded))
        }
        let start = ContinuousClock.now
        var read: RecordedRun?
        while read?.requests.isEmpty != false, start.duration(to: .now) < .seconds(30) {
            usleep(10_000)
            read = try? RunStore.read(folder.file)
        }
        #expect(read?.requests == [Samples.request])
        #expect(read?.run.complete == false)
    }

    @Test func `many threads may write at once, and every request arrives`() async throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord(), commitInterval: .milliseconds(5))
        await withTaskGroup(of: Void.self) { group in
            for loop in 0..<4 {
                group.addTask {
                    for part in 0..<25 {
                        var batch = RecordBatch()
                        batch.requests = (0..<10).map { index in
                            var request = RequestRecord()
                            request.loop = loop
                            request.sequence = Int64(loop * 250 + part * 10 + index)
                            return request
                        }
                        store.write(batch)
                    }
                }
            }
        }
        try store.finish(run: RunRecord())
        #expect(try RunStore.read(folder.file).requests.map(\.sequence) == Array(0..<1000))
        #expect(store.status.committedRequests == 1000)
        #expect(store.status.lostRequests == 0)
        #expect(store.status.peakQueuedBytes > 0)
    }

    @Test func `a batch that comes after the end is counted as lost`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        try store.finish(run: RunRecord())
        store.write(Samples.batch(Samples.recorded))
        #expect(store.status.lostRequests == 1)
        #expect(try store.finish(run: RunRecord()))
    }

    @Test func `on a file system without shared memory the run is stored as well, without others reading on`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(
            creating: folder.file,
            run: RunRecord(),
            commitInterval: .milliseconds(500),
            exclusive: true,
            pageLimit: nil
        )
        #expect(!store.allowsLiveReading)
        store.write(Samples.batch(Samples.recorded))
        try store.flush()
        #expect(!FileManager.default.fileExists(atPath: folder.file + "-shm"))
        try store.finish(run: Samples.run)
        #expect(try RunStore.read(folder.file) == Samples.recorded)
    }
}
