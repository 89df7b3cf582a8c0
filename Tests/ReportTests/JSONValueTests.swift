import Foundation
import Testing

@testable import Report

@Suite struct JSONValueTests {
    @Test(arguments: [
        (0.0, "0"), (-0.0, "0"), (1, "1"), (-3, "-3"), (0.1, "0.1"), (0.1 + 0.2, "0.30000000000000004"),
        (210.123456, "210.123456"), (1e15, "1000000000000000"), (1e22, "1e+22"), (1e-7, "1e-07"),
        (Double.leastNonzeroMagnitude, "5e-324"), (Double.nan, "null"), (.infinity, "null"), (-.infinity, "null"),
    ])
    func `a number is its shortest digits, and null where it is none`(value: Double, text: String) {
        #expect(JSONValue.number(value).text == text)
    }

    @Test(arguments: [
        ("plain", "\"plain\""), ("\"\\/", "\"\\\"\\\\/\""), ("a\nb\r\t", "\"a\\nb\\r\\t\""),
        ("\u{0}\u{1f}", "\"\\u0000\\u001f\""),
        ("\u{1b}[31m", "\"\\u001b[31m\""), ("\u{7f}\u{9b}", "\"\\u007f\\u009b\""),
        ("\u{2028}\u{202e}", "\"\\u2028\\u202e\""),
        ("\u{e0041}", "\"\\udb40\\udc41\""), ("日本é🙂", "\"日本é🙂\""),
    ])
    func `a string is escaped so that it can be parsed and printed`(value: String, text: String) throws {
        #expect(JSONValue.string(value).text == text)
        let parsed = try JSONSerialization.jsonObject(with: Data("[\(text)]".utf8)) as? [String]
        #expect(parsed == [value])
    }

    @Test func `objects keep the order of their keys, and plain arrays stand on one line`() {
        let value = JSONValue.object([
            .init("z", .array([.integer(1), .null, .bool(true)])), .init("a", .object([])), .init("m", .array([])),
            .init("list", .array([.object([.init("x", .unsigned(.max))])])),
        ])
        #expect(
            value.text == """
                {
                  "z": [1, null, true],
                  "a": {},
                  "m": [],
                  "list": [
                    {
                      "x": 18446744073709551615
                    }
                  ]
                }
                """
        )
    }
}
