internal import Glibc
internal import Transport

/// The simulated provider as a process of its own, so that its CPU is not the generator's.
///
/// In its own process group: Ctrl-C stops the generator, which drains first. It ends when its standard input closes, so
/// it cannot outlive us.
public final class SimulatorChild {
    public let port: Int
    public let processID: Int32
    private let input: Int32

    /// Runs `program simulate ARGUMENTS --stop-with-stdin` and waits until it says where it listens.
    public init(program: String, arguments: [String]) throws(SimulatorError) {
        var toChild: [Int32] = [0, 0]
        var fromChild: [Int32] = [0, 0]
        guard ProcessResources.pipe(&toChild), ProcessResources.pipe(&fromChild) else {
            throw Self.failure("make a pipe")
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
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        let words = ["spate", "simulate"] + arguments + ["--stop-with-stdin"]
        var pointers = words.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var process = pid_t()
        let code = posix_spawn(&process, program, &actions, &attributes, &pointers, environ)
        close(toChild[0])
        close(fromChild[1])
        guard code == 0 else {
            close(toChild[1])
            close(fromChild[0])
            throw SimulatorError(text: "cannot start the simulated provider: \(String(cString: strerror(code)))")
        }
        processID = process
        input = toChild[1]
        let line = Self.line(from: fromChild[0], seconds: 10)
        close(fromChild[0])
        guard let number = line?.split(separator: ":").last.flatMap({ Int($0.filter(\.isNumber)) }), number > 0 else {
            kill(process, SIGKILL)
            var status: Int32 = 0
            waitpid(process, &status, 0)
            close(toChild[1])
            throw SimulatorError(text: "the simulated provider did not start" + (line.map { ": \($0)" } ?? ""))
        }
        port = number
    }

    /// Closes its input and waits for its end; after five seconds without one it is killed.
    public func stop() {
        close(input)
        var status: Int32 = 0
        for _ in 0..<500 {
            if waitpid(processID, &status, WNOHANG) != 0 { return }
            usleep(10_000)
        }
        kill(processID, SIGKILL)
        waitpid(processID, &status, 0)
    }

    private static func line(from descriptor: Int32, seconds: Int32) -> String? {
        var bytes: [UInt8] = []
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while bytes.count < 1024, poll(&ready, 1, seconds * 1000) > 0 {
            var byte: UInt8 = 0
            guard read(descriptor, &byte, 1) == 1, byte != 0x0a else { break }
            bytes.append(byte)
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    private static func failure(_ action: String) -> SimulatorError {
        SimulatorError(text: "cannot \(action): \(String(cString: strerror(errno)))")
    }
}
