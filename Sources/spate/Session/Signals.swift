import Glibc

/// The signals that ask for an end: SIGINT and SIGTERM, SIGQUIT, and SIGHUP of a terminal that went away, unless whoever
/// started us has it ignored (`nohup`). Taken by the main thread when it asks; every other thread has them blocked.
struct Signals {
    private var set = sigset_t()

    /// Until somebody asks for signals, the first one ends the program at once: what is read and reckoned before a run,
    /// and what is shown after it, can be begun again.
    static func endAtOnce() {
        for number in [SIGINT, SIGTERM] + (hangUpIsIgnored ? [] : [SIGHUP]) {
            signal(number) { _ in
                let words: StaticString = "stopped\n"
                _ = Glibc.write(STDERR_FILENO, words.utf8Start, words.utf8CodeUnitCount)
                _exit(ExitStatus.interrupted.rawValue)
            }
        }
    }

    /// Call before any thread is made: threads inherit what is blocked.
    init() {
        sigemptyset(&set)
        sigaddset(&set, SIGINT)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGQUIT)
        if !Self.hangUpIsIgnored { sigaddset(&set, SIGHUP) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// As `nohup` leaves it.
    private static var hangUpIsIgnored: Bool {
        var present = sigaction()
        sigaction(SIGHUP, nil, &present)
        return unsafeBitCast(present.__sigaction_handler.sa_handler, to: Int.self) == 1  // SIG_IGN
    }

    /// Waits so long for a signal; nil when none came.
    mutating func wait(milliseconds: Int) -> Int32? {
        var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        let number = sigtimedwait(&set, nil, &time)
        return number > 0 ? number : nil
    }
}
