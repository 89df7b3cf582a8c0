import Foundation
import Measurement
import Synchronization
import Testing

@testable import Store

@Suite struct FailureTests {
    /// Some 30 pages are free after the tables: a few hundred requests of 1 KiB do not fit.
    private func storeOnASmallDisk(_ folder: TemporaryFolder) throws -> RunStore {
        try RunStore(
            creating: folder.file,
            run: RunRecord(),
            commitInterval: .milliseconds(5),
            exclusive: false,
            pageLimit: 60
        )
    }

    private func batch(_ sequences: Range<Int64>) -> RecordBatch {
        var batch = RecordBatch()
        batch.requests = sequences.map { sequence in
            var request = RequestRecord()
            request.sequence = sequence
            request.arrivals = [UInt8](repeating: 1, count: 1024)
            return request
        }
        return batch
    }

    @Test func `a full disk is told by flush, by the status and by the end, and what was committed before is there`()
        throws
    {
        let folder = try TemporaryFolder()
        let store = try storeOnASmallDisk(folder)
        store.write(batch(0..<10))
        try store.flush()
        #expect(store.failure == nil)

        store.write(batch(10..<1000))
        let error = #expect(throws: StoreError.self) { try store.flush() }
        #expect(error?.reason == .full)
        #expect(store.failure?.reason == .full)
        #expect(store.status.committedRequests == 10)

        let end = #expect(throws: StoreError.self) { try store.finish(run: Samples.run) }
        #expect(end?.reason == .full)
        #expect(store.status.lostRequests == 990)

        let read = try RunStore.read(folder.file)
        #expect(read.requests == batch(0..<10).requests)
        #expect(!read.run.complete)
    }

    @Test func `a file that another process holds is told, and written on when it lets go`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(
            creating: folder.file,
            run: RunRecord(),
            commitInterval: .seconds(60),
            exclusive: false,
            pageLimit: nil,
            patience: 0.05
        )
        let other = try OtherWriter(folder.file)
        store.write(batch(0..<10))
        let error = #expect(throws: StoreError.self) { try store.flush() }
        #expect(error?.reason == .busy && "\(error, default: "")".contains("another process holds it"))
        #expect(store.failure?.reason == .busy)
        try other.letGo()
        try store.flush()
        try store.finish(run: RunRecord())
        #expect(try RunStore.read(folder.file).requests.count == 10)
    }

    @Test func `writing goes on when the disk has room again, and then nothing is lost`() throws {
        let folder = try TemporaryFolder()
        let store = try storeOnASmallDisk(folder)
        store.write(batch(0..<1000))
        #expect(throws: StoreError.self) { try store.flush() }
        try store.raisePageLimit(to: 100_000)
        try store.flush()
        try store.finish(run: Samples.run)
        #expect(store.failure?.reason == .full)  // the first failure stays on record
        #expect(store.status.lostRequests == 0)
        #expect(try RunStore.read(folder.file).requests == batch(0..<1000).requests)
    }

    @Test(arguments: [false, true])
    func `a file that was deleted or moved while it is written is told`(isReplaced: Bool) throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord(), commitInterval: .seconds(60))
        store.write(batch(0..<10))
        try store.flush()
        #expect(rename(folder.file, folder.file + ".moved") == 0)
        if isReplaced { try Data("another".utf8).write(to: URL(filePath: folder.file)) }
        store.write(batch(10..<20))
        let error = #expect(throws: StoreError.self) { try store.flush() }
        #expect(error?.reason == .missing)
        #expect(error?.detail.contains("deleted or moved") == true)
        #expect(store.failure == error)
    }

    @Test func `a request written twice is refused aloud`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        store.write(batch(0..<2))
        store.write(batch(1..<3))
        let error = #expect(throws: StoreError.self) { try store.flush() }
        #expect(error?.detail.contains("UNIQUE") == true)
        #expect(throws: StoreError.self) { try store.finish(run: RunRecord()) }
    }

    @Test func `of a queue that cannot be written the oldest batches go first, and are counted`() {
        let mailbox = Mailbox()
        mailbox.post(batch(0..<10))
        mailbox.post(batch(10..<30))
        let order = mailbox.wait(until: .now())
        mailbox.post(batch(30..<60))
        let size = order.batches[1].estimatedBytes + batch(30..<60).estimatedBytes
        let failure = StoreError(path: "p", reason: .full, detail: "d")
        mailbox.giveBack(order, because: failure, limit: size)
        let left = mailbox.wait(until: .now())
        #expect(left.batches.flatMap(\.requests).map(\.sequence) == Array(10..<60))
        #expect(mailbox.state.withLock { $0.lost } == 10)
        #expect(mailbox.state.withLock { $0.bytes } == 0)
    }

    @Test func `a queue that grew past its limit is an incident of the stored run`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord(), commitInterval: .seconds(60))
        // Histograms are taken to be open, 40 KiB each: 1,700 of them make 66 MiB.
        var large = batch(0..<1)
        large.histograms = (0..<1700).map { (second: Int64) in
            var record = HistogramRecord()
            record.second = second
            return record
        }
        store.write(large)
        try store.finish(run: RunRecord())
        let read = try RunStore.read(folder.file)
        #expect(read.incidents.map(\.kind) == [.store])
        #expect(read.incidents.first?.detail == "66 MB waited to be written")
        #expect(read.requests == large.requests)
    }
}
