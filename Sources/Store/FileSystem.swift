import Glibc

/// What must be known about where a file lies before SQLite opens it.
enum FileSystem {
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Bytes; nil when there is no such file.
    static func size(_ path: String) -> Int? {
        var facts = stat()
        return stat(path, &facts) == 0 ? Int(facts.st_size) : nil
    }

    /// Which file a path leads to, whatever its name.
    struct Identity: Hashable {
        var device: dev_t
        var number: ino_t
    }

    /// nil when there is no such file.
    static func identity(_ path: String) -> Identity? {
        var facts = stat()
        return stat(path, &facts) == 0 ? Identity(device: facts.st_dev, number: facts.st_ino) : nil
    }

    static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether the file's folder is served by another machine, so that processes cannot share memory through it, as a
    /// write-ahead log with more than one process must (sqlite.org/wal.html, "Disadvantages").
    static func isRemote(folderOf path: String) -> Bool {
        guard let real = realpath(folder(of: path), nil) else { return false }
        defer { free(real) }
        return isRemote(folder: String(cString: real), mounts: contents(of: "/proc/self/mountinfo"))
    }

    /// `folder` is absolute and without links; `mounts` is in the form of proc(5), /proc/pid/mountinfo.
    static func isRemote(folder: String, mounts: String) -> Bool {
        var longest = -1
        var kind = ""
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 4, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else { continue }
            let point = unescaped(fields[4])
            let inside = point == "/" || folder == point || folder.hasPrefix(point + "/")
            // Of two mounts on the same point the later one covers the earlier.
            guard inside, point.utf8.count >= longest else { continue }
            longest = point.utf8.count
            kind = String(fields[dash + 1])
        }
        return remoteKinds.contains(kind)
    }

    private static let remoteKinds: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "lustre", "gpfs", "afs", "beegfs", "ocfs2", "gfs2",
        "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.gcsfuse", "fuse.rclone", "fuse.ceph",
    ]

    /// Octal escapes as mountinfo has them: `\040` is a space.
    private static func unescaped(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Empty when it cannot be read.
    private static func contents(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }
}
