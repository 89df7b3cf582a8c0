/// A text that is already escaped for the inside of a JSON string, so that it can be written many times for a memcpy.
public struct EscapedText: Sendable, Hashable {
    let bytes: [UInt8]
    public let utf8Count: Int  // of the text itself

    public init(_ text: String) {
        var escaped: [UInt8] = []
        JSONText.appendEscaped(text, to: &escaped)
        bytes = escaped
        utf8Count = text.utf8.count
    }
}
