import FoundationEssentials
import Glibc
import Measurement

/// Where this machine's self-test is kept: `$XDG_STATE_HOME/spate/selftest.json`, or under `~/.local/state`.
enum SelftestFile {
    static var folder: String? {
        if let state = variable("XDG_STATE_HOME"), state.hasPrefix("/") { return "\(state)/spate" }
        return variable("HOME").map { "\($0)/.local/state/spate" }
    }

    static var path: String? { folder.map { "\($0)/selftest.json" } }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// nil when there is none, or it is of another version's making.
    static func load() -> SelftestResult? {
        guard let path, let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
        let result = try? JSONDecoder().decode(SelftestResult.self, from: data)
        return result?.schema == SelftestResult.schema ? result : nil
    }

    /// Replaces the one that is there; for its owner only.
    static func save(_ result: SelftestResult) throws(Failure) {
        guard let folder, let path else {
            throw Failure(.localIO, "neither XDG_STATE_HOME nor HOME is set: the self-test cannot be kept")
        }
        try RunFolder.makeFolders(folder)
        let temporary = "\(path).\(getpid())"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        let written = encoded(result).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) == $0.count }
        guard written, fsync(descriptor) == 0, close(descriptor) == 0, rename(temporary, path) == 0 else {
            let failure = failure(path)
            unlink(temporary)
            throw failure
        }
    }

    /// Removes it; false where there was none.
    static func forget() throws(Failure) -> Bool {
        guard let path else { return false }
        if unlink(path) == 0 { return true }
        guard errno == ENOENT else {
            throw Failure(.localIO, "cannot remove \(path): \(String(cString: strerror(errno)))")
        }
        return false
    }

    static func encoded(_ result: SelftestResult) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return (try? encoder.encode(result)) ?? Data()
    }

    private static func failure(_ path: String) -> Failure {
        Failure(.localIO, "cannot write \(path): \(String(cString: strerror(errno)))")
    }
}

extension RunRecord {
    /// What this machine can be trusted with goes with the run, so that its result stays a function of what is stored.
    mutating func heed(_ selftest: SelftestResult, loops: Int) {
        let age = max(0, startedAtUnixNanoseconds / 1_000_000_000 - selftest.madeAtUnixSeconds)
        selftestAge = age
        guard loops <= selftest.loops else {
            let days = age / 86_400
            let old = days == 0 ? "of today" : days == 1 ? "1 day old" : "\(days) days old"
            warnings.append(
                "this machine's self-test (\(old)) was made with \(selftest.loops == 1 ? "1 loop" : "\(selftest.loops) loops"), this run has "
                    + "\(loops): it says nothing about this run"
            )
            return
        }
        selftestStreams = selftest.ceiling?.streams ?? 0
        selftestTokensPerSecond = selftest.ceiling?.tokensPerSecond
    }
}
