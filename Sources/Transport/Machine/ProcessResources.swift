internal import CCurl
internal import Glibc

/// What this process and machine have left, and what they have spent.
public enum ProcessResources {
    /// CPUs that this process may run on at a time: those of its affinity (taskset, cpuset), and no more than the quota of
    /// its control group.
    public static func cores() -> Int {
        let quotas = controlGroups().compactMap { text($0 + "/cpu.max").flatMap(cores(ofQuota:)) }
        return max(1, ([Int(spate_usable_cores())] + quotas).min() ?? 1)
    }

    /// Folders of the process's control group, from the root down: each may have a quota of its own.
    private static func controlGroups() -> [String] {
        (text("/proc/self/cgroup") ?? "").split(separator: "\n").flatMap { line -> [String] in
            // Version 2 has one line, 0::/a/b.
            guard line.hasPrefix("0::/") else { return [] }
            let folders = line.dropFirst(4).split(separator: "/").map(String.init)
            return (0...folders.count).map { (["/sys/fs/cgroup"] + folders.prefix($0)).joined(separator: "/") }
        }
    }

    /// For how long quotas of its control groups have held threads back so far (`throttled_usec` of cpu.stat), nanoseconds;
    /// nil where there is no quota.
    public static func throttledTime() -> Int64? {
        controlGroups().compactMap { text($0 + "/cpu.stat").flatMap(throttled(ofStatistics:)) }.max()
    }

    static func throttled(ofStatistics text: String) -> Int64? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, words[0] == "throttled_usec", let microseconds = Int64(words[1]) else { continue }
            return microseconds < 9_000_000_000_000_000 ? microseconds * 1000 : nil
        }
        return nil
    }

    /// Memory that this process could get without others' being pushed out, swap included, bytes: of the machine, and no more than
    /// its control groups leave it (what they keep of files counts as free). nil where it is not told.
    public static func freeMemory() -> Int64? {
        let machine = text("/proc/meminfo").flatMap(free(ofMachine:))
        let groups = controlGroups().compactMap { group -> Int64? in
            guard let most = text(group + "/memory.max"), let used = text(group + "/memory.current") else { return nil }
            return free(most: most, used: used, statistics: text(group + "/memory.stat") ?? "")
        }
        return (groups + (machine.map { [$0] } ?? [])).min()
    }

    /// Of /proc/meminfo.
    static func free(ofMachine text: String) -> Int64? {
        var kilobytes: [Substring: Int64] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == ":" })
            if words.count > 1 { kilobytes[words[0]] = Int64(words[1]) }
        }
        return kilobytes["MemAvailable"].map { ($0 + (kilobytes["SwapFree"] ?? 0)) * 1024 }
    }

    /// Of memory.max, memory.current and memory.stat of a control group; nil where it has no limit.
    static func free(most: String, used: String, statistics: String) -> Int64? {
        func number(_ text: some StringProtocol) -> Int64? { Int64(text.prefix { !$0.isWhitespace }) }
        guard let most = number(most), let used = number(used) else { return nil }
        let files = statistics.split(separator: "\n").reduce(Int64(0)) { sum, line in
            let words = line.split(separator: " ")
            return words.count == 2 && ["inactive_file", "active_file"].contains(words[0])
                ? sum + (number(words[1]) ?? 0) : sum
        }
        return max(0, most - used + min(files, used))
    }

    /// Programs that ran or wanted to, averaged over the last minute by the kernel.
    public static func loadAverage() -> Double? {
        text("/proc/loadavg").flatMap { $0.split(separator: " ").first }.flatMap { Double($0) }
    }

    /// CPU time that all programs of this machine have used since boot, all cores, nanoseconds in steps of a clock tick.
    public static func machineCPU() -> Int64? {
        guard let line = text("/proc/stat")?.split(separator: "\n").first, line.hasPrefix("cpu ") else { return nil }
        let fields = line.split(separator: " ").dropFirst().compactMap { Int64($0) }
        let ticks = Int64(sysconf(Int32(_SC_CLK_TCK)))
        guard fields.count > 6, ticks > 0 else { return nil }
        // user, nice, system, irq and softirq; not idle and waiting for disks.
        let used: Int64 = [0, 1, 2, 5, 6].reduce(0) { $0 + fields[$1] }
        return used * (1_000_000_000 / ticks)
    }

    /// CPUs of the machine, whichever this process may use.
    public static func machineCores() -> Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// CPU time of children that have ended and were waited for, nanoseconds.
    public static func childrenCPU() -> Int64 {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage) == 0 else { return 0 }
        let seconds = Int64(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        return seconds * 1_000_000_000 + Int64(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000
    }

    /// From `QUOTA PERIOD` in microseconds, a part of a core counting as one; nil for `max`.
    static func cores(ofQuota text: String) -> Int? {
        let fields = text.split(whereSeparator: \.isWhitespace)
        guard fields.count == 2, let quota = Int(fields[0]), let period = Int(fields[1]), period > 0 else { return nil }
        return max(1, (quota + period - 1) / period)
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

    /// Makes room for so many open files at once. Linux doubles a process' table of them when it is full, and where there are
    /// several threads the one that opened the file sleeps meanwhile, some 10 ms (`synchronize_rcu` in `expand_fdtable`).
    public static func prepareOpenFiles(_ count: Int) {
        let any = Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard any >= 0 else { return }
        let last = fcntl(any, F_DUPFD_CLOEXEC, Int32(clamping: count - 1))
        if last >= 0 { _ = Glibc.close(last) }
        _ = Glibc.close(any)
    }

    /// CPU time of the calling thread so far, nanoseconds.
    public static func threadCPU() -> Int64 { spate_thread_cpu() }
    /// How often the calling thread has given up its core to wait for something.
    static func threadWaits() -> Int64 { spate_thread_waits() }
    /// CPU time of the process so far, nanoseconds.
    public static func processCPU() -> Int64 { spate_process_cpu() }

    /// Resident set of the process, bytes; 0 when /proc cannot be read.
    public static func residentBytes() -> Int64 {
        guard let text = text("/proc/self/statm") else { return 0 }
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
        guard let text = text("/proc/stat"), let line = text.split(separator: "\n").first, line.hasPrefix("cpu ") else {
            return nil
        }
        let fields = line.split(separator: " ")
        let ticks = Int64(sysconf(Int32(_SC_CLK_TCK)))
        guard fields.count > 8, let stolen = Int64(fields[8]), ticks > 0 else { return nil }
        return stolen * (1_000_000_000 / ticks)
    }

    private static func tcpExtension(_ name: String) -> Int64 {
        guard let text = text("/proc/net/netstat") else { return 0 }
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("TcpExt:") }
        guard lines.count == 2 else { return 0 }
        let names = lines[0].split(separator: " ")
        let values = lines[1].split(separator: " ")
        guard let index = names.firstIndex(where: { $0 == name }), index < values.count else { return 0 }
        return Int64(values[index]) ?? 0
    }

    /// Ports the kernel may give to outgoing connections of one destination.
    public static func ephemeralPorts() -> Int {
        guard let text = text("/proc/sys/net/ipv4/ip_local_port_range") else { return 0 }
        let bounds = text.split(whereSeparator: { $0 == "\t" || $0 == " " || $0 == "\n" }).compactMap { Int($0) }
        return bounds.count == 2 ? max(0, bounds[1] - bounds[0] + 1) : 0
    }

    /// A pipe that children do not inherit unless it is given to them; false with errno when there is none.
    public static func pipe(_ ends: inout [Int32]) -> Bool { spate_pipe(&ends) == 0 }

    /// A file of /proc or /sys as text; nil where it cannot be read.
    public static func text(_ path: String) -> String? {
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
