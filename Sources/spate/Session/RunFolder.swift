import Glibc
import Store

/// Where a run's files go: made for it alone, never overwritten, for its owner only.
struct RunFolder {
    let path: String
    /// Where `latest` lies; nil for a folder that was named exactly.
    private let parent: String?
    private let madeParent: Bool

    /// `parent/<UTC time>-<name>`, made unique by a number.
    init(under parent: String, name: String, startedAt unixSeconds: Int) throws(Failure) {
        madeParent = try Self.makeFolders(parent)
        let safe = String(name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "-" }.prefix(64))
        let base = "\(parent)/\(Self.stamp(unixSeconds))-\(safe.hasPrefix(".") ? "run" : safe)"
        var candidate = base
        var number = 2
        while mkdir(candidate, 0o700) != 0 {
            guard errno == EEXIST, number < 1000 else { throw Self.failure("make the folder", candidate) }
            candidate = "\(base)-\(number)"
            number += 1
        }
        path = candidate
        self.parent = parent
    }

    /// The folder of a run that goes on.
    init(resuming path: String) {
        (self.path, parent, madeParent) = (path, nil, false)
    }

    /// Two runs in one folder would spoil each other's result. Held until the descriptor given back is closed.
    func lock() throws(Failure) -> Int32 {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("open the folder", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
            close(descriptor)
            throw Failure(.badInput, "\(path): a run is still writing to this folder")
        }
        return descriptor
    }

    /// Whether a run holds the lock of that folder.
    static func isTaken(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    /// Points `parent/latest` to it: once something is measured, not before.
    func becomeLatest() {
        guard let parent else { return }
        let latest = "\(parent)/latest"
        let link = String(path.dropFirst(parent.count + 1))
        // A file of that name that is not ours to replace stays.
        var facts = stat()
        if lstat(latest, &facts) != 0 || facts.st_mode & S_IFMT == S_IFLNK {
            let temporary = "\(parent)/.latest-\(getpid())"
            if symlink(link, temporary) == 0 { rename(temporary, latest) }
        }
    }

    /// Exactly this folder, which must be empty or not be there.
    init(exactly path: String) throws(Failure) {
        (parent, madeParent) = (nil, false)
        if mkdir(path, 0o700) == 0 {
            self.path = path
            return
        }
        guard errno == EEXIST else {
            if errno == ENOENT {
                let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
                    separator: "/"
                )
                _ = try Self.makeFolders(parent)
                guard mkdir(path, 0o700) == 0 else { throw Self.failure("make the folder", path) }
                self.path = path
                return
            }
            throw Self.failure("make the folder", path)
        }
        guard let folder = opendir(path) else { throw Self.failure("open the folder", path) }
        defer { closedir(folder) }
        var entries = 0
        while readdir(folder) != nil { entries += 1 }
        guard entries <= 2 else {
            throw Failure(.badInput, "--output \(path) is not empty and is not overwritten. Name a new folder.")
        }
        // Prompts and answers are its owner's alone, whoever may read or write the folder by now.
        guard chmod(path, 0o700) == 0 else { throw Self.failure("take the folder for this run", path) }
        self.path = path
    }

    /// Takes the folder away again when nothing was measured, with what a simulated provider was given in it.
    func removeIfEmpty(simulatedProviders: Int) {
        for suffix in [""] + (0..<simulatedProviders).map({ "-\($0 + 1)" }) {
            for name in ["truth\(suffix).jsonl", "scenario\(suffix).yaml"] { unlink(file(name)) }
        }
        rmdir(path)
        if madeParent, let parent { rmdir(parent) }
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file whole or not at all: temporary name, fsync, rename.
    func write(_ bytes: [UInt8], to name: String) throws(Failure) {
        let (final, temporary) = (file(name), file(".\(name).tmp"))
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("write", final) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + offset }, bytes.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let failure = Self.failure("write", final)
                close(descriptor)
                unlink(temporary)
                throw failure
            }
            offset += count
        }
        guard fsync(descriptor) == 0, close(descriptor) == 0, rename(temporary, final) == 0 else {
            let failure = Self.failure("write", final)
            unlink(temporary)
            throw failure
        }
    }

    /// Gives whether the last of them is new.
    @discardableResult
    static func makeFolders(_ path: String) throws(Failure) -> Bool {
        var isNew = false
        var partial = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            partial += "/\(part)"
            isNew = mkdir(partial, 0o700) == 0
            if !isNew, errno != EEXIST { throw failure("make the folder", path) }
        }
        return isNew
    }

    private static func failure(_ action: String, _ path: String) -> Failure {
        Failure(.localIO, "cannot \(action) \(path): \(String(cString: strerror(errno)))")
    }

    /// 20261121T093000Z
    private static func stamp(_ unixSeconds: Int) -> String {
        var (seconds, parts) = (time_t(unixSeconds), tm())
        gmtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%Y%m%dT%H%M%SZ", &parts)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
