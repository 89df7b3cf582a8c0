import ArgumentParser
import Glibc
import Profile
import ShippedProfiles

/// What a shell offers for words that only spate knows. Asked for when somebody completes, and not before.
enum Completions {
    static let providers = CompletionKind.custom { _, _, _ in
        (try? ProviderCatalogue.standard(userFile: UserFiles.providers))?.names ?? []
    }

    static let scenarios = CompletionKind.custom { _, _, prefix in ScenarioCatalogue.names + files(prefix) }
    static let profiles = CompletionKind.custom { _, _, prefix in ShippedProfiles.names + files(prefix) }

    static let baselines = CompletionKind.custom { _, _, _ in (try? Baseline.names()) ?? [] }

    /// YAML files and folders that begin with what was written.
    private static func files(_ prefix: String) -> [String] {
        let folder = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
        guard let entries = opendir(folder.isEmpty ? "." : folder) else { return [] }
        defer { closedir(entries) }
        var found: [String] = []
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix("."), (folder + name).hasPrefix(prefix) else { continue }
            if Int32(entry.pointee.d_type) == Int32(DT_DIR) {
                found.append(folder + name + "/")
            } else if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
                found.append(folder + name)
            }
        }
        return found.sorted()
    }
}
