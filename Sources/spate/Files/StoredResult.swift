import Measurement
import Store
import Transport

/// Reads results of earlier runs, and of this one, where there is memory for them.
enum StoredResult {
    /// What a request takes while a report is made of it, its page included: 640 MB for a million were measured.
    static let bytesPerRequest: Int64 = 640
    /// So few are always read: what they take is less than how well is known what is free.
    static let few = 100_000

    /// A reader that took more memory than there is would be killed, and with it a run that goes on.
    static func read(_ path: String, free: Int64? = ProcessResources.freeMemory()) throws(StoreError) -> RecordedRun {
        if let free {
            let requests = try RunStore.requests(in: path)
            guard requests <= few || Int64(requests) <= free / bytesPerRequest else {
                throw tooLarge(path, requests, free)
            }
        }
        return try RunStore.read(path)
    }

    private static func tooLarge(_ path: String, _ requests: Int, _ free: Int64) -> StoreError {
        func gigabytes(_ bytes: Double) -> String { "\((bytes / 1e8).rounded() / 10) GB" }
        let needed = gigabytes(Double(requests) * Double(bytesPerRequest))
        let count = PlanSummary.grouped(requests)
        return StoreError(
            path: path,
            reason: .memory,
            detail: "a report of its \(count) requests takes about \(needed) of memory, and \(gigabytes(Double(free))) "
                + "are free here. All of it is stored: `spate report` shows it on a machine that has more"
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
