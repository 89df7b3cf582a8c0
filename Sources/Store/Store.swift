/// A run on disk: `run.sqlite`, one row per request, written while the run goes on.
///
/// Loops hand over `RecordBatch`es and never wait; a thread of its own commits them about twice a second. While the run
/// goes on any SQLite tool can read the file; after a kill everything committed is in it and its -wal file. A clean end
/// leaves one plain file. `RunStore.read` gives back what was written, field by field, as a `RecordedRun`.
///
/// The tables are in `Schema/`, a column per field. Texts from servers come in redacted and are stored once each.

import Dispatch
public import Measurement
import Synchronization
import Ticks

/// The writer of one run's file, and the door to reading any.
public final class RunStore: RecordSink {
    /// How the writing goes.
    public struct Status: Sendable, Hashable {
        public var committedRequests = 0
        public var queuedBytes = 0  // waiting, estimated
        public var peakQueuedBytes = 0
        /// Requests that are not in the file: given up after a failure, or written after the end.
        public var lostRequests = 0
        /// The first failure. Writing is tried again each time, so that a disk with new space gets all that was kept.
        public var failure: StoreError?
    }

    /// More than this in the queue at once, in bytes, makes the run suspect; an incident of kind `store` says so.
    public static let suspectBytes = WriterThread.suspectBytes

    public let path: String
    /// Whether others can read the file while the run goes on; not on a network file system.
    public let allowsLiveReading: Bool
    private let mailbox = Mailbox()
    private let writer: RunWriter

    /// Creates `path`, which must not exist, in a folder that must; only this user may read it.
    public convenience init(
        creating path: String,
        run: RunRecord,
        commitInterval: Duration = .milliseconds(500)
    ) throws(StoreError) {
        try self.init(
            creating: path,
            run: run,
            commitInterval: commitInterval,
            exclusive: FileSystem.isRemote(folderOf: path),
            pageLimit: nil
        )
    }

    /// Opens the file of an interrupted run to write on; nobody else may be writing it.
    /// - Parameter unmeasured: steps by id, and from which instant (since t0) on what was due in them is measured anew: what
    ///   is stored of that stays, and counts as sent only
    public init(resuming path: String, run: RunRecord, unmeasured: [Int: Int64] = [:]) throws(StoreError) {
        self.path = path
        let exclusive = FileSystem.isRemote(folderOf: path)
        allowsLiveReading = !exclusive
        writer = try RunWriter(resuming: path, run: run, unmeasured: unmeasured, exclusive: exclusive)
        try WriterThread.start(mailbox: mailbox, writer: writer, interval: 500_000_000)
    }

    init(
        creating path: String,
        run: RunRecord,
        commitInterval: Duration,
        exclusive: Bool,
        pageLimit: Int?,
        patience: Double = 5
    ) throws(StoreError) {
        self.path = path
        allowsLiveReading = !exclusive
        writer = try RunWriter(creating: path, run: run, exclusive: exclusive, pageLimit: pageLimit, patience: patience)
        try WriterThread.start(mailbox: mailbox, writer: writer, interval: Int(clamping: commitInterval.nanoseconds))
    }

    /// What is queued is still committed, but the run stays incomplete.
    deinit {
        mailbox.state.withLock { state in
            if state.ending == nil { state.ending = .abandon }
        }
        mailbox.bell.signal()
    }

    /// For tests of a disk that fills and is cleared.
    func raisePageLimit(to pages: Int) throws { try writer.limitPages(to: pages) }

    public func write(_ batch: RecordBatch) { mailbox.post(batch) }

    /// Replaces the facts of the run at the next commit; those given to `finish` are the last.
    public func update(_ run: RunRecord) {
        mailbox.state.withLock { state in
            if state.ending == nil { state.run = run }
        }
    }

    public var status: Status {
        mailbox.state.withLock { state in
            Status(
                committedRequests: state.committed,
                queuedBytes: state.bytes,
                peakQueuedBytes: state.peakBytes,
                lostRequests: state.lost,
                failure: state.failure
            )
        }
    }

    /// The first failure; see `Status.failure`.
    public var failure: StoreError? { mailbox.state.withLock { $0.failure } }

    /// Returns when all that was written before is on disk; throws when it could not be put there.
    public func flush() throws(StoreError) {
        let told = DispatchSemaphore(value: 0)
        let open = mailbox.state.withLock { state in
            guard state.closing == nil else { return false }
            state.waiters.append(told)
            return true
        }
        if open {
            mailbox.bell.signal()
            told.wait()
        }
        if let failure = mailbox.state.withLock({ $0.lastFailure }) { throw failure }
    }

    /// Writes what is left and the final facts, and closes the file.
    ///
    /// True when it is one plain file now; false when another process was reading it, so that a -wal file stays beside
    /// it and belongs to it. Throws when something could not be written. A second call does nothing.
    @discardableResult
    public func finish(run: RunRecord) throws(StoreError) -> Bool {
        let first = mailbox.state.withLock { state in
            guard state.ending == nil else { return false }
            state.run = run
            state.ending = .finish
            return true
        }
        if first { mailbox.bell.signal() }
        mailbox.done.wait()
        mailbox.done.signal()  // for the next caller
        switch mailbox.state.withLock({ $0.closing }) {
        case .success(let single): return single
        case .failure(let failure): throw failure
        case nil: return false
        }
    }
}
