/// Many requests in a few bytes each, whole: what `decode` gives is what `encode` was given, but for its mark `isPacked`.
///
/// A pack holds a column for each field. Numbers stand as LEB128, each as itself, as its difference to the request before or to
/// a field that is nearly the same (an answer's end to its last token), whichever takes the fewest bytes; a column in which
/// all are equal takes one number. Words stand once. Later versions may add fields behind the last one.
public enum RequestPack {
    /// Requests of a full pack.
    public static let size = 1000
    /// No pack of any file has more.
    private static let most = 4 * size
    private static let version: UInt8 = 1

    public static func encode(_ requests: [RequestRecord]) -> [UInt8] {
        var bytes = [version]
        LEB128.append(UInt64(requests.count), to: &bytes)
        LEB128.append(UInt64(words.count), to: &bytes)
        for word in words {
            var places: [[UInt8]: Int64] = [:]
            var texts: [[UInt8]] = []
            let codes = requests.map { request in
                code(
                    word.get(request).map { text in
                        if text == texts.last { return Int64(texts.count - 1) }
                        if let place = places[text] { return place }
                        let place = Int64(texts.count)
                        places[text] = place
                        texts.append(text)
                        return place
                    }
                )
            }
            LEB128.append(UInt64(texts.count), to: &bytes)
            for text in texts {
                LEB128.append(UInt64(text.count), to: &bytes)
                bytes += text
            }
            append(codes, like: nil, to: &bytes)
        }
        LEB128.append(UInt64(numbers.count), to: &bytes)
        var columns: [[UInt64]] = []
        for number in numbers {
            let codes = requests.map { code(number.get($0)) }
            append(codes, like: number.like.map { columns[$0] }, to: &bytes)
            columns.append(codes)
        }
        return bytes
    }

    /// nil where the bytes are no pack.
    public static func decode(_ bytes: [UInt8]) -> [RequestRecord]? {
        var position = 1
        func count() -> Int? { LEB128.read(bytes, at: &position).flatMap(Int.init(exactly:)) }
        guard bytes.first == version, let requests = count(), requests <= most, count() == words.count else {
            return nil
        }
        var pattern = RequestRecord()
        pattern.isPacked = true
        var changes: [(codes: [UInt64], apply: (inout RequestRecord, UInt64) -> Bool)] = []
        func take(_ column: Column, _ apply: @escaping (inout RequestRecord, UInt64) -> Bool) -> Bool {
            if column.isConstant { return requests == 0 || apply(&pattern, column.codes[0]) }
            changes.append((column.codes, apply))
            return true
        }
        for word in words {
            guard let texts = count(), texts <= requests else { return nil }
            var puts: [(inout RequestRecord) -> Void] = []
            for _ in 0..<texts {
                guard let length = count(), length <= bytes.count - position else { return nil }
                guard let put = word.put(Array(bytes[position..<position + length])) else { return nil }
                puts.append(put)
                position += length
            }
            guard let column = Column(bytes, &position, requests, like: nil) else { return nil }
            let isTaken = take(column) { request, code in
                guard let place = Self.number(code) else { return true }
                guard puts.indices.contains(Int(clamping: place)) else { return false }
                puts[Int(place)](&request)
                return true
            }
            guard isTaken else { return nil }
        }
        guard let stored = count(), stored <= numbers.count else { return nil }
        var columns: [[UInt64]] = []
        for number in numbers.prefix(stored) {
            guard let column = Column(bytes, &position, requests, like: number.like.map { columns[$0] }) else {
                return nil
            }
            columns.append(column.codes)
            guard take(column, { number.put(&$0, Self.number($1)) }) else { return nil }
        }
        guard position == bytes.count else { return nil }
        var records: [RequestRecord] = []
        records.reserveCapacity(requests)
        for place in 0..<requests {
            var record = pattern
            for change in changes {
                guard change.apply(&record, change.codes[place]) else { return nil }
            }
            records.append(record)
        }
        return records
    }

    // MARK: Numbers

    /// 0 = nil; small numbers of either sign are small codes.
    private static func code(_ number: Int64?) -> UInt64 { number.map { zigzag($0) &+ 1 } ?? 0 }

    private static func number(_ code: UInt64) -> Int64? { code == 0 ? nil : unzigzag(code - 1) }

    private static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value << 1) ^ (value >> 63)) }

    private static func unzigzag(_ code: UInt64) -> Int64 {
        Int64(bitPattern: code >> 1) ^ -Int64(bitPattern: code & 1)
    }

    private static func difference(_ code: UInt64, _ base: UInt64) -> UInt64 {
        zigzag(Int64(bitPattern: code &- base))
    }

    private enum Form: UInt8 { case equal, plain, stepwise, likened }

    private static func append(_ codes: [UInt64], like other: [UInt64]?, to bytes: inout [UInt8]) {
        guard let first = codes.first else { return }
        if codes.allSatisfy({ $0 == first }) {
            bytes.append(Form.equal.rawValue)
            LEB128.append(first, to: &bytes)
            return
        }
        let steps = zip(codes, [0] + codes).map(difference)
        var best = (form: Form.plain, values: codes, length: length(codes))
        if length(steps) < best.length { best = (.stepwise, steps, length(steps)) }
        if let other {
            let likened = zip(codes, other).map(difference)
            if length(likened) < best.length { best = (.likened, likened, length(likened)) }
        }
        bytes.append(best.form.rawValue)
        for value in best.values { LEB128.append(value, to: &bytes) }
    }

    private static func length(_ codes: [UInt64]) -> Int {
        codes.reduce(0) { $0 + (70 - (($1 | 1).leadingZeroBitCount)) / 7 }
    }

    private struct Column {
        var codes: [UInt64] = []
        var isConstant = false

        init?(_ bytes: [UInt8], _ position: inout Int, _ count: Int, like other: [UInt64]?) {
            guard count > 0 else { return }
            guard position < bytes.count, let form = Form(rawValue: bytes[position]) else { return nil }
            position += 1
            if form == .equal {
                guard let code = LEB128.read(bytes, at: &position) else { return nil }
                codes = [UInt64](repeating: code, count: count)
                isConstant = true
                return
            }
            codes.reserveCapacity(count)
            for place in 0..<count {
                guard let value = LEB128.read(bytes, at: &position) else { return nil }
                switch form {
                case .plain, .equal: codes.append(value)
                case .stepwise: codes.append((codes.last ?? 0) &+ UInt64(bitPattern: unzigzag(value)))
                case .likened:
                    guard let other else { return nil }
                    codes.append(other[place] &+ UInt64(bitPattern: unzigzag(value)))
                }
            }
        }
    }
}
