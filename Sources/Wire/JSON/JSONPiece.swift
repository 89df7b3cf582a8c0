/// A piece of JSON written down as it will be sent. Literal text stays as it is; an interpolated string becomes a JSON
/// string, quoted and escaped.
///
///     let piece: JSONPiece = #"{"id":\#(id),"count":\#(5)}"#
struct JSONPiece: Sendable, ExpressibleByStringInterpolation {
    var bytes: [UInt8]

    init(stringLiteral text: String) { bytes = Array(text.utf8) }

    init(stringInterpolation: StringInterpolation) { bytes = stringInterpolation.bytes }

    struct StringInterpolation: StringInterpolationProtocol {
        var bytes: [UInt8] = []

        init(literalCapacity: Int, interpolationCount: Int) {
            bytes.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        mutating func appendLiteral(_ text: String) { bytes.append(contentsOf: text.utf8) }

        mutating func appendInterpolation(_ text: String) { JSONText.appendString(text, to: &bytes) }

        mutating func appendInterpolation(_ number: Int64) { JSONText.append(number, to: &bytes) }

        mutating func appendInterpolation(_ usage: Usage) { usage.append(to: &bytes) }

        mutating func appendInterpolation(_ piece: JSONPiece) { bytes.append(contentsOf: piece.bytes) }

        mutating func appendInterpolation(_ piece: JSONPiece?) { if let piece { appendInterpolation(piece) } }

        /// As a further member of an object; nothing when there is nothing to say.
        mutating func appendInterpolation(_ serving: ServingFacts?) {
            guard let serving else { return }
            JSONText.append(",\"spate\":", to: &bytes)
            serving.append(to: &bytes)
        }
    }
}
