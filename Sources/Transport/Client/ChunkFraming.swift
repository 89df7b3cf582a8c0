/// The framing of a chunked body (RFC 9112, 7.1), read in place: what in a read is data, and where somebody more patient
/// has to go on.
///
/// It knows `size CRLF data CRLF` with the size whole in one read. At anything else, the last chunk included, it stops at
/// the start of that size line.
struct ChunkFraming: Sendable {
    /// What a read held from some place on.
    enum Piece: Equatable {
        case data(Range<Int>)
        /// All is read.
        case end
        /// From here on it is not for this reader; it stands before a size line.
        case stop(at: Int)
        /// Data was not followed by a line's end.
        case malformed
    }

    private var left = 0  // of the present chunk's data
    private var isBehindData = false  // its line end comes
    private var sawReturn = false

    /// The next piece of `bytes` from `place` on, which is moved behind it.
    mutating func next(in bytes: UnsafeBufferPointer<UInt8>, from place: inout Int) -> Piece {
        while place < bytes.count {
            if left > 0 {
                let start = place
                place += min(left, bytes.count - place)
                left -= place - start
                isBehindData = left == 0
                return .data(start..<place)
            }
            if isBehindData {
                let byte = bytes[place]
                place += 1
                if byte == 0x0d, !sawReturn {
                    sawReturn = true
                } else if byte == 0x0a {
                    (isBehindData, sawReturn) = (false, false)
                } else {
                    return .malformed
                }
                continue
            }
            let start = place
            guard let size = Self.size(in: bytes, from: &place), size > 0 else {
                place = start
                return .stop(at: start)
            }
            left = size
        }
        return .end
    }

    /// One to seven hexadecimal digits and CRLF; nil at anything else.
    private static func size(in bytes: UnsafeBufferPointer<UInt8>, from place: inout Int) -> Int? {
        var size = 0
        let first = place
        while place < bytes.count {
            let byte = bytes[place]
            switch byte {
            case 0x30...0x39: size = size << 4 | Int(byte - 0x30)
            case 0x41...0x46: size = size << 4 | Int(byte - 0x37)
            case 0x61...0x66: size = size << 4 | Int(byte - 0x57)
            case 0x0d:
                guard place > first, place + 1 < bytes.count, bytes[place + 1] == 0x0a else { return nil }
                place += 2
                return size
            default: return nil
            }
            place += 1
            if place - first > 7 { return nil }
        }
        return nil
    }
}
