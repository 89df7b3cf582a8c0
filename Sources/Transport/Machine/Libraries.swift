internal import CCurl
internal import CLibuv

/// What this build is made of, for whoever reports a fault of it.
public enum Libraries {
    /// The commit it was built from; nil where the build was not told (SPATE_COMMIT).
    public static var commit: String? {
        let text = String(cString: spate_commit())
        return text.isEmpty ? nil : text
    }

    public static var libcurl: String { String(cString: curl_version_info(CURLversion(rawValue: 0)).pointee.version) }
    public static var libuv: String { String(cString: uv_version_string()) }
}
