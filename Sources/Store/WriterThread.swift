import Dispatch
import GRDB
import Glibc
import Measurement
import Synchronization

/// The thread that owns a run's SQLite connection: about twice a second one transaction with all that has come.
final class WriterThread: Sendable {
    /// After a failure this much is kept for another try; then the oldest batches are given up and counted.
    static let retainedBytes = 256 << 20
    /// A queue beyond this makes the run suspect (an incident in the stored run).
    static let suspectBytes = 64 << 20

    private let mailbox: Mailbox
    private let writer: RunWriter
    private let interval: Int  // nanoseconds

    /// After failures the tries grow apart up to this, nanoseconds.
    private static let longestPause = 5_000_000_000

    private init(mailbox: Mailbox, writer: RunWriter, interval: Int) {
        self.mailbox = mailbox
        self.writer = writer
        self.interval = interval
    }

    /// Starts the thread. It blocks all signals that belong to the main thread; those of its own faults come to it, and to
    /// the threads that SQLite's queue makes from it: a blocked one would end the program without a word.
    static func start(mailbox: Mailbox, writer: RunWriter, interval: Int) throws(StoreError) {
        let thread = WriterThread(mailbox: mailbox, writer: writer, interval: interval)
        let argument = Unmanaged.passRetained(thread)
        var all = sigset_t()
        var previous = sigset_t()
        sigfillset(&all)
        for fault in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { sigdelset(&all, fault) }
        pthread_sigmask(SIG_SETMASK, &all, &previous)
        var id = pthread_t()
        let code = pthread_create(
            &id,
            nil,
            { raw in
                guard let raw else { return nil }
                Unmanaged<WriterThread>.fromOpaque(raw).takeRetainedValue().run()
                return nil
            },
            argument.toOpaque()
        )
        pthread_sigmask(SIG_SETMASK, &previous, nil)
        guard code == 0 else {
            argument.release()
            throw StoreError(path: writer.path, errno: code, action: "start the store's thread")
        }
        pthread_detach(id)
    }

    private func run() {
        var reportedBacklog = false
        var pause = interval
        while true {
            var order = mailbox.wait(until: .now() + .nanoseconds(pause))
            if order.peakBytes > Self.suspectBytes, !reportedBacklog {
                reportedBacklog = true
                order.batches.append(writer.backlogIncident(bytes: order.peakBytes))
            }
            pause = write(order) ? interval : min(max(pause * 2, interval), Self.longestPause)
            for waiter in order.waiters { waiter.signal() }
            guard let ending = order.ending else { continue }
            close(ending)
            return
        }
    }

    /// False when it could not be written and was given back.
    private func write(_ order: Mailbox.Order) -> Bool {
        guard order.run != nil || order.batches.contains(where: { !$0.isEmpty }) else { return true }
        do {
            try writer.commit(order.batches, run: order.run)
            mailbox.committed(requests: order.batches.reduce(0) { $0 + $1.requests.count })
            if let displacement = writer.displacement { mailbox.fail(displacement) }
            return true
        } catch {
            mailbox.giveBack(order, because: error, limit: Self.retainedBytes)
            return false
        }
    }

    private func close(_ ending: Mailbox.Ending) {
        var closing: Result<Bool, StoreError>
        do {
            closing = .success(try writer.close(joiningFiles: ending == .finish))
        } catch {
            closing = .failure(error)
        }
        mailbox.state.withLock { state in
            state.lost += state.batches.reduce(0) { $0 + $1.requests.count }
            if let failure = state.failure, state.lost > 0 || !state.batches.isEmpty || state.run != nil {
                closing = .failure(failure)
            }
            if case .failure(let failure) = closing, state.failure == nil { state.failure = failure }
            state.batches = []
            state.bytes = 0
            state.closing = closing
            for waiter in state.waiters { waiter.signal() }
            state.waiters = []
        }
        mailbox.done.signal()
    }
}
