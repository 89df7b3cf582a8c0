import Testing
import Ticks

@testable import Measurement

@Suite struct RequestPackTests {
    /// Any request at all: fields that are missing, small, large, below 0.
    private func request(_ random: inout SplitMix64) -> RequestRecord {
        func number() -> Int64? {
            let draw = random.next()
            switch draw % 5 {
            case 0: return nil
            case 1: return Int64(draw >> 56)
            case 2: return -Int64(draw >> 40)
            default: return Int64(draw >> 2)
            }
        }
        func small() -> Int? { number().map { Int(Int32(truncatingIfNeeded: $0)) } }
        func text() -> String? { number().map { "Wörter \($0)\n" } }
        var request = RequestRecord()
        for field in RequestPack.numbers { _ = field.put(&request, number()) }
        (request.step, request.loop, request.attempt) = (small() ?? 0, small() ?? 0, small() ?? 0)
        request.repeatedShare = number().map { Double($0 >> 32) / 1e6 }
        (request.measured, request.useful) = (random.next() % 2 == 0, random.next() % 2 == 0)
        request.hiddenReasoning = random.next() % 2 == 0
        request.reportedCold = [nil, true, false][Int(random.next() % 3)]
        request.outcome = Outcome.allCases[Int(random.next() % UInt64(Outcome.allCases.count))]
        request.connection = [nil, .new, .preopened, .reused][Int(random.next() % 4)]
        request.tokenSource = [nil, .usage, .events][Int(random.next() % 3)]
        request.stamp = random.next() % 2 == 0 ? .kernel : .read
        (request.detail, request.finish, request.note, request.error) = (text(), text(), text(), text())
        (request.servedModel, request.servedTier, request.servedBy) = (text(), text(), text())
        request.longGaps = text().map { Array($0.utf8) }
        request.arrivals = text().map { Array($0.utf8) } ?? []
        return request
    }

    @Test func `any requests come back whole, with the mark that they were packed`() {
        var random = SplitMix64(seed: 1)
        for count in [0, 1, 2, 1000] {
            let requests = (0..<count).map { _ in request(&random) }
            for some in [requests, requests.map { _ in requests[0] }] {
                var back = RequestPack.decode(RequestPack.encode(some)) ?? []
                #expect(back.allSatisfy(\.isPacked) && back.count == count)
                for place in back.indices { back[place].isPacked = false }
                #expect(back == some)
            }
        }
    }

    /// Without this the test above would not see a field that no column holds.
    @Test func `every field of a request has a column`() {
        var random = SplitMix64(seed: 2)
        var seen: Set<String> = []
        let standard = RequestRecord()
        for _ in 0..<50 {
            let pack = RequestPack.decode(RequestPack.encode([request(&random)]))
            for (set, unset) in zip(
                Mirror(reflecting: pack?.first ?? standard).children,
                Mirror(reflecting: standard).children
            )
            where String(reflecting: set.value) != String(reflecting: unset.value) { seen.insert(set.label ?? "") }
        }
        let all = Set(Mirror(reflecting: standard).children.map { $0.label ?? "" })
        #expect(all.subtracting(seen) == [])
    }

    @Test func `a pack that is cut short or damaged is refused, or holds as many requests`() {
        var random = SplitMix64(seed: 3)
        let bytes = RequestPack.encode((0..<20).map { _ in request(&random) })
        for length in 0..<bytes.count { #expect(RequestPack.decode(Array(bytes.prefix(length))) == nil) }
        #expect(RequestPack.decode(bytes + [0]) == nil)
        for _ in 0..<2000 {
            var damaged = bytes
            damaged[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            _ = RequestPack.decode(damaged)
        }
        // A count that no pack has: nothing is made room for.
        var many = [bytes[0]]
        LEB128.append(1 << 40, to: &many)
        #expect(RequestPack.decode(many + bytes.dropFirst(2)) == nil)
    }

    @Test func `plain requests of a load take at most 60 bytes each`() {
        var random = SplitMix64(seed: 4)
        let requests = (0..<Int64(1000)).map { place in
            var request = RequestRecord()
            func noise(_ size: Int64) -> Int64 { Int64(random.unit() * Double(size)) }
            (request.sequence, request.step, request.measured, request.outcome) = (place, 3, true, .okLength)
            request.scheduled = place * 5_000_000 + noise(1_000_000)
            (request.dispatchLag, request.lateSend, request.written) = (
                noise(100_000), noise(50_000), 60_000 + noise(90_000)
            )
            request.firstByte = 200_000_000 + noise(50_000_000)
            request.firstEvent = request.firstByte
            request.firstToken = request.firstByte.map { $0 + noise(100_000) }
            request.firstVisible = request.firstToken
            request.lastToken = request.firstToken.map { $0 + 1_500_000_000 + noise(300_000_000) }
            request.lastByte = request.lastToken.map { $0 + noise(20_000) }
            request.ended = request.lastByte
            (request.lateFirst, request.lateLast, request.lateEnd) = (noise(30_000), noise(30_000), noise(30_000))
            (request.useful, request.httpStatus, request.finish, request.connection) = (true, 200, "length", .reused)
            (request.inputTokens, request.outputTokens, request.tokenSource) = (512, 256, .usage)
            (request.tokenEvents, request.events, request.tokenReads) = (256, 258, 250 + Int(noise(6)))
            (request.reads, request.textBytes, request.firstReadTextBytes) = (253 + Int(noise(6)), 1024 + noise(100), 4)
            (request.visibleBytes, request.maxGap, request.stamp) = (
                request.textBytes, 12_000_000 + noise(4_000_000), .kernel
            )
            return request
        }
        let size = RequestPack.encode(requests).count
        #expect(size < 60 * requests.count, "\(size / requests.count) bytes a request")
    }
}
