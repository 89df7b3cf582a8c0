import Foundation
import Measurement
import Testing
import Ticks

/// Inputs and expected numbers computed with numpy and scipy (`oracles.json`, `classifier_oracles.json`).
struct Oracles: Sendable {
    static let main = Oracles("oracles")
    static let classifier = Oracles("classifier_oracles")

    private let root: JSON
    private let name: String

    struct Missing: Error { var path: String }

    private init(_ name: String) {
        self.name = name
        let url = Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "json")
        let data = url.flatMap { try? Data(contentsOf: $0) } ?? Data()
        root = (try? JSONDecoder().decode(JSON.self, from: data)) ?? .null
    }

    func value(_ path: [String]) throws -> JSON {
        var value = root
        for key in path {
            guard case .object(let members) = value, let member = members[key] else {
                throw Missing(path: "\(name): \(path.joined(separator: " / "))")
            }
            value = member
        }
        return value
    }

    func number(_ path: String...) throws -> Double { try #require(value(path).number, "\(path)") }
    func numbers(_ path: String...) throws -> [Double] { try #require(value(path).numbers, "\(path)") }
    func string(_ path: String...) throws -> String { try #require(value(path).string, "\(path)") }

    /// A pair of bounds; null = no bound.
    func bounds(_ path: String...) throws -> (lower: Double?, upper: Double?) {
        let array = try #require(value(path).array, "\(path)")
        try #require(array.count == 2, "\(path)")
        return (array[0].number, array[1].number)
    }

    /// Members by key, in the keys' order.
    func members(_ path: String...) throws -> [(key: String, value: JSON)] {
        let object = try #require(value(path).object, "\(path)")
        return object.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// An array under `data`.
    static func data(_ name: String) throws -> [Double] { try main.numbers("data", name) }
}

enum JSON: Sendable, Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    var number: Double? { if case .number(let value) = self { value } else { nil } }
    var string: String? { if case .string(let value) = self { value } else { nil } }
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
    var object: [String: JSON]? { if case .object(let value) = self { value } else { nil } }

    /// An array of numbers only.
    var numbers: [Double]? {
        guard let array else { return nil }
        let numbers = array.compactMap(\.number)
        return numbers.count == array.count ? numbers : nil
    }

    subscript(_ key: String) -> JSON { object?[key] ?? .null }
}

/// Whether two numbers agree to `relative` of the expected one or to `absolute`; or both are missing.
func near(_ actual: Double?, _ expected: Double?, relative: Double = 1e-9, absolute: Double = 1e-12) -> Bool {
    guard let expected else { return actual == nil }
    guard let actual, actual.isFinite else { return false }
    return abs(actual - expected) <= max(absolute, relative * abs(expected))
}

extension VariationBand {
    /// By the words of the published guide, which name a cause that no CV proves.
    static func published(_ words: String?) -> VariationBand? {
        let bands: [(String, VariationBand)] = [
            ("well supported", .steady), ("some variability", .someVariability), ("cold starts occurring", .wide),
            ("not production-ready", .erratic),
        ]
        return bands.first { words?.hasSuffix($0.0) == true }?.1
    }
}
