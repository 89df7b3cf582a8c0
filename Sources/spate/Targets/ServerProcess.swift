import Glibc
import Transport

/// The program of this machine that takes a target's connections, and how long it waited for a core.
struct ServerProcess {
    let id: Int32
    let name: String
    private let waitedBefore: Int64

    init(id: Int32) {
        self.id = id
        name =
            ProcessResources.text("/proc/\(id)/comm")?.split(separator: "\n").first.map(String.init) ?? "process \(id)"
        waitedBefore = Self.waited(id)
    }

    /// Who listens at a port of this machine, as far as this user may see; nil where that is not known. Programs that only
    /// pass connections on to other machines are not meant.
    init?(listeningAt port: UInt16) {
        let inodes = Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap { Self.listeners($0, port) })
        guard !inodes.isEmpty else { return nil }
        for entry in Self.entries("/proc") {
            guard let id = Int32(entry) else { continue }
            let owns = Self.entries("/proc/\(id)/fd").contains { name in
                Self.link("/proc/\(id)/fd/\(name)").map { inodes.contains($0) } ?? false
            }
            guard owns else { continue }
            self.init(id: id)
            if Self.forwarders.contains(name) { return nil }
            return
        }
        return nil
    }

    private static let forwarders: Set<String> = ["ssh", "docker-proxy", "kubectl", "socat", "autossh", "rootlessport"]

    /// What its threads together waited for a core since this was made, nanoseconds.
    var waited: Int64 { max(0, Self.waited(id) - waitedBefore) }

    /// Second field of each thread's schedstat.
    private static func waited(_ id: Int32) -> Int64 {
        entries("/proc/\(id)/task").reduce(0) { sum, thread in
            let fields =
                ProcessResources.text("/proc/\(id)/task/\(thread)/schedstat")?.split(whereSeparator: \.isWhitespace)
                ?? []
            return sum + (fields.count > 1 ? Int64(fields[1]) ?? 0 : 0)
        }
    }

    /// `socket:[INODE]` of the sockets that listen (state 0A) at the port.
    private static func listeners(_ table: String, _ port: UInt16) -> [String] {
        (ProcessResources.text(table) ?? "").split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[3] == "0A", let hex = fields[1].split(separator: ":").last,
                UInt16(hex, radix: 16) == port
            else { return nil }
            return "socket:[\(fields[9])]"
        }
    }

    private static func entries(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func link(_ path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: 64)
        let count = readlink(path, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }
}
