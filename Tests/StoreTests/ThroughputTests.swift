import Foundation
import Measurement
import Testing

@testable import Store

/// Needs an idle machine and a release build:
/// `SPATE_MEASURE=1 swift test -c release -Xswiftc -enable-testing --filter ThroughputTests`
@Suite(.enabled(if: ProcessInfo.processInfo.environment["SPATE_MEASURE"] != nil))
struct ThroughputTests {
    /// 150 bytes of arrivals: an answer of some 50 bins.
    private func batches(requests: Int) -> [RecordBatch] {
        stride(from: 0, to: requests, by: 1000).map { start in
            var batch = RecordBatch()
            batch.requests = (start..<start + 1000).map { sequence in
                var request = Samples.request
                request.sequence = Int64(sequence)
                request.attempt = 0
                request.error = nil
                request.note = nil
                request.arrivals = (0..<150).map { UInt8(truncatingIfNeeded: sequence &* 31 &+ $0) }
                return request
            }
            return batch
        }
    }

    @Test func `the store takes 20,000 requests a second and reads them back at the same rate`() throws {
        let count = 200_000
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        let input = batches(requests: count)
        let clock = ContinuousClock()
        let handing = clock.measure { for batch in input { store.write(batch) } }
        let writing = try clock.measure { try store.finish(run: RunRecord()) }
        var read = RecordedRun()
        let reading = try clock.measure { read = try RunStore.read(folder.file) }
        let size = try #require(FileSystem.size(folder.file))
        print("handing over \(handing), writing \(writing), reading \(reading), \(size / count) bytes a request")
        #expect(read.requests.count == count)
        #expect(handing + writing < .seconds(Double(count) / 20_000))
        #expect(reading < .seconds(Double(count) / 20_000))
    }
}
