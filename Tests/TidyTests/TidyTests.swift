import Foundation
import Testing

/// The house rules that a machine can check: who may import whom, how long a file may be, where a target explains itself.
@Suite struct TidyTests {
    /// What each target may import of ours. Arrows go one way; see Sources/spate/Spate.docc/Architecture.md.
    private static let allowed: [String: Set<String>] = [
        "Ticks": [],
        "Schedule": ["Ticks"],
        "Wire": ["CSimdjson"],
        "Measurement": ["Ticks"],
        "Report": ["Measurement", "Ticks"],
        "ShippedProfiles": [],
        "Profile": ["Schedule", "Wire", "Ticks", "ShippedProfiles"],
        "Transport": ["CLibuv", "CLibcurl", "CCurl", "Ticks"],
        "Engine": ["Schedule", "Wire", "Measurement", "Transport", "Ticks"],
        "Store": ["Measurement", "Ticks"],
        "Simulator": ["Wire", "Schedule", "Transport", "Ticks"],
        "spate": [
            "Ticks", "Schedule", "Wire", "ShippedProfiles", "Profile", "Measurement", "Transport", "Engine", "Store",
            "Report",
            "Simulator",
        ],
    ]

    /// Targets that know no I/O and no clock.
    private static let pure: Set<String> = ["Ticks", "Schedule", "Wire", "Measurement", "Report"]
    private static let forbiddenInPure: Set<String> = ["Foundation", "FoundationNetworking", "Dispatch"]

    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func files(of target: String) throws -> [(path: String, text: String)] {
        let folder = root.appendingPathComponent("Sources/\(target)")
        guard let walker = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) else {
            return []
        }
        return try walker.compactMap { $0 as? URL }
            .filter { ["swift", "c", "cpp", "h"].contains($0.pathExtension) }
            .map { ($0.path, try String(contentsOf: $0, encoding: .utf8)) }
    }

    private static func imports(in text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let position = words.firstIndex(of: "import"), position <= 1, position + 1 < words.count else {
                return nil
            }
            guard position == 0 || ["public", "internal", "private", "@testable"].contains(words[0]) else { return nil }
            return String(words[position + 1])
        }
    }

    @Test(arguments: allowed.keys.sorted())
    func `a target imports only what it may`(target: String) throws {
        let files = try Self.files(of: target)
        #expect(!files.isEmpty)
        let ours = Set(Self.allowed.keys).union(["CLibuv", "CLibcurl", "CCurl", "CSimdjson"])
        let may = Self.allowed[target, default: []]
        for (path, text) in files where path.hasSuffix(".swift") {
            for name in Self.imports(in: text) {
                #expect(!ours.contains(name) || may.contains(name), "\(path) imports \(name)")
                #expect(!Self.pure.contains(target) || !Self.forbiddenInPure.contains(name), "\(path) imports \(name)")
                #expect(name != "Yams" || target == "Profile", "\(path) imports Yams")
                #expect(name != "GRDB" || target == "Store", "\(path) imports GRDB")
            }
        }
    }

    /// Else what is shipped would go without it, silently.
    @Test func `what libcurl finds in the executable before its libraries is exported by what is shipped`() throws {
        let definition = #/(?:VISIBLE|__attribute__\(\(visibility\("default"\)[^)]*\)\))\s+\w+\s+(\w+)\(/#
        let defined = try Self.files(of: "CCurl").flatMap { $0.text.matches(of: definition).map { String($0.1) } }
        let script = try String(contentsOf: Self.root.appendingPathComponent(".ci/exported.ld"), encoding: .utf8)
        #expect(defined.count > 3)
        #expect(script.matches(of: #/(\w+);/#).map { String($0.1) }.sorted() == defined.sorted())
    }

    @Test(arguments: allowed.keys.sorted())
    func `a file holds one idea, in at most 400 lines`(target: String) throws {
        for (path, text) in try Self.files(of: target) {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(lines <= 401, "\(path) has \(lines) lines")
            for word in ["TODO", "FIXME", "XXX"] { #expect(!text.contains(word), "\(path) has a \(word)") }
        }
    }

    @Test(arguments: allowed.keys.sorted())
    func `a type does not sprawl over extension files`(target: String) throws {
        var lines: [String: Int] = [:]
        for (path, text) in try Self.files(of: target) where path.hasSuffix(".swift") {
            let file = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
            let type = String(file.prefix { $0 != "+" })
            lines[type, default: 0] += text.split(separator: "\n", omittingEmptySubsequences: false).count - 1
        }
        for (type, count) in lines {
            #expect(count <= 650, "\(target).\(type) has \(count) lines in all of its files")
        }
    }

    @Test(arguments: allowed.keys.sorted())
    func `a target opens with a file of its own name that says what it is`(target: String) throws {
        let name = target == "spate" ? "Spate" : target
        let text = try String(
            contentsOf: Self.root.appendingPathComponent("Sources/\(target)/\(name).swift"),
            encoding: .utf8
        )
        #expect(text.hasPrefix("///"), "Sources/\(target)/\(name).swift has no opening prose")
    }

    /// The page on causes names the test of each sentence and of its look-alikes.
    @Test func `tests that the page on causes names are there`() throws {
        let page = try String(
            contentsOf: Self.root.appendingPathComponent("Sources/spate/Spate.docc/Causes.md"),
            encoding: .utf8
        )
        let named = page.matches(of: /`([^`]+)`/).map { String($0.1) }
        #expect(named.count > 20)
        var tests = ""
        let folder = Self.root.appendingPathComponent("Tests")
        for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            ?? .init()
        where file.pathExtension == "swift" {
            tests += try String(contentsOf: file, encoding: .utf8)
        }
        for name in named { #expect(tests.contains("func `\(name)`("), "\(name)") }
    }

    /// The page on the architecture says only what is there.
    @Test func `the page on the architecture names every folder, and nothing that is not there`() throws {
        let sources = Self.root.appendingPathComponent("Sources")
        let page = try String(
            contentsOf: sources.appendingPathComponent("spate/Spate.docc/Architecture.md"),
            encoding: .utf8
        )
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
        for target in Self.allowed.keys.sorted() {
            let row = try #require(rows.first { $0.hasPrefix("| `\(target)` |") }, "\(target) has no row")
            let inside = try Self.files(of: target).map { $0.path.components(separatedBy: "Sources/\(target)/")[1] }
            let folders = Set(inside.filter { $0.contains("/") }.map { String($0.prefix { $0 != "/" }) })
            let said = Set(row.split(separator: "|")[2].matches(of: /`([A-Za-z]+)`/).map { String($0.1) })
            #expect(folders.subtracting(said).isEmpty, "\(target): not named")
            let walker = FileManager.default.enumerator(
                at: sources.appendingPathComponent(target),
                includingPropertiesForKeys: nil
            )
            let there = Set((walker?.allObjects as? [URL] ?? []).map(\.lastPathComponent))
            #expect(said.subtracting(there).isEmpty, "\(target): not there")
        }
        var files: Set<String> = []
        var text = ""
        for top in ["Sources", "Tests"] {
            let folder = Self.root.appendingPathComponent(top)
            for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
                ?? .init()
            {
                files.insert(String(file.lastPathComponent.prefix { $0 != "." && $0 != "+" }))
                if top == "Sources", file.pathExtension == "swift" {
                    text += try String(contentsOf: file, encoding: .utf8)
                }
            }
        }
        let names = Set(page.matches(of: /`([A-Z][A-Za-z]+)[`(.]/).map { String($0.1) }).subtracting(files)
        for name in names {
            let isDeclared = ["struct", "enum", "class", "protocol"].contains { text.contains("\($0) \(name)") }
            #expect(isDeclared, "\(name)")
        }
    }
}
