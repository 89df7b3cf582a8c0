import Foundation
import Glibc

/// The built program as a child process, with its output in files, so that nobody waits for a reader.
final class Spate {
    struct Ended {
        var status: Int32  // exit code; -signal when a signal ended it
        var out: String
        var error: String
        var seconds: Double
        var peakBytes: Int  // of its resident memory

        var all: String { out + error }
    }

    enum StandardOutput { case file, closedPipe }

    let processID: pid_t
    private let scratch: Folder
    private let began = ContinuousClock.now

    /// Beside the test bundle, where the build puts it; `SPATE_PROGRAM` names another build, the shipped one for instance.
    static let executable: String = {
        if let named = ProcessInfo.processInfo.environment["SPATE_PROGRAM"] { return named }
        let besides =
            Bundle.allBundles.map(\.bundleURL) + [Bundle.main.bundleURL, Bundle.main.executableURL].compactMap(\.self)
        for place in besides {
            var folder = place
            for _ in 0..<5 {
                let candidate = folder.appendingPathComponent("spate").path
                var facts = stat()
                if stat(candidate, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG { return candidate }
                folder = folder.deletingLastPathComponent()
            }
        }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return root.appendingPathComponent(".build/debug/spate").path
    }()

    /// - Parameter environment: on top of a small one without colours, keys or locale surprises.
    init(
        _ arguments: [String],
        in folder: String? = nil,
        environment: [String: String] = [:],
        standardOutput: StandardOutput = .file
    ) throws {
        scratch = try Folder()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        var ends: [Int32] = [-1, -1]
        switch standardOutput {
        case .file: posix_spawn_file_actions_addopen(&actions, 1, scratch["out"], O_WRONLY | O_CREAT, 0o600)
        case .closedPipe:
            pipe(&ends)
            close(ends[0])
            _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
            posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        }
        posix_spawn_file_actions_addopen(&actions, 2, scratch["error"], O_WRONLY | O_CREAT, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, every) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&every)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &every)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var settings = ["PATH": "/usr/bin:/bin", "HOME": scratch.path, "LC_ALL": "C.UTF-8"]
        // A sanitizer's, where there is one (Tests/sanitize).
        for name in ["ASAN_OPTIONS", "TSAN_OPTIONS", "LD_PRELOAD"] {
            settings[name] = ProcessInfo.processInfo.environment[name]
        }
        settings.merge(environment) { $1 }
        // `env -C` goes to the folder and becomes the program, under the same id.
        let place = folder.map { ["env", "-C", $0, Self.executable] } ?? ["spate"]
        var words = (place + arguments).map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
        var variables = settings.map { strdup("\($0)=\($1)") as UnsafeMutablePointer<CChar>? } + [nil]
        defer { for text in words + variables { free(text) } }
        var process = pid_t()
        let program = folder == nil ? Self.executable : "/usr/bin/env"
        let code = posix_spawn(&process, program, &actions, &attributes, &words, &variables)
        if ends[1] >= 0 { close(ends[1]) }
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .ENOENT) }
        processID = process
    }

    /// Runs it to its end.
    static func run(
        _ arguments: [String],
        in folder: String? = nil,
        environment: [String: String] = [:],
        standardOutput: StandardOutput = .file,
        within seconds: Double = 60
    ) throws -> Ended {
        try Spate(arguments, in: folder, environment: environment, standardOutput: standardOutput)
            .end(within: seconds)
    }

    func send(_ signal: Int32) { kill(processID, signal) }

    /// Whether a signal no longer ends it as it ends any program: /proc's mask of those that it catches.
    func catches(_ signal: Int32) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("SigCgt:") }),
            let mask = UInt64(line.dropFirst(7).drop { $0 == "\t" || $0 == " " }, radix: 16)
        else { return false }
        return mask >> UInt64(signal - 1) & 1 == 1
    }

    /// Waits for its end. After so long it is killed, and that is an error: nothing may hang.
    func end(within seconds: Double = 60) throws -> Ended {
        var status: Int32 = 0
        var usage = rusage()
        while wait4(processID, &status, WNOHANG, &usage) == 0 {
            if elapsed > seconds {
                kill(processID, SIGKILL)
                waitpid(processID, &status, 0)
                throw Hang(seconds: seconds, error: text("error"))
            }
            usleep(5_000)
        }
        let signal = status & 0x7f
        return Ended(
            status: signal == 0 ? (status >> 8) & 0xff : -signal,
            out: text("out"),
            error: text("error"),
            seconds: elapsed,
            peakBytes: usage.ru_maxrss << 10
        )
    }

    struct Hang: Error {
        var seconds: Double
        var error: String
    }

    /// What it has said so far.
    var outSoFar: String { text("out") }
    var errorSoFar: String { text("error") }

    var elapsed: Double { (ContinuousClock.now - began) / .seconds(1) }

    private func text(_ name: String) -> String {
        (try? Data(contentsOf: URL(fileURLWithPath: scratch[name]))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

/// A folder for one test; gone with it.
final class Folder: Sendable {
    let path: String

    init() throws {
        var template = Array((NSTemporaryDirectory() + "/spate-test-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw POSIXError(.ENOENT) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    subscript(name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: self[name]))
        return self[name]
    }

    func bytes(of name: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(fileURLWithPath: self[name]))) }

    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: self[name]) }
}

/// Whether a process is there and not a zombie.
func isAlive(_ process: pid_t) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let close = text.lastIndex(of: ")")
    else { return false }
    return !text[close...].dropFirst(2).hasPrefix("Z")
}

/// Waits for a condition; false when it did not come in time.
func wait(atMost seconds: Double, until condition: () -> Bool) -> Bool {
    let began = ContinuousClock.now
    while !condition() {
        if (ContinuousClock.now - began) / .seconds(1) > seconds { return false }
        usleep(5_000)
    }
    return true
}
