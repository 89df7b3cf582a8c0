@testable import Transport

/// A chunked body: the client's reading in place, and the server's own.
///
/// Input: the cuts, then the body. Held: what is read in place is what the strict reader takes of the same bytes, and never
/// more; the strict reader says the same however its bytes come.
enum FuzzChunks {
    private static let limit = 1 << 29  // more than a size of seven digits

    static func read(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let choice = input.byte()
        let body = Array(input.rest)

        let whole = framed([body])
        let parts = framed(fuzzReads(body, choice: choice))
        precondition(whole.data.starts(with: parts.data), "the cuts bring other data")
        for found in [whole, parts] where !found.isMalformed {
            let strict = strict([Array(body.prefix(found.stop))])
            // A line that ends with LF alone is libcurl's to judge; the strict reader refuses it.
            guard strict.progress != .malformed else { continue }
            precondition(
                strict.progress == .needsMore && strict.data == found.data,
                "read in place is not what was sent"
            )
        }
        let (one, many) = (strict([body]), strict(fuzzReads(body, choice: choice)))
        precondition(one == many, "the cuts change a body: \(one) \(many)")
        precondition(one.data.count <= limit)
    }

    private static func framed(_ reads: [[UInt8]]) -> (data: [UInt8], stop: Int, isMalformed: Bool) {
        var framing = ChunkFraming()
        var data: [UInt8] = []
        var before = 0
        for read in reads {
            var place = 0
            let end: (Int, Bool)? = read.withUnsafeBufferPointer { bytes in
                while true {
                    let last = place
                    switch framing.next(in: bytes, from: &place) {
                    case .data(let range):
                        precondition(range.lowerBound >= last && range.upperBound == place && !range.isEmpty)
                        data += bytes[range]
                    case .end: return nil
                    case .stop(let at): return (at, false)
                    case .malformed: return (place, true)
                    }
                }
            }
            if let end { return (data, before + end.0, end.1) }
            before += read.count
        }
        return (data, before, false)
    }

    private struct Strict: Equatable {
        var data: [UInt8]
        var progress: ChunkedBody.Progress
        var left: Int  // bytes behind its end
    }

    private static func strict(_ reads: [[UInt8]]) -> Strict {
        var body = ChunkedBody()
        var progress = ChunkedBody.Progress.needsMore
        var left = 0
        for read in reads {
            guard progress == .needsMore else {
                left += read.count
                continue
            }
            var rest = read[...]
            progress = body.take(&rest, limit: limit)
            left += rest.count
        }
        // Behind a fault nothing counts.
        return Strict(data: body.bytes, progress: progress, left: progress == .complete ? left : 0)
    }
}
