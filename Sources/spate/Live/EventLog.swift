import Glibc
import Measurement
import Report
import Synchronization
import Transport

/// `--events FILE`: what happens, a line of JSON each, written by a thread of its own a few times a second, so that a slow
/// disk or a full pipe holds nobody up.
final class EventLog: Sendable {
    /// Lines that wait to be written, at most; more are dropped and counted.
    private static let mostWaiting = 10_000

    private struct State {
        var book: EventLines?  // nil until the run begins
        var waiting: [String] = []
        var dropped = 0
        var isOver = false
        var failure: String?
    }

    private final class Desk: Sendable {
        let state = Mutex(State())
    }

    private let desk = Desk()
    private let thread: LoopThread

    /// Opens the file at once, to append to it; it is its owner's alone where it is new.
    init(_ path: String) throws(Failure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(.localIO, "--events \(path): cannot be written: \(String(cString: strerror(errno)))")
        }
        let desk = desk
        thread = LoopThread(name: "events") {
            Self.writeAll(desk, to: descriptor)
            close(descriptor)
        }
    }

    func begin(_ run: RunRecord, result: String) {
        let book = EventLines(startedAtUnixNanoseconds: run.startedAtUnixNanoseconds)
        desk.state.withLock { state in
            state.book = book
            Self.add([book.began(id: run.id, profile: run.profileName, seed: run.seed, result: result)], to: &state)
        }
    }

    func note(_ batch: RecordBatch) {
        desk.state.withLock { state in
            let lines = state.book?.lines(of: batch) ?? []
            Self.add(lines, to: &state)
        }
    }

    func end(at nanoseconds: Int64, exitCode: Int, result: String) {
        desk.state.withLock { state in
            guard let line = state.book?.ended(at: nanoseconds, exitCode: exitCode, result: result) else { return }
            Self.add([line], to: &state)
        }
    }

    /// Writes what is left. Why not everything was written, if so.
    func finish() -> String? {
        desk.state.withLock { $0.isOver = true }
        thread.join()
        return desk.state.withLock { state in
            state.failure
                ?? (state.dropped > 0 ? "\(state.dropped) events came faster than they could be written" : nil)
        }
    }

    private static func add(_ lines: [String], to state: inout State) {
        let room = max(0, mostWaiting - state.waiting.count)
        state.waiting += lines.prefix(room)
        state.dropped += max(0, lines.count - room)
    }

    private static func writeAll(_ desk: Desk, to descriptor: Int32) {
        while true {
            let (lines, isOver) = desk.state.withLock { state in
                defer { state.waiting = [] }
                return (state.waiting, state.isOver)
            }
            if !lines.isEmpty {
                let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
                if let failure = write(bytes, to: descriptor) {
                    desk.state.withLock { $0.failure = $0.failure ?? failure }
                }
            }
            if isOver { return }
            usleep(100_000)
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> String? {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + offset }, bytes.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(cString: strerror(errno)) }
            offset += count
        }
        return nil
    }
}
