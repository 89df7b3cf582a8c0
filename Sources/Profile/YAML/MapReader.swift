import Schedule

/// Reads the keys of one map, remembers which it knows, and reports what it did not expect.
///
/// A value that cannot be read is reported and replaced by the default, so that the rest is read too: what comes out
/// counts only when nothing was reported.
struct MapReader {
    let path: String
    let place: ProfileError.Place
    let log: ProblemLog
    private let value: YAMLValue
    private var known: [String] = []

    /// Reports anything but a map (nothing counts as an empty one).
    init(_ value: YAMLValue, path: String, log: ProblemLog, allowed: String = "a map of keys") {
        self.path = path
        self.log = log
        place = value.place
        switch value.content {
        case .map, .null: self.value = value
        case .scalar, .list:
            log.report(value.place, path, "read \(value.shown); allowed: \(allowed)")
            self.value = YAMLValue(.null, at: value.place)
        }
    }

    func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The value under a key; nil when it is absent or holds nothing.
    mutating func take(_ key: String) -> YAMLValue? {
        known.append(key)
        return value[key]
    }

    /// Whether the key was written and holds something: whether `take` gives it.
    func has(_ key: String) -> Bool { value[key] != nil }

    /// Whether the key was written, with or without a value.
    func isWritten(_ key: String) -> Bool {
        guard case .map(let entries) = value.content else { return false }
        return entries.contains { $0.key == key }
    }

    /// Reports the keys that nobody took. Call it when all have been asked for.
    func finish() {
        guard case .map(let entries) = value.content else { return }
        for entry in entries where !known.contains(entry.key) {
            let hint = Spelling.hint(entry.key, among: known)
            let allowed = known.joined(separator: ", ")
            log.report(entry.keyPlace, path(of: entry.key), "unknown key; allowed: \(allowed)\(hint)")
        }
    }

    func report(_ key: String, _ value: YAMLValue, allowed: String) {
        log.report(value.place, path(of: key), "read \(value.shown); allowed: \(allowed)")
    }

    /// Reports a key that must be there and is not.
    func require(_ key: String, _ what: String) {
        log.report(place, path(of: key), "missing; \(what)")
    }

    // MARK: Scalars

    mutating func duration(_ key: String, _ standard: Duration, zeroIsAllowed: Bool = false) -> Duration {
        duration(key, zeroIsAllowed: zeroIsAllowed) ?? standard
    }

    mutating func duration(_ key: String, _ standard: Duration, atMost longest: Duration) -> Duration {
        guard let value = take(key), let read = value.duration(path(of: key), log, zeroIsAllowed: false) else {
            return standard
        }
        guard read <= longest else {
            report(key, value, allowed: "\(Units.durationForm), at most \(longest.components.seconds)s")
            return standard
        }
        return read
    }

    mutating func duration(_ key: String, zeroIsAllowed: Bool = false) -> Duration? {
        guard let value = take(key) else { return nil }
        return value.duration(path(of: key), log, zeroIsAllowed: zeroIsAllowed)
    }

    mutating func count(_ key: String, _ range: ClosedRange<Int>, unit: String = "") -> Int? {
        guard let value = take(key) else { return nil }
        return value.count(path(of: key), log, range, note: unit)
    }

    mutating func number(_ key: String, _ range: ClosedRange<Double>) -> Double? {
        guard let value = take(key) else { return nil }
        guard let text = value.plain, let number = Units.number(text), range.contains(number) else {
            report(key, value, allowed: "a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    mutating func dollars(_ key: String) -> Double? {
        guard let value = take(key) else { return nil }
        guard let text = value.plain, let amount = Units.money(text) else {
            report(key, value, allowed: Units.moneyForm)
            return nil
        }
        return amount
    }

    mutating func flag(_ key: String) -> Bool? {
        guard let value = take(key) else { return nil }
        switch value.plain {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default:
            report(key, value, allowed: "true or false")
            return nil
        }
    }

    /// Any scalar that is not empty.
    mutating func text(_ key: String) -> String? {
        guard let value = take(key) else { return nil }
        guard let text = value.plain, !text.isEmpty else {
            report(key, value, allowed: "a text")
            return nil
        }
        return text
    }

    /// One of the words of an enumeration.
    mutating func word<Word: RawRepresentable<String> & CaseIterable>(_ key: String, _ type: Word.Type) -> Word? {
        guard let value = take(key) else { return nil }
        let words = type.allCases.map(\.rawValue)
        guard let text = value.plain, let word = Word(rawValue: text) else {
            let hint = value.plain.map { Spelling.hint($0, among: words) } ?? ""
            report(key, value, allowed: words.joined(separator: ", ") + hint)
            return nil
        }
        return word
    }
}

extension YAMLValue {
    /// A scalar's text.
    var plain: String? {
        guard case .scalar(let text, _) = content else { return nil }
        return text
    }

    func duration(_ path: String, _ log: ProblemLog, zeroIsAllowed: Bool) -> Duration? {
        guard let text = plain, let duration = Units.duration(text) else {
            let isBare = plain.flatMap { Units.number($0) } != nil
            let hint = isBare ? "; a unit is missing" : ""
            log.report(place, path, "read \(shown); allowed: \(Units.durationForm)\(hint)")
            return nil
        }
        guard duration > .zero || zeroIsAllowed else {
            log.report(place, path, "read \(shown); allowed: \(Units.durationForm), more than 0")
            return nil
        }
        guard duration <= .seconds(366 * 86_400) else {
            log.report(place, path, "read \(shown); allowed: \(Units.durationForm), at most a year")
            return nil
        }
        return duration
    }

    func count(_ path: String, _ log: ProblemLog, _ range: ClosedRange<Int>, note: String = "") -> Int? {
        guard let text = plain, let count = Units.integer(text), range.contains(count) else {
            log.report(
                place,
                path,
                "read \(shown); allowed: a whole number from \(range.lowerBound) to \(range.upperBound)\(note)"
            )
            return nil
        }
        return count
    }
}
