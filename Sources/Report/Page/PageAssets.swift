import Ticks

/// The page's own style and script, built into the program.
enum PageAssets {
    static let style = text(PackageResources.page_css)

    /// Its files one after the other, in a scope of their own.
    static let script = scoped(files)

    /// The same, and what keeps the page of a run that goes on up to date.
    static let liveScript = scoped(files + [PackageResources.live_js])

    private static let files = [
        PackageResources.dom_js, PackageResources.figures_js, PackageResources.scales_js, PackageResources.chart_js,
        PackageResources.levels_js, PackageResources.promise_js, PackageResources.limits_js,
        PackageResources.time_js, PackageResources.requests_js,
        PackageResources.bursts_js, PackageResources.distributions_js, PackageResources.heat_js,
        PackageResources.turns_js, PackageResources.keepwarm_js, PackageResources.outcomes_js,
        PackageResources.cost_js, PackageResources.generator_js, PackageResources.comparison_js,
        PackageResources.page_js,
    ]

    private static func scoped(_ files: [[UInt8]]) -> String {
        "(() => {\n\"use strict\";\n" + files.map(text).joined(separator: "\n") + "})();\n"
    }

    /// As a Content-Security-Policy names an inline element: CSP level 3, 2.3.1.
    static func hash(_ text: String) -> String {
        var hash = SHA256()
        hash.update(text.utf8)
        return "sha256-" + base64(hash.digest())
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// RFC 4648, section 4.
    static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let three = (0..<3).map { start + $0 < bytes.count ? UInt32(bytes[start + $0]) : 0 }
            let word = three[0] << 16 | three[1] << 8 | three[2]
            let present = min(3, bytes.count - start) + 1
            for place in 0..<4 {
                let digit = digits[Int(word >> UInt32(18 - 6 * place) & 63)]
                result.append(place < present ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
