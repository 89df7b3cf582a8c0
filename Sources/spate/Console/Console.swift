import Engine
import Glibc
import Report
import Synchronization

/// Standard output and standard error, as they are: maybe closed, maybe no terminal.
///
/// Messages may hold words of servers, profiles and command lines: they pass `said`. Reports and files are made of stored
/// texts, which have passed the door to the store, and are drawn as they are.
enum Console {
    /// Whether everything could be written. A reader that went away (`| head`) wanted no more: that is no failure.
    static func out(_ text: String) -> Bool { write(text, to: STDOUT_FILENO) }

    /// A message on standard output.
    static func say(_ text: String) -> Bool { out(said(text)) }

    /// A message on standard error.
    static func error(_ text: String) { _ = write(said(text), to: STDERR_FILENO) }

    /// A report, or a frame with a terminal's control sequences, on standard error.
    static func draw(_ text: String) { _ = write(text, to: STDERR_FILENO) }

    /// Without control characters, then without the keys that were read.
    private static func said(_ text: String) -> String { Secrets.redactor.redacted(SafeText.lines(text)) }

    /// Gives each standard stream that is closed a place that takes all and gives nothing: its number would go to a
    /// file or socket of ours, and libuv aborts on a loop with such a number.
    static func openStandardStreams() {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 {
            _ = open("/dev/null", O_RDWR)  // takes the lowest free number: this one
        }
    }

    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    /// Whether standard error is a terminal that knows control sequences.
    static var errorCanBeRedrawn: Bool { errorIsTerminal && terminalIsCapable }

    private static var terminalIsCapable: Bool {
        getenv("TERM").map { !["", "dumb"].contains(String(cString: $0)) } ?? false
    }

    /// Columns of the terminal; 100 when there is none.
    static func width(of descriptor: Int32) -> Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return Int(size.ws_col)
    }

    /// Whether the locale's encoding is UTF-8.
    static var isUnicode: Bool {
        for name in ["LC_ALL", "LC_CTYPE", "LANG"] {
            guard let value = getenv(name).map({ String(cString: $0).lowercased() }), !value.isEmpty else { continue }
            return value.contains("utf-8") || value.contains("utf8")
        }
        return false
    }

    static func wantsColour(_ descriptor: Int32, refused: Bool) -> Bool {
        guard !refused, isatty(descriptor) == 1, getenv("NO_COLOR") == nil else { return false }
        return terminalIsCapable
    }

    static func write(_ text: String, to descriptor: Int32) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var offset = 0
            while offset < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return count < 0 && errno == EPIPE }
                offset += count
            }
            return true
        }
    }
}

/// The keys that were read so far, for whatever is said from then on.
enum Secrets {
    private static let keys = Mutex<(all: [String], redactor: Redactor)>(([], Redactor(secrets: [])))

    static var redactor: Redactor { keys.withLock { $0.redactor } }

    static func add(_ key: String) {
        keys.withLock { keys in
            guard !keys.all.contains(key) else { return }
            keys.all.append(key)
            keys.redactor = Redactor(secrets: keys.all)
        }
    }
}
