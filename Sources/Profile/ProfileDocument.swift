import ShippedProfiles

/// A profile's text, and what flags lay over it, before it is checked.
public struct ProfileDocument: Sendable {
    /// The file's name, or "" when all came from flags.
    public let file: String
    /// What flags say about the target.
    public var target = TargetChoice()
    /// How a recorded run of ours is read as a trace.
    public var readRecordedRun = RecordedTrace.none
    private(set) var root: YAMLValue
    private let standardName: String

    /// Reads a file.
    public init(file: String) throws(ProfileError) {
        do {
            try self.init(text: try TextFile.read(file), file: file)
        } catch let failure as TextFile.Failure {
            let problem = ProfileError.Problem(
                place: .init(source: file),
                key: "",
                message: "the file \(failure.message)"
            )
            throw ProfileError([problem])
        } catch let error as ProfileError {
            throw error
        } catch {
            preconditionFailure("no other error is thrown: \(error)")
        }
    }

    /// A file, or one of the profiles that spate brings; a file of that path wins, a folder of it does not.
    public init(named name: String) throws(ProfileError) {
        let isShipped = ShippedProfiles.names.contains(name)
        guard !TextFile.exists(name) || isShipped && TextFile.isFolder(name) else {
            try self.init(file: name)
            return
        }
        if isShipped {
            try self.init(file: "\(TextFile.shipped)\(name).yaml")
            return
        }
        guard name.contains("/") || name.contains(".") else {
            let hint = Spelling.hint(name, among: ShippedProfiles.names)
            let message = "no such file, and no built-in profile of that name (`spate profiles` lists them)\(hint)"
            throw ProfileError([.init(place: .init(source: name), key: "", message: message)])
        }
        try self.init(file: name)
    }

    /// - Parameter file: its name, for messages and for the files that it names.
    public init(text: String, file: String) throws(ProfileError) {
        self.file = file
        standardName = Self.name(of: file)
        root = try YAMLValue(parsing: text, source: file, isFile: true)
        switch root.content {
        case .map(let entries) where !entries.isEmpty: break
        case .null, .map:
            throw ProfileError([
                .init(place: root.place, key: "", message: "the profile is empty; it needs phases at least")
            ])
        case .scalar, .list:
            throw ProfileError([
                .init(place: root.place, key: "", message: "read \(root.shown); allowed: a map of keys")
            ])
        }
    }

    /// A profile made of flags alone: fill it with `set`.
    public init(shortcut name: String) {
        file = ""
        standardName = name
        root = YAMLValue(.map([]), at: ProfileError.Place(source: "spate \(name)"))
    }

    /// Puts a value at a path such as `phases.0.ramp.hold`, making the maps and list entries on the way.
    /// - Parameters:
    ///   - yaml: the value, as it would stand in the file: `30s`, `[1, 2, 4]`, `{uniform: [64, 256]}`.
    ///   - origin: the flag that says so, for messages.
    public mutating func set(_ path: String, yaml: String, from origin: String) throws(ProfileError) {
        let value = try YAMLValue(parsing: yaml, source: origin, isFile: false)
        try set(path, to: value, from: origin)
    }

    /// As above, for a text that is to be taken as it is, whatever YAML would make of it.
    public mutating func set(_ path: String, text: String, from origin: String) throws(ProfileError) {
        try set(path, to: .text(text, at: ProfileError.Place(source: origin)), from: origin)
    }

    private mutating func set(_ path: String, to value: YAMLValue, from origin: String) throws(ProfileError) {
        let keys = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !path.isEmpty, keys.allSatisfy({ !$0.isEmpty }) else {
            let message = "read \"\(path)\"; allowed: a path such as phases.0.ramp.hold"
            throw ProfileError([.init(place: .init(source: origin), key: path, message: message)])
        }
        root = try Self.setting(value, at: keys[...], in: root, done: "", origin: origin)
    }

    private static func setting(
        _ value: YAMLValue,
        at keys: ArraySlice<String>,
        in tree: YAMLValue?,
        done: String,
        origin: String
    ) throws(ProfileError) -> YAMLValue {
        guard let key = keys.first else { return value }
        let place = ProfileError.Place(source: origin)
        let rest = keys.dropFirst()
        let path = done.isEmpty ? key : "\(done).\(key)"
        let index = Units.integer(key)
        switch tree?.content {
        case .list(var items):
            guard let index, (0...items.count).contains(index) else {
                let next = items.count
                let allowed = next == 0 ? "0, a new one" : "a position from 0 to \(next - 1), or \(next) for a new one"
                let message = "read \"\(key)\" in a list of \(next); allowed: \(allowed)"
                throw ProfileError([.init(place: place, key: path, message: message)])
            }
            let old = index < items.count ? items[index] : nil
            let new = try setting(value, at: rest, in: old, done: path, origin: origin)
            if index < items.count { items[index] = new } else { items.append(new) }
            return YAMLValue(.list(items), at: tree?.place ?? place)
        case .map:
            var map = tree ?? YAMLValue(.map([]), at: place)
            map[key] = try setting(value, at: rest, in: map[key], done: path, origin: origin)
            return map
        case .scalar:
            let message = "\(done) is a value, not a map; set \(done) itself"
            throw ProfileError([.init(place: place, key: path, message: message)])
        case .null, nil:
            let new = try setting(value, at: rest, in: nil, done: path, origin: origin)
            if index == 0 { return YAMLValue(.list([new]), at: place) }
            return YAMLValue(.map([.init(key: key, keyPlace: place, value: new)]), at: place)
        }
    }

    /// Checks everything and gives the profile, or everything that is wrong with it.
    public func profile(catalogue: ProviderCatalogue) throws(ProfileError) -> Profile {
        try ProfileReader(document: self, catalogue: catalogue, standardName: standardName).read()
    }

    /// Where a value stands, for faults that others find in it: `thresholds.0`. The whole document if it is not there.
    public func place(of path: String) -> ProfileError.Place {
        var value = root
        for key in path.split(separator: ".") {
            if case .list(let items) = value.content, let index = Int(key), items.indices.contains(index) {
                value = items[index]
            } else if let inner = value[String(key)] {
                value = inner
            } else {
                break
            }
        }
        return value.place
    }

    /// A path written in the profile counts from its folder, one given by a flag (or in a profile that came through a
    /// pipe) from the current one.
    func path(_ path: String, writtenAt place: ProfileError.Place) -> String {
        let isWrittenThere = place.line != nil && place.source == file && TextFile.isInFolder(file)
        return isWrittenThere ? TextFile.path(path, from: TextFile.folder(of: file)) : path
    }

    /// The file's name without folder and ending, with what a folder's name should not hold replaced.
    private static func name(of file: String) -> String {
        guard TextFile.isInFolder(file) else { return "profile" }
        let plain = file.hasPrefix(TextFile.shipped) ? file.dropFirst(TextFile.shipped.count) : file[...]
        let last = plain.split(separator: "/").last ?? "profile"
        let stem = last.hasSuffix(".yaml") ? last.dropLast(5) : last.hasSuffix(".yml") ? last.dropLast(4) : last
        let name = String(stem.map { ProfileReader.isNameCharacter($0) ? $0 : "-" }.prefix(64))
        return name.isEmpty ? "profile" : name
    }
}
