import Glibc

/// Standard output and standard error, as they are: maybe closed, maybe no terminal.
enum Console {
    /// Whether everything could be written. A reader that went away (`| head`) wanted no more: that is no failure.
    static func out(_ text: String) -> Bool { write(text, to: STDOUT_FILENO) }

    @discardableResult
    static func error(_ text: String) -> Bool { write(text, to: STDERR_FILENO) }

    static var outIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Whether the terminal knows escape sequences: one without a name, or a "dumb" one, knows none.
    static var knowsEscapes: Bool {
        guard let name = getenv("TERM").map({ String(cString: $0) }) else { return false }
        return !name.isEmpty && name != "dumb"
    }

    /// Descriptors 0, 1 and 2 that whoever started us left closed would else be given to the first files that are
    /// opened, and the report would be written into one of them.
    static func openMissing() {
        for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", descriptor == 0 ? O_RDONLY : O_WRONLY)
        }
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
        !refused && isatty(descriptor) == 1 && getenv("NO_COLOR") == nil && knowsEscapes
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
