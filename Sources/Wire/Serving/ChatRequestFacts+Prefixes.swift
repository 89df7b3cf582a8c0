extension ChatRequestFacts {
    /// A prompt from its beginning to the end of one of its messages.
    public struct Prefix: Sendable, Hashable {
        public var hash: UInt64  // FNV-1a over roles and texts
        public var bytes: Int  // of text
    }

    /// The beginnings of a chat's prompt; none of what is no chat.
    public static func prefixes(of body: Span<UInt8>, parser: JSONParser) -> [Prefix] {
        body.withUnsafeBytes { bytes in
            guard let root = parser.parse(bytes), root["messages"].kind == .array else { return [] }
            var prefixes: [Prefix] = []
            var prefix = Prefix(hash: 0xcbf2_9ce4_8422_2325, bytes: 0)
            for message in root["messages"].elements {
                let texts =
                    [message["role"].utf8, message["content"].utf8]
                    + message["content"].elements.map { $0["text"].utf8 }
                for text in texts.compactMap(\.self) {
                    for byte in text { prefix.hash = (prefix.hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
                    prefix.hash = (prefix.hash ^ 0xff) &* 0x100_0000_01b3
                }
                prefix.bytes += textBytes(of: message["content"])
                prefixes.append(prefix)
            }
            return prefixes
        }
    }
}
