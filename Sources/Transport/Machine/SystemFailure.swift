internal import CCurl
internal import Glibc

/// The system refused what nothing can go on without: a thread, a descriptor, memory.
///
/// The one way from there to the end, from whatever thread: a line on standard error and exit 74 (EX_IOERR of sysexits.h).
/// What was stored stays readable, as after a kill.
public enum SystemFailure {
    /// - Parameters:
    ///   - what: completes "cannot ...".
    ///   - code: errno; libuv's, which are negative, too.
    public static func end(_ what: String, _ code: Int32) -> Never { spate_end(what, abs(code)) }

    /// libuv aborts where it cannot watch a descriptor, libdispatch traps. With an errno that says that the system is out of
    /// something this is the same end; any other abort or trap stays one.
    public static func expectAborts() { spate_expect_aborts() }

    /// Ends the process unless a call of libuv succeeded.
    static func check(_ code: Int32, _ what: String) { if code < 0 { end(what, code) } }
}
