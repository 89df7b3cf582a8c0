import Glibc

/// Where a user's own settings are (XDG Base Directory Specification).
enum UserFiles {
    /// `$XDG_CONFIG_HOME/spate/providers.yaml`, mostly `~/.config/spate/providers.yaml`; nil without a home.
    static var providers: String? {
        if let folder = variable("XDG_CONFIG_HOME"), folder.hasPrefix("/") { return "\(folder)/spate/providers.yaml" }
        return variable("HOME").map { "\($0)/.config/spate/providers.yaml" }
    }

    /// The path from the root: what is said in one folder is still true in another.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        return String(cString: folder) + "/" + path
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
