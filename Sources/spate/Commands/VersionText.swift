import Store
import Transport

/// What `--version` says: the version first, then what this build is made of.
enum VersionText {
    static var text: String {
        let commit = Libraries.commit.map { " (\($0))" } ?? ""
        return """
            spate \(Session.version)\(commit)
            \(compiler), libcurl \(Libraries.libcurl), libuv \(Libraries.libuv), SQLite \(StoreLibrary.version); \
            reader: \(StreamReader.described)
            """
    }

    private static var compiler: String {
        #if compiler(>=6.4)
            "Swift 6.4 or later"
        #elseif compiler(>=6.3)
            "Swift 6.3"
        #else
            "Swift before 6.3"
        #endif
    }
}
