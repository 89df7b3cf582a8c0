internal import CCurl
internal import Glibc

/// A thread with a name that runs one closure, usually an event loop.
public final class LoopThread: Sendable {
    private let handle: pthread_t

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts at once. Signals are the main thread's: block them before threads are made.
    public init(name: String, _ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        let code = pthread_create(
            &thread,
            nil,
            { pointer in
                guard let pointer else { return nil }
                let start = Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue()
                spate_name_thread(String(start.name.prefix(15)))
                start.body()
                return nil
            },
            start.toOpaque()
        )
        if code != 0 { SystemFailure.end("start a thread", code) }
        handle = thread
    }

    /// Lets every other thread of the machine go before the calling one: setpriority(2) is of the thread alone.
    public static func giveWay() { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19) }

    public static func sleep(microseconds: UInt32) { usleep(microseconds) }

    /// Nobody waits for it. Instead of `join`.
    public func detach() { pthread_detach(handle) }

    /// Waits for the closure's end. Once.
    public func join() { pthread_join(handle, nil) }
}
