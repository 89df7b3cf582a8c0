extension ChatRequestFacts {
    /// A prompt from its beginning to the end of one of its messages, or of a block of one's text.
    public struct Prefix: Sendable, Hashable {
        public var hash: UInt64  // FNV-1a over roles and texts
        public var bytes: Int  // of text
    }

    /// Bytes of a block, as servers keep prompts in blocks of some 16 tokens.
    public static let bytesPerBlock = 64

    /// The beginnings of a chat's prompt; none of what is no chat.
    public static func prefixes(of body: Span<UInt8>, parser: JSONParser) -> [Prefix] {
        body.withUnsafeBytes { bytes in
            guard let root = parser.parse(bytes), root["messages"].kind == .array else { return [] }
            var prefixes: [Prefix] = []
            var prefix = Prefix(hash: 0xcbf2_9ce4_8422_2325, bytes: 0)
            for message in root["messages"].elements {
                let texts = [message["content"].utf8] + message["content"].elements.map { $0["text"].utf8 }
                for byte in message["role"].utf8.map(Array.init) ?? [] { prefix.hash(byte) }
                prefix.hash(0xff)
                for text in texts.compactMap(\.self) {
                    for (place, byte) in text.enumerated() {
                        prefix.hash(byte)
                        prefix.bytes += 1
                        if (place + 1) % bytesPerBlock == 0 { prefixes.append(prefix) }
                    }
                    prefix.hash(0xff)
                }
                prefixes.append(prefix)
            }
            return prefixes
        }
    }
}

extension ChatRequestFacts.Prefix {
    fileprivate mutating func hash(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
}
