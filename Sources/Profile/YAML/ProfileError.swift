/// Everything that is wrong with a profile, a scenario or the flags laid over them: all of it, not the first fault only.
public struct ProfileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One fault, as `file:line: key: what was read; what is allowed`.
    public struct Problem: Sendable, Hashable, CustomStringConvertible {
        public enum Kind: Sendable, Hashable {
            case invalid
            case notBuilt  // part of the contract, not yet of this version
        }

        public var kind: Kind
        public var place: Place
        public var key: String  // path from the top, e.g. "phases.0.ramp.hold"; empty for the whole
        public var message: String

        public init(_ kind: Kind = .invalid, place: Place, key: String, message: String) {
            self.kind = kind
            self.place = place
            self.key = key
            self.message = message
        }

        public var description: String { key.isEmpty ? "\(place): \(message)" : "\(place): \(key): \(message)" }
    }

    /// Where a value was written: a file and its line, or a flag.
    public struct Place: Sendable, Hashable, CustomStringConvertible {
        public var source: String
        public var line: Int?  // from 1

        public init(source: String, line: Int? = nil) {
            self.source = source
            self.line = line
        }

        public var description: String { line.map { "\(source):\($0)" } ?? source }
    }

    public var problems: [Problem]  // at least one, by line

    public init(_ problems: [Problem]) {
        precondition(!problems.isEmpty, "an error needs a problem")
        let numbered = problems.enumerated().sorted {
            ($0.element.place.line ?? 0, $0.offset) < ($1.element.place.line ?? 0, $1.offset)
        }
        self.problems = numbered.map(\.element)
    }

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Collects problems while a document is read, so that reading can go on after the first.
final class ProblemLog {
    private(set) var problems: [ProfileError.Problem] = []

    func report(
        _ place: ProfileError.Place,
        _ key: String,
        _ message: String,
        kind: ProfileError.Problem.Kind = .invalid
    ) {
        problems.append(ProfileError.Problem(kind, place: place, key: key, message: message))
    }

    func throwIfAny() throws(ProfileError) {
        if !problems.isEmpty { throw ProfileError(problems) }
    }
}
