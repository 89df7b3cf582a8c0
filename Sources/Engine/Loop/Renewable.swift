internal import Synchronization
internal import Transport

/// Something a run was given at its beginning and that may change outside while it goes on for hours: a key in a file or
/// from a command, the addresses behind a name.
///
/// All loops of a run share it. Finding out may take seconds, so it has a thread of its own; nobody waits for it.
public final class Renewable<Value: Sendable & Equatable>: Sendable {
    private struct State {
        var value: Value
        var version = 0
        var isAsking = false
        var asked: Int64
    }

    private let state: Mutex<State>
    private let pause: Int64
    private let find: @Sendable () -> Value?

    /// - Parameters:
    ///   - value: as it was found before the run
    ///   - now: nanoseconds of a clock that does not go back, when that was
    ///   - pause: how long nobody asks again, nanoseconds
    ///   - find: the value as it is now; nil where that cannot be found out, and the old one stays. May block
    public init(_ value: Value, at now: Int64, pause: Int64, find: @escaping @Sendable () -> Value?) {
        state = Mutex(State(value: value, asked: now))
        self.pause = pause
        self.find = find
    }

    /// What is known, and how often it has changed.
    public var current: (value: Value, version: Int) { state.withLock { ($0.value, $0.version) } }
    var isAsking: Bool { state.withLock { $0.isAsking } }

    /// Whether there may be a better one than that version's: another one is known or looked for, or the last look is long
    /// enough ago for the next.
    func mayDiffer(from version: Int, at now: Int64) -> Bool {
        state.withLock { $0.version != version || $0.isAsking || now - $0.asked >= pause }
    }

    /// Finds out anew, if the last time is long enough ago.
    /// - Parameter version: that turned out to be of no use; another one was found since where it is no longer this. nil =
    ///   nothing is wrong with it
    func renew(at now: Int64, because version: Int? = nil) {
        let isDue = state.withLock { state in
            guard !state.isAsking, version == nil || version == state.version, now - state.asked >= pause else {
                return false
            }
            (state.isAsking, state.asked) = (true, now)
            return true
        }
        guard isDue else { return }
        LoopThread(name: "renew") { [self] in
            let found = find()
            state.withLock { state in
                state.isAsking = false
                guard let found, found != state.value else { return }
                state.value = found
                state.version += 1
            }
        }.detach()
    }
}
