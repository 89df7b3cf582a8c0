/// A chunked body put together again (RFC 9112, 7.1).
///
///     size[;extension] CRLF data CRLF … 0 CRLF [trailer CRLF …] CRLF
struct ChunkedBody {
    enum Progress: Equatable { case needsMore, complete, malformed, tooLarge }

    private(set) var bytes: [UInt8] = []
    private var state = State.size
    private var line: [UInt8] = []
    private var overhead = 0  // bytes of the trailer so far

    private enum State: Equatable { case size, data(Int), dataEnd, trailer, done }

    private static let lineLimit = 4096
    private static let trailerLimit = 64 * 1024

    /// Takes what it can from the front of `input`; the data may have `limit` bytes.
    mutating func take(_ input: inout ArraySlice<UInt8>, limit: Int) -> Progress {
        while state != .done, let byte = input.first {
            if case .data(let left) = state {
                let count = min(left, input.count)
                bytes += input.prefix(count)
                input = input.dropFirst(count)
                state = left == count ? .dataEnd : .data(left - count)
                continue
            }
            input = input.dropFirst()
            if byte != 0x0a {
                line.append(byte)
                if line.count > Self.lineLimit { return .malformed }
                continue
            }
            guard line.popLast() == 0x0d else { return .malformed }
            defer { line.removeAll(keepingCapacity: true) }
            switch state {
            case .size:
                guard let size = Self.size(line) else { return .malformed }
                guard bytes.count + size <= limit else { return .tooLarge }
                state = size == 0 ? .trailer : .data(size)
            case .dataEnd:
                guard line.isEmpty else { return .malformed }
                state = .size
            case .trailer:
                if line.isEmpty { state = .done }
                overhead += line.count
                if overhead > Self.trailerLimit { return .tooLarge }
            case .data, .done: break
            }
        }
        return state == .done ? .complete : .needsMore
    }

    /// Hexadecimal digits up to an extension; `Int` would take a sign.
    private static func size(_ line: [UInt8]) -> Int? {
        let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
        guard (1...15).contains(digits.count) else { return nil }
        var size = 0
        for digit in digits {
            switch digit {
            case 0x30...0x39: size = size << 4 | Int(digit - 0x30)
            case 0x41...0x46: size = size << 4 | Int(digit - 0x37)
            case 0x61...0x66: size = size << 4 | Int(digit - 0x57)
            default: return nil
            }
        }
        return size
    }
}
