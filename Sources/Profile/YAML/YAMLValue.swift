import Yams

/// A YAML value and where it was written: what readers read, flags replace, and errors point at.
struct YAMLValue: Sendable, Hashable {
    indirect enum Content: Sendable, Hashable {
        case null
        case scalar(String, isQuoted: Bool)
        case list([YAMLValue])
        case map([Entry])  // in the order written, keys unique
    }

    struct Entry: Sendable, Hashable {
        var key: String
        var keyPlace: ProfileError.Place
        var value: YAMLValue
    }

    var content: Content
    var place: ProfileError.Place

    init(_ content: Content, at place: ProfileError.Place) {
        self.content = content
        self.place = place
    }

    static func text(_ text: String, at place: ProfileError.Place) -> YAMLValue {
        YAMLValue(.scalar(text, isQuoted: true), at: place)
    }

    /// The value under a key of a map; nil for anything else.
    subscript(key: String) -> YAMLValue? {
        get {
            guard case .map(let entries) = content else { return nil }
            return entries.first { $0.key == key && $0.value.content != .null }?.value
        }
        set {
            guard case .map(var entries) = content else { return }
            entries.removeAll { $0.key == key && newValue == nil }
            if let newValue {
                if let index = entries.firstIndex(where: { $0.key == key }) {
                    entries[index].value = newValue
                } else {
                    entries.append(Entry(key: key, keyPlace: newValue.place, value: newValue))
                }
            }
            content = .map(entries)
        }
    }

    /// What an error message shows of it: short, and never a whole text.
    var shown: String {
        switch content {
        case .null: return "nothing"
        case .scalar(let text, _):
            let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            return line.count > 60 || line.count < text.count ? "\"\(line.prefix(57))...\"" : "\"\(line)\""
        case .list(let values): return values.isEmpty ? "an empty list" : "a list of \(values.count)"
        case .map(let entries):
            return entries.isEmpty ? "an empty map" : "a map of \(entries.map(\.key).joined(separator: ", "))"
        }
    }
}

extension YAMLValue {
    /// Reads one document.
    /// - Parameter source: the file's name, or the flag that brought the text; `line` is nil for a flag.
    init(parsing text: String, source: String, isFile: Bool) throws(ProfileError) {
        let top = ProfileError.Place(source: source, line: isFile ? 1 : nil)
        let node: Node?
        do {
            node = try Yams.compose(yaml: text, .basic, .default, .utf8)
        } catch {
            throw ProfileError([Self.problem(of: error, in: text, source: source, isFile: isFile)])
        }
        guard let node else {
            self.init(.null, at: top)
            return
        }
        var budget = 100_000  // aliases could name one list a million times over
        guard let value = Self.convert(node, source: source, isFile: isFile, depth: 0, budget: &budget) else {
            let message = "too large or too deep: a profile has at most 100,000 values, 64 levels and texts as keys"
            throw ProfileError([ProfileError.Problem(place: top, key: "", message: message)])
        }
        self = value
    }

    private static func convert(
        _ node: Node,
        source: String,
        isFile: Bool,
        depth: Int,
        budget: inout Int
    ) -> YAMLValue? {
        budget -= 1
        guard budget > 0, depth < 64 else { return nil }
        func place(_ node: Node) -> ProfileError.Place {
            ProfileError.Place(source: source, line: isFile ? node.mark?.line : nil)
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            if isPlain && ["", "~", "null", "Null", "NULL"].contains(scalar.string) {
                return YAMLValue(.null, at: place(node))
            }
            return YAMLValue(.scalar(scalar.string, isQuoted: !isPlain), at: place(node))
        case .sequence(let sequence):
            var values: [YAMLValue] = []
            for item in sequence {
                guard let value = convert(item, source: source, isFile: isFile, depth: depth + 1, budget: &budget)
                else { return nil }
                values.append(value)
            }
            return YAMLValue(.list(values), at: place(node))
        case .mapping(let mapping):
            var entries: [Entry] = []
            for (key, item) in mapping {
                guard case .scalar(let name) = key,
                    let value = convert(item, source: source, isFile: isFile, depth: depth + 1, budget: &budget)
                else { return nil }
                entries.append(Entry(key: name.string, keyPlace: place(key), value: value))
            }
            return YAMLValue(.map(entries), at: place(node))
        case .alias:
            return nil
        }
    }

    private static func problem(of error: any Error, in text: String, source: String, isFile: Bool)
        -> ProfileError.Problem
    {
        func problem(_ line: Int?, _ message: String) -> ProfileError.Problem {
            ProfileError.Problem(place: .init(source: source, line: isFile ? line : nil), key: "", message: message)
        }
        if let line = firstIndentingTab(in: text) {
            return problem(line, "a tab in the indentation; YAML allows spaces only")
        }
        switch error as? YamlError {
        case .scanner(_, let message, let mark, _), .parser(_, let message, let mark, _),
            .composer(_, let message, let mark, _):
            return problem(mark.line, "not YAML: \(message), at column \(mark.column)")
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { "\"\($0)\"" }.joined(separator: ", ")
            return problem(context.mark.line, "the key \(names) appears twice; once is allowed")
        case .reader(let message, _, _, _):
            return problem(1, "not YAML: \(message)")
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded, nil:
            return problem(1, "not YAML")
        }
    }

    /// The first line (from 1) whose leading white space has a tab.
    private static func firstIndentingTab(in text: String) -> Int? {
        let lines = TextFile.lines(of: text)
        return lines.firstIndex { $0.prefix { $0 == " " || $0 == "\t" }.contains("\t") }.map { $0 + 1 }
    }
}
