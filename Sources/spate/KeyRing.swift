import Glibc
import Profile

/// Reads keys, and refuses what could not be a header's value.
enum KeyRing {
    private static let commandSeconds = 10

    /// - Parameter meanwhile: called ten times a second while a command is waited for.
    static func read(_ source: KeySource, meanwhile: () -> Void = {}) throws(Failure) -> String {
        let text: String
        let origin: String
        switch source {
        case .environment(let name):
            guard let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty else {
                throw Failure(.badInput, "no key: the variable \(name) is not set. Set it: export \(name)=...")
            }
            (text, origin) = (value, "the variable \(name)")
        case .file(let path):
            (text, origin) = (try decoded(try contents(of: path), path), path)
        case .command(let words):
            origin = words.joined(separator: " ")
            text = try decoded(try output(of: words, meanwhile), origin)
        }
        let key = text.trimmingWhitespace
        guard !key.isEmpty else { throw Failure(.badInput, "the key from \(origin) is empty") }
        guard key.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw Failure(
                .badInput,
                "the key from \(origin) has a character that no header may carry (space, line end, non-ASCII)"
            )
        }
        return key
    }

    /// The first of a preset's variables that is set.
    static func firstSet(of names: [String]) -> KeySource? {
        names.first { name in getenv(name).map { $0.pointee != 0 } ?? false }.map(KeySource.environment)
    }

    private static func decoded(_ bytes: [UInt8], _ origin: String) throws(Failure) -> String {
        do throws(TextFile.Failure) { return try TextFile.text(of: bytes) } catch {
            throw Failure(.badInput, "the key from \(origin) \(error.message)")
        }
    }

    private static func contents(of path: String) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(.badInput, "the key file \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var facts = stat()
        if fstat(descriptor, &facts) == 0, facts.st_mode & 0o077 != 0 {
            Console.error("warning: others can read the key file \(path); chmod 600 it\n")
        }
        return readAll(descriptor)
    }

    private static func output(of words: [String], _ meanwhile: () -> Void) throws(Failure) -> [UInt8] {
        guard let program = words.first else { throw Failure(.badInput, "--key-command is empty") }
        var pipes: [Int32] = [0, 0]
        guard pipe(&pipes) == 0 else {
            throw Failure(.localIO, "cannot make a pipe: \(String(cString: strerror(errno)))")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
        posix_spawn_file_actions_addclose(&actions, pipes[0])
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var arguments = words.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        let code = posix_spawnp(&process, program, &actions, nil, &arguments, environ)
        close(pipes[1])
        guard code == 0 else {
            close(pipes[0])
            throw Failure(.badInput, "the key command \(program) cannot be run: \(String(cString: strerror(code)))")
        }
        var ready = pollfd(fd: pipes[0], events: Int16(POLLIN), revents: 0)
        var waited: Int32 = 0
        for _ in 0..<(commandSeconds * 10) where waited == 0 {
            waited = poll(&ready, 1, 100)
            meanwhile()
        }
        if waited <= 0 { kill(process, SIGKILL) }
        let bytes = waited > 0 ? readAll(pipes[0]) : []
        close(pipes[0])
        var status: Int32 = 0
        waitpid(process, &status, 0)
        guard waited > 0 else {
            throw Failure(.badInput, "the key command \(program) gave nothing within \(commandSeconds) s")
        }
        guard status == 0 else { throw Failure(.badInput, "the key command \(program) failed") }
        return bytes
    }

    private static func readAll(_ descriptor: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 65_536 {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes.append(contentsOf: piece[..<count])
        }
        return bytes
    }
}

extension String {
    fileprivate var trimmingWhitespace: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
