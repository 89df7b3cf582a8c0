import FoundationEssentials
import Glibc
import Measurement
import Store

/// Runs that others are held against: copies of their `run.sqlite`, by name, beside this machine's self-test.
enum Baseline {
    private static func folder() throws(Failure) -> String {
        guard let state = SelftestFile.folder else {
            throw Failure(.localIO, "neither XDG_STATE_HOME nor HOME is set: baselines cannot be kept")
        }
        return "\(state)/baselines"
    }

    /// In the order of the alphabet.
    static func names() throws(Failure) -> [String] {
        let found = (try? FileManager.default.contentsOfDirectory(atPath: try folder())) ?? []
        return found.filter { isName($0) }.sorted()
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && name.utf8.count <= 100
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private static func place(_ name: String) throws(Failure) -> String {
        guard isName(name) else {
            throw Failure(
                .badInput,
                "\(name): a baseline's name has letters, digits, '.', '-' and '_', and does not begin with '.'"
            )
        }
        return "\(try folder())/\(name)"
    }

    static func load(_ name: String) throws(Failure) -> RunDigest {
        let path = try place(name)
        guard FileManager.default.fileExists(atPath: path) else { throw try missing(name) }
        return try CompareCommand.stored(path, called: name, label: name)
    }

    /// Replaces one of that name. What cannot be read as a run is none.
    static func save(_ name: String, from result: String) throws(Failure) {
        let path = try place(name)
        _ = try CompareCommand.stored(result, called: name)
        let source = FileManager.default.fileExists(atPath: "\(result)/run.sqlite") ? "\(result)/run.sqlite" : result
        let folder = try folder()
        let new = "\(folder)/.\(name).\(getpid())"
        try RunFolder.makeFolders(new)
        do {
            for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: source + suffix) {
                try FileManager.default.copyItem(atPath: source + suffix, toPath: "\(new)/run.sqlite\(suffix)")
                chmod("\(new)/run.sqlite\(suffix)", 0o600)
            }
            if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
            try FileManager.default.moveItem(atPath: new, toPath: path)
        } catch {
            try? FileManager.default.removeItem(atPath: new)
            throw Failure(.localIO, "cannot keep the baseline in \(path): \(error)")
        }
    }

    static func remove(_ name: String) throws(Failure) {
        let path = try place(name)
        guard FileManager.default.fileExists(atPath: path) else { throw try missing(name) }
        do { try FileManager.default.removeItem(atPath: path) } catch {
            throw Failure(.localIO, "cannot remove \(path): \(error)")
        }
    }

    private static func missing(_ name: String) throws(Failure) -> Failure {
        let names = try names()
        let known = names.isEmpty ? "there is none yet" : "there are \(names.joined(separator: ", "))"
        return Failure(
            .badInput,
            "no baseline is called \(name); \(known). `spate baseline save NAME RESULT` keeps one"
        )
    }
}
