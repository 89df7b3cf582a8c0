import Glibc
import ShippedProfiles

/// Files of text as people and their tools write them: UTF-8, with or without a byte order mark, lines that end with LF,
/// CR LF or CR. Each is opened and read once, so that pipes, `/dev/stdin` and `<(...)` will do.
public enum TextFile {
    public struct Failure: Error { public var message: String }

    static let largest = 1 << 30  // bytes
    /// What a path begins with that names a file inside the binary.
    static let shipped = "spate:"

    public static func read(_ path: String) throws(Failure) -> String {
        var bytes: [UInt8] = []
        try forEachPiece(of: path) { piece throws(Failure) in
            bytes += piece
            guard bytes.count <= largest else { throw Failure(message: "is larger than 1 GiB") }
            return true
        }
        return try text(of: bytes)
    }

    /// Text without its byte order mark; refuses other encodings.
    public static func text(of bytes: [UInt8]) throws(Failure) -> String {
        let rest = try withoutMark(bytes[...])
        guard let text = String(validating: rest, as: UTF8.self) else { throw Failure(message: "is not UTF-8 text") }
        return text
    }

    /// The lines of a text, without their ends.
    static func lines(of text: String) -> [String] {
        var lines: [String] = []
        func add(_ bytes: ArraySlice<UInt8>) -> Bool {
            lines.append(String(decoding: bytes, as: UTF8.self))
            return true
        }
        var splitter = LineSplitter()
        _ = splitter.add(Array(text.utf8)[...], line: add)
        splitter.finish(line: add)
        return lines
    }

    /// The lines of a file that may be larger than memory.
    /// - Parameters:
    ///   - longest: bytes a line may have.
    ///   - body: a line without its end, and its number from 1; says whether it wants more.
    static func forEachLine(
        of path: String,
        longest: Int,
        _ body: (String, Int) -> Bool
    ) throws(Failure) {
        var splitter = LineSplitter()
        var number = 0
        var isFirst = true
        func line(_ bytes: ArraySlice<UInt8>) -> Bool {
            number += 1
            return body(String(decoding: bytes, as: UTF8.self), number)
        }
        try forEachPiece(of: path) { piece throws(Failure) in
            let bytes = isFirst ? try withoutMark(piece) : piece
            isFirst = false
            guard splitter.add(bytes, line: line) else { return false }
            guard splitter.pending <= longest else {
                throw Failure(message: "has a line of more than \(longest >> 20) MiB (line \(number + 1))")
            }
            return true
        }
        splitter.finish(line: line)
    }

    /// The first bytes of a file without the mark of UTF-8. Those of UTF-16 and UTF-32 are refused by name, with or
    /// without their marks: ASCII, of which every text here has some, has a zero byte beside each letter there.
    private static func withoutMark(_ bytes: ArraySlice<UInt8>) throws(Failure) -> ArraySlice<UInt8> {
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { return bytes.dropFirst(3) }
        let marks = bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff])
        let zeros = bytes.prefix(4).map { $0 == 0 }
        if marks || zeros == [false, true, false, true] || zeros == [true, false, true, false]
            || zeros == [true, true, true, false] || zeros == [false, true, true, true]
        {
            throw Failure(message: "is UTF-16 or UTF-32 text; allowed: UTF-8 (iconv -f UTF-16 -t UTF-8 converts it)")
        }
        return bytes
    }

    /// - Parameter body: says whether it wants more.
    private static func forEachPiece(
        of path: String,
        _ body: (ArraySlice<UInt8>) throws(Failure) -> Bool
    ) throws(Failure) {
        if path.hasPrefix(shipped) {
            guard let bytes = ShippedProfiles.file(String(path.dropFirst(shipped.count))) else {
                throw Failure(message: "is not among those that spate brings")
            }
            _ = try body(bytes[...])
            return
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(message: "cannot be read: " + String(cString: strerror(errno))) }
        defer { close(descriptor) }
        guard kind(of: descriptor) != S_IFDIR else { throw Failure(message: "cannot be read: it is a folder") }
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        var held = 0  // too few at the beginning to tell the encoding
        var isFirst = true
        while true {
            let count = piece.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress.map { $0 + held }, $0.count - held)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Failure(message: "cannot be read: " + String(cString: strerror(errno))) }
            held += count
            if count > 0, isFirst, held < 4 { continue }
            isFirst = false
            if held > 0 {
                let goesOn = try body(piece[..<held])
                if !goesOn { return }
            }
            held = 0
            if count == 0 { return }
        }
    }

    private static func kind(of descriptor: Int32) -> mode_t {
        var facts = stat()
        return fstat(descriptor, &facts) == 0 ? facts.st_mode & S_IFMT : 0
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    /// False for pipes and devices, beside which no other file lies.
    static func isInFolder(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) != 0 || facts.st_mode & S_IFMT == S_IFREG
    }

    /// `path` as seen from a folder; as it is when absolute.
    static func path(_ path: String, from folder: String) -> String {
        if path.hasPrefix("/") || folder.isEmpty || path.hasPrefix(shipped) { return path }
        return folder == shipped ? folder + path : folder + "/" + path
    }

    /// The folder of a file's path; "" for the current one.
    static func folder(of path: String) -> String {
        if path.hasPrefix(shipped) { return shipped }
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The path from the root, without links; as it was when there is no such file.
    static func absolute(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
