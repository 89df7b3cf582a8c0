import Glibc

/// Whole files as text.
public enum TextFile {
    public struct Failure: Error { public var message: String }

    static let largest = 1 << 30  // bytes

    /// UTF-8, at most 1 GiB.
    public static func read(_ path: String) throws(Failure) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(message: "cannot be read: " + String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var facts = stat()
        if fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR {
            throw Failure(message: "cannot be read: it is a folder")
        }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Failure(message: "cannot be read: " + String(cString: strerror(errno))) }
            if count == 0 { break }
            bytes.append(contentsOf: piece[..<count])
            guard bytes.count <= largest else { throw Failure(message: "is larger than 1 GiB") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Failure(message: "is not UTF-8 text") }
        return text
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// `path` as seen from a folder; as it is when absolute.
    static func path(_ path: String, from folder: String) -> String {
        path.hasPrefix("/") || folder.isEmpty ? path : folder + "/" + path
    }

    /// The folder of a file's path; "" for the current one.
    static func folder(of path: String) -> String {
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
