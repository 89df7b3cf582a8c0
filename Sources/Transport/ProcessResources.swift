internal import CCurl
internal import Glibc

/// What this process and machine have left, and what they have spent.
public enum ProcessResources {
    /// CPUs that this process may keep busy: those it may run on (`taskset`), and no more than its control group's quota
    /// allows (`cpu.max` of cgroup v2, a container's `--cpus`), rounded up.
    public static func cores() -> Int {
        let allowed = Int(spate_cores())
        let cores = allowed > 0 ? allowed : sysconf(Int32(_SC_NPROCESSORS_ONLN))
        return max(1, min(cores, cpuQuota().map { Int($0.rounded(.up)) } ?? cores))
    }

    /// Of the control group and those around it the least; nil without one.
    private static func cpuQuota() -> Double? {
        guard let line = read("/proc/self/cgroup")?.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }) else {
            return nil
        }
        var folder = line.dropFirst(3)
        var least: Double?
        while true {
            if let text = read("/sys/fs/cgroup\(folder)/cpu.max"), let quota = quota(cpuMax: text) {
                least = min(least ?? quota, quota)
            }
            guard let slash = folder.lastIndex(of: "/"), folder.count > 1 else { return least }
            folder = slash == folder.startIndex ? "/" : folder[..<slash]
        }
    }

    /// `50000 100000` is half a CPU; `max 100000` has no limit.
    static func quota(cpuMax text: String) -> Double? {
        let fields = text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        return fields.count == 2 && fields[0] > 0 && fields[1] > 0 ? fields[0] / fields[1] : nil
    }

    /// Raises the soft limit of open files to the hard one; returns what it is then.
    @discardableResult
    public static func raiseOpenFiles() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        if limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            _ = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// CPU time of the calling thread so far, nanoseconds.
    public static func threadCPU() -> Int64 { spate_thread_cpu() }
    /// CPU time of the process so far, nanoseconds.
    public static func processCPU() -> Int64 { spate_process_cpu() }

    /// Resident set of the process, bytes; 0 when /proc cannot be read.
    public static func residentBytes() -> Int64 {
        guard let text = read("/proc/self/statm") else { return 0 }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int64(fields[1]) else { return 0 }
        return pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Open descriptors of the process.
    public static func descriptors() -> Int {
        var about = stat()
        if stat("/proc/self/fd", &about) == 0, about.st_size > 0 { return Int(about.st_size) }  // Linux 6.2 and later
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = -3  // ".", ".." and the folder itself
        while readdir(folder) != nil { count += 1 }
        return max(0, count)
    }

    /// How often a listen queue of this machine overflowed since boot (all sockets; TcpExt ListenOverflows).
    public static func listenOverflows() -> Int64 { tcpExtension("ListenOverflows") }

    /// How often a listening socket of this machine dropped a connection since boot, for whatever reason.
    public static func listenDrops() -> Int64 { tcpExtension("ListenDrops") }

    /// CPU time that the host of this virtual machine gave to others while one of its cores wanted to run (steal of
    /// /proc/stat, proc(5)), all cores since boot, nanoseconds in steps of a clock tick; nil where it is not told.
    public static func stolenTime() -> Int64? {
        guard let text = read("/proc/stat"), let line = text.split(separator: "\n").first, line.hasPrefix("cpu ") else {
            return nil
        }
        let fields = line.split(separator: " ")
        let ticks = Int64(sysconf(Int32(_SC_CLK_TCK)))
        guard fields.count > 8, let stolen = Int64(fields[8]), ticks > 0 else { return nil }
        return stolen * (1_000_000_000 / ticks)
    }

    private static func tcpExtension(_ name: String) -> Int64 {
        guard let text = read("/proc/net/netstat") else { return 0 }
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("TcpExt:") }
        guard lines.count == 2 else { return 0 }
        let names = lines[0].split(separator: " ")
        let values = lines[1].split(separator: " ")
        guard let index = names.firstIndex(where: { $0 == name }), index < values.count else { return 0 }
        return Int64(values[index]) ?? 0
    }

    /// Ports the kernel may give to outgoing connections of one destination.
    public static func ephemeralPorts() -> Int {
        guard let text = read("/proc/sys/net/ipv4/ip_local_port_range") else { return 0 }
        let bounds = text.split(whereSeparator: { $0 == "\t" || $0 == " " || $0 == "\n" }).compactMap { Int($0) }
        return bounds.count == 2 ? max(0, bounds[1] - bounds[0] + 1) : 0
    }

    /// A pipe that children do not inherit unless it is given to them; false with errno when there is none.
    public static func pipe(_ ends: inout [Int32]) -> Bool { spate_pipe(&ends) == 0 }

    private static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: piece[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
