internal import Glibc
internal import Ticks
internal import Transport

/// The simulated provider as a process of its own, so that its CPU is not the generator's.
///
/// In its own process group: Ctrl-C stops the generator, which drains first. It ends when its standard input closes, so
/// it cannot outlive us.
public final class SimulatorChild {
    public let port: Int
    public let processID: Int32
    private let input: Int32
    private var hasEnded = false

    /// What the child says once it listens; the address follows.
    static let announcement = "spate-simulator listening on http://"

    /// Runs `program simulate ARGUMENTS --stop-with-stdin` and waits until it says where it listens.
    /// - Parameter patience: seconds for that.
    public init(program: String, arguments: [String], patience: Double = 10) throws(SimulatorError) {
        var toChild: [Int32] = [-1, -1]
        var fromChild: [Int32] = [-1, -1]
        guard ProcessResources.pipe(&toChild) else { throw Self.failure("make a pipe") }
        guard ProcessResources.pipe(&fromChild) else {
            let problem = Self.failure("make a pipe")
            close(toChild[0])
            close(toChild[1])
            throw problem
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
        posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)  // what we ignore or handle is not the child's
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
        let words = ["spate", "simulate"] + arguments + ["--stop-with-stdin"]
        var pointers = words.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var process = pid_t()
        var environment = Self.environment()
        defer { for variable in environment { free(variable) } }
        let code = posix_spawn(&process, program, &actions, &attributes, &pointers, &environment)
        close(toChild[0])
        close(fromChild[1])
        guard code == 0 else {
            close(toChild[1])
            close(fromChild[0])
            throw SimulatorError(text: "cannot start the simulated provider: \(String(cString: strerror(code)))")
        }
        processID = process
        input = toChild[1]
        let line = Self.line(from: fromChild[0], within: patience)
        close(fromChild[0])
        guard let line, line.hasPrefix(Self.announcement),
            let number = line.split(separator: ":").last.flatMap({ Int($0) }), (1...65_535).contains(number)
        else {
            kill(process, SIGKILL)
            var status: Int32 = 0
            waitpid(process, &status, 0)
            close(toChild[1])
            throw SimulatorError(text: "the simulated provider did not start" + (line.map { ": \($0)" } ?? ""))
        }
        port = number
    }

    /// What a program needs of our variables, and nothing else: keys are among them.
    private static func environment() -> [UnsafeMutablePointer<CChar>?] {
        let names: Set = ["PATH", "HOME", "TMPDIR", "TZ", "LANG", "LLVM_PROFILE_FILE"]
        let families = ["LC_", "LD_", "SWIFT_", "ASAN_", "TSAN_", "LSAN_", "MALLOC_", "SPATE_"]
        var result: [UnsafeMutablePointer<CChar>?] = []
        var variable = environ
        while let text = variable.pointee {
            let name = String(cString: text).prefix { $0 != "=" }
            if names.contains(String(name)) || families.contains(where: name.hasPrefix) { result.append(strdup(text)) }
            variable += 1
        }
        return result + [nil]
    }

    /// Closes its input and waits for its end; after `patience` seconds without one it is killed.
    public func stop(patience: Double = 5) {
        guard !hasEnded else { return }
        hasEnded = true
        close(input)
        var status: Int32 = 0
        let deadline = MonotonicClock.now().advanced(by: .seconds(patience))
        while MonotonicClock.now() < deadline {
            let found = waitpid(processID, &status, WNOHANG)
            if found == processID || found < 0 && errno != EINTR { return }
            usleep(5000)
        }
        kill(processID, SIGKILL)
        waitpid(processID, &status, 0)
    }

    /// The first line, or what there is of it when the child ends or time is up; nil if that is nothing.
    private static func line(from descriptor: Int32, within seconds: Double) -> String? {
        var bytes: [UInt8] = []
        let deadline = MonotonicClock.now().advanced(by: .seconds(seconds))
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while bytes.count < 1024 {
            let left = deadline.nanoseconds(since: MonotonicClock.now())
            guard left > 0 else { break }
            let count = poll(&ready, 1, Int32(clamping: left / 1_000_000 + 1))
            if count < 0, errno == EINTR { continue }
            var byte: UInt8 = 0
            guard count > 0, read(descriptor, &byte, 1) == 1, byte != 0x0a else { break }
            bytes.append(byte)
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    private static func failure(_ action: String) -> SimulatorError {
        SimulatorError(text: "cannot \(action): \(String(cString: strerror(errno)))")
    }
}
