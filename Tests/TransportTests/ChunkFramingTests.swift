import Testing

@testable import Transport

@Suite struct ChunkFramingTests {
    /// What comes of the reads: the data, and the place in the whole at which the reader stopped.
    private func result(of reads: [[UInt8]]) -> (data: String, stop: Int?, isMalformed: Bool) {
        var framing = ChunkFraming()
        var data: [UInt8] = []
        var before = 0
        for read in reads {
            var place = 0
            let outcome: (stop: Int?, isMalformed: Bool)? = read.withUnsafeBufferPointer { bytes in
                while true {
                    switch framing.next(in: bytes, from: &place) {
                    case .data(let range): data += bytes[range]
                    case .end: return nil
                    case .stop(let at): return (at, false)
                    case .malformed: return (nil, true)
                    }
                }
            }
            if let outcome {
                return (String(decoding: data, as: UTF8.self), outcome.stop.map { before + $0 }, outcome.isMalformed)
            }
            before += read.count
        }
        return (String(decoding: data, as: UTF8.self), nil, false)
    }

    private let body = Array("9\r\ndata: a\n\n\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n003\r\nend\r\n0\r\n\r\n".utf8)

    @Test func `a whole body is read up to its last chunk`() {
        let found = result(of: [body])
        #expect(found.data == "data: a\n\nabcdefghijklmnopqrstuvwxyzend")
        #expect(found.stop == body.count - 5)
    }

    @Test func `cut anywhere, the data before a cut size line is the same, and it stops at that line's start`() {
        let lines = [0..<3, 14..<18, 46..<51, 56..<59]  // the size lines
        for cut in 1..<body.count {
            let found = result(of: [Array(body[..<cut]), Array(body[cut...])])
            let inside = lines.first { $0.lowerBound < cut && cut < $0.upperBound }
            #expect(found.stop == inside?.lowerBound ?? body.count - 5, "cut at \(cut)")
            let whole = "data: a\n\nabcdefghijklmnopqrstuvwxyzend"
            #expect(inside != nil ? whole.hasPrefix(found.data) : found.data == whole, "cut at \(cut)")
            #expect(!found.isMalformed)
        }
    }

    @Test(arguments: [
        "5;name=value\r\nabcde\r\n", "zz\r\n", "\r\n", "5\nabcde\r\n", "12345678\r\n", "-1\r\n", " 5\r\n",
    ])
    func `what is not a plain size is left where it stands`(line: String) {
        let found = result(of: [Array("1\r\na\r\n\(line)".utf8)])
        #expect(found.data == "a")
        #expect(found.stop == 6)
    }

    @Test func `data without its line end is malformed`() {
        #expect(result(of: [Array("1\r\nab".utf8)]).isMalformed)
        #expect(result(of: [Array("1\r\na\r\r\n".utf8)]).isMalformed)
        #expect(!result(of: [Array("1\r\na\n".utf8)]).isMalformed)
    }
}
