import Foundation
import Measurement
import Testing

@testable import Report

/// The published schema of `summary.json` (JSON Schema, draft 2020-12), held against what is written.
@Suite struct SummarySchemaTests {
    private static func schema() throws -> [String: Any] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appendingPathComponent("Sources/spate/Spate.docc/Resources/summary.schema.json")
        return try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    }

    private static func json(_ result: RunResult) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(SummaryJSON.encode(result))) as? [String: Any])
    }

    @Test func `every summary meets the schema`() throws {
        let validator = Validator(root: try Self.schema())
        var cut = RecordedRun.sample()
        (cut.run.complete, cut.run.durationNanoseconds) = (false, nil)
        let results = [
            Samples.everything, Samples.result, Samples.small, RunResult(of: RecordedRun()),
            RunResult(of: RecordedRun.sample()), RunResult(of: cut),
        ]
        for result in results {
            let faults = validator.faults(of: try Self.json(result))
            #expect(faults.isEmpty, "\(faults)")
        }
    }

    @Test func `the schema refuses what is not a summary`() throws {
        let validator = Validator(root: try Self.schema())
        let good = try Self.json(Samples.result)
        for key in ["schema", "run", "validity", "targets"] {
            var bad = good
            bad[key] = nil
            #expect(validator.faults(of: bad) == ["lacks \(key)"])
        }
        var other = good
        other["schema"] = "spate.summary/2"
        #expect(validator.faults(of: other) == ["/schema is not spate.summary/1"])
        var text = good
        text["targets"] = "none"
        #expect(validator.faults(of: text) == ["/targets is string"])
        var verdict = good
        verdict["validity"] = ["verdict": 1, "reasons": []]
        #expect(validator.faults(of: verdict).contains("/validity/verdict is number"))
    }

    @Test func `the schema says only what this reader of schemas knows`() throws {
        let known: Set<String> = [
            "$schema", "$id", "$defs", "$ref", "title", "description", "type", "properties", "required", "items",
            "anyOf",
            "additionalProperties", "const",
        ]
        func walk(_ schema: [String: Any]) {
            for key in schema.keys { #expect(known.contains(key), "\(key)") }
            for key in ["properties", "$defs"] {
                for value in ((schema[key] as? [String: Any]) ?? [:]).values { walk(value as? [String: Any] ?? [:]) }
            }
            for key in ["items", "additionalProperties"] { (schema[key] as? [String: Any]).map(walk) }
            for each in (schema["anyOf"] as? [[String: Any]]) ?? [] { walk(each) }
        }
        walk(try Self.schema())
    }

    private struct Validator {
        let root: [String: Any]

        func faults(of value: Any) -> [String] { faults(value, root, "") }

        private func faults(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
            if let reference = schema["$ref"] as? String {
                let name = reference.split(separator: "/").last.map(String.init) ?? ""
                let defined = (root["$defs"] as? [String: Any])?[name] as? [String: Any]
                return defined.map { faults(value, $0, path) } ?? ["\(path): no definition of \(name)"]
            }
            if let wanted = schema["const"] as? String {
                return value as? String == wanted ? [] : ["\(path) is not \(wanted)"]
            }
            if let choices = schema["anyOf"] as? [[String: Any]] {
                let all = choices.map { faults(value, $0, path) }
                return all.min { $0.count < $1.count } ?? []
            }
            let kind = Self.kind(value)
            if let type = schema["type"] {
                let allowed = type as? [String] ?? [type as? String ?? ""]
                if !allowed.contains(kind) { return ["\(path) is \(kind)"] }
            }
            if let object = value as? [String: Any] { return inside(object, schema, path) }
            guard let items = schema["items"] as? [String: Any], let array = value as? [Any] else { return [] }
            return array.enumerated().flatMap { faults($0.element, items, "\(path)/\($0.offset)") }
        }

        private func inside(_ object: [String: Any], _ schema: [String: Any], _ path: String) -> [String] {
            let required = schema["required"] as? [String] ?? []
            let properties = schema["properties"] as? [String: Any] ?? [:]
            let missing = required.filter { object[$0] == nil }.map {
                path.isEmpty ? "lacks \($0)" : "\(path) lacks \($0)"
            }
            return missing
                + object.sorted { $0.key < $1.key }.flatMap { key, value -> [String] in
                    let known = properties[key] as? [String: Any] ?? schema["additionalProperties"] as? [String: Any]
                    return known.map { faults(value, $0, "\(path)/\(key)") } ?? []
                }
        }

        private static func kind(_ value: Any) -> String {
            switch value {
            case is NSNull: "null"
            case is String: "string"
            case is [Any]: "array"
            case is [String: Any]: "object"
            case let number as NSNumber: CFBooleanLike.isBoolean(number) ? "boolean" : "number"
            default: "unknown"
            }
        }
    }

    private enum CFBooleanLike {
        /// JSONSerialization gives true and false as numbers of one byte's type.
        static func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
    }
}
