internal import CCurl
internal import Glibc

/// What this machine is, for a result that tells of several.
public struct Machine: Sendable, Hashable {
    public var host: String
    public var cpuModel: String?
    /// That this process may use.
    public var cores: Int
    public var kernel: String
    /// The same in all containers of a kernel.
    public var bootID: String?
    /// What the kernel knows of CLOCK_REALTIME's error, nanoseconds; nil = it does not say.
    public var clock: (isSynchronised: Bool, estimate: Int64, bound: Int64)? {
        switch clockState {
        case 0: (false, estimate, bound)
        case 1: (true, estimate, bound)
        default: nil
        }
    }
    private var clockState: Int32 = -1
    private var estimate: Int64 = 0
    private var bound: Int64 = 0

    public static var own: Machine {
        var name = utsname()
        uname(&name)
        let host = withUnsafeBytes(of: &name.nodename) { text($0) }
        let release = withUnsafeBytes(of: &name.release) { text($0) }
        var machine = Machine(host: host, cores: ProcessResources.cores(), kernel: release)
        machine.cpuModel = ProcessResources.text("/proc/cpuinfo").flatMap(cpuModel)
        machine.bootID = ProcessResources.text("/proc/sys/kernel/random/boot_id").map {
            String($0.prefix { $0 != "\n" })
        }
        machine.clockState = spate_clock_state(&machine.estimate, &machine.bound)
        return machine
    }

    private init(host: String, cores: Int, kernel: String) {
        (self.host, self.cores, self.kernel) = (host, cores, kernel)
    }

    private static func cpuModel(_ text: String) -> String? {
        for line in text.split(separator: "\n") where line.hasPrefix("model name") {
            return line.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }.prefix(200)) }
        }
        return nil
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
