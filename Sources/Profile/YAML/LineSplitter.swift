/// Cuts bytes into lines, whatever ends them: LF, CR LF or CR.
///
/// Bytes come in pieces of any size; a line that goes on into the next piece is kept until its end comes.
struct LineSplitter {
    private var rest: [UInt8] = []
    private var endedWithCR = false  // a LF that comes next belongs to that end

    /// Bytes of the line that has no end yet.
    var pending: Int { rest.count }

    /// - Parameter line: takes a line without its end, and says whether it wants more.
    /// - Returns: false when it wanted no more.
    mutating func add(_ bytes: ArraySlice<UInt8>, line: (ArraySlice<UInt8>) -> Bool) -> Bool {
        var begin = bytes.startIndex
        if endedWithCR, let first = bytes.first {
            if first == UInt8(ascii: "\n") { begin += 1 }
            endedWithCR = false
        }
        while let end = bytes[begin...].firstIndex(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            let goesOn: Bool
            if rest.isEmpty {
                goesOn = line(bytes[begin..<end])
            } else {
                rest += bytes[begin..<end]
                goesOn = line(rest[...])
                rest.removeAll(keepingCapacity: true)
            }
            guard goesOn else { return false }
            begin = end + 1
            if bytes[end] == UInt8(ascii: "\r") {
                if begin == bytes.endIndex {
                    endedWithCR = true
                } else if bytes[begin] == UInt8(ascii: "\n") {
                    begin += 1
                }
            }
        }
        rest += bytes[begin...]
        return true
    }

    /// What comes behind the last end, if anything does.
    mutating func finish(line: (ArraySlice<UInt8>) -> Bool) {
        if !rest.isEmpty { _ = line(rest[...]) }
        rest = []
    }
}
