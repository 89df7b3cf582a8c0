import Measurement
import Store
import Transport

/// Reads results of earlier runs, and of this one, where there is memory for them.
enum StoredResult {
    /// What a report with its page takes, besides what the file takes: by three results of a million requests and more, with short
    /// answers 640 MB (a file of 226), with long ones 930 (544), packed 490 a million (30). It is reckoned a tenth more for rows.
    static let bytesPerRequest = 440.0
    /// So few are always read: what they take is less than how well is known what is free.
    static let few = 100_000

    /// A reader that took more memory than there is would be killed, and with it a run that goes on.
    static func read(_ path: String, free: Int64? = ProcessResources.freeMemory()) throws(StoreError) -> RecordedRun {
        if let free {
            let (requests, bytes) = try RunStore.extent(of: path)
            let needed = Double(requests) * bytesPerRequest + Double(bytes)
            guard requests <= few || needed <= Double(free) else { throw tooLarge(path, requests, needed, free) }
        }
        return try RunStore.read(path)
    }

    private static func tooLarge(_ path: String, _ requests: Int, _ needed: Double, _ free: Int64) -> StoreError {
        func gigabytes(_ bytes: Double) -> String { "\((bytes / 1e8).rounded() / 10) GB" }
        let count = PlanSummary.grouped(requests)
        return StoreError(
            path: path,
            reason: .memory,
            detail: "to read its \(count) requests takes about \(gigabytes(needed)) of memory, and "
                + "\(gigabytes(Double(free))) are free here. All of it is stored: a machine that has more can read it"
        )
    }
}

extension Failure {
    /// A result that was named cannot be read.
    init(reading error: StoreError) {
        let isInput: Set<StoreError.Reason> = [.missing, .notARun, .version, .corrupt]
        self.init(isInput.contains(error.reason) ? .badInput : .localIO, "\(error)")
    }
}
