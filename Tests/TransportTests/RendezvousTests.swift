import Synchronization
import Testing
import Ticks

@testable import Transport

/// On loopback, each guest on a thread of its own.
@Suite struct RendezvousTests {
    private final class Instants: Sendable {
        private let values = Mutex<[Int64?]>([])
        func add(_ value: Int64?) { values.withLock { $0.append(value) } }
        var all: [Int64?] { values.withLock { $0 } }
    }

    /// A place with a port that nobody has; the host may find it taken, and another is tried.
    private func host(_ count: Int, key: String = "k") throws -> (RendezvousHost, MeetingPlace) {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            guard let place = MeetingPlace("127.0.0.1:\(Int.random(in: 20_000..<30_000, using: &generator))") else {
                continue
            }
            if let host = try? RendezvousHost(at: place, count: count, key: key, begins: { $0 + 300_000_000 }) {
                return (host, place)
            }
        }
        throw RendezvousError(text: "no port")
    }

    private func guest(_ place: MeetingPlace, _ index: Int, _ count: Int, key: String = "k") throws -> RendezvousGuest {
        try RendezvousGuest(at: place, shard: (index, count), key: key, meanwhile: {})
    }

    private func meet(_ guests: [RendezvousGuest], at number: Int) -> [Int64?] {
        let instants = Instants()
        let threads = guests.map { guest in LoopThread(name: "guest") { instants.add(guest.meet(number)) } }
        for thread in threads { thread.join() }
        return instants.all
    }

    @Test func `all are told one instant, and a clock's offset with a bound that holds`() throws {
        let (host, place) = try host(3)
        defer { host.close() }
        let guests = try (0..<3).map { try guest(place, $0, 3) }
        for guest in guests {
            let offset = try #require(guest.measureOffset())
            let truth = MonotonicClock.realtimeOffset()  // host and guest have one clock
            #expect(abs(offset.nanoseconds - truth) <= offset.bound + 1_000_000)
        }
        let first = meet(guests, at: 0)
        #expect(first.count == 3 && Set(first).count == 1 && first[0] != nil)
        let second = meet(guests, at: 5)
        #expect(Set(second).count == 1)
        #expect(try #require(second[0]) != first[0])
    }

    @Test func `a shard that is lost is not waited for once the run has begun`() throws {
        let (host, place) = try host(3)
        defer { host.close() }
        let guests = try (0..<3).map { try guest(place, $0, 3) }
        _ = meet(guests, at: 0)
        guests[1].leave()
        let rest = meet([guests[0], guests[2]], at: 1)
        #expect(rest.count == 2 && rest[0] != nil && Set(rest).count == 1)
        guests[0].leave()
        guests[2].leave()
    }

    @Test func `what is no shard of the run is refused with the reason`() throws {
        let (host, place) = try host(2)
        defer { host.close() }
        let first = try guest(place, 0, 2)
        func reason(_ index: Int, _ count: Int, key: String = "k") -> String {
            do throws(RendezvousError) {
                _ = try RendezvousGuest(at: place, shard: (index, count), key: key, meanwhile: {})
                return "accepted"
            } catch { return error.text }
        }
        #expect(reason(1, 2, key: "other").contains("another plan, seed or version"))
        #expect(reason(0, 2).contains("joined already"))
        #expect(reason(1, 3).contains("none of 2"))
        #expect(reason(2, 2).contains("none of 2"))
        first.leave()
    }

    @Test(arguments: ["host:7070", "127.0.0.1:1", "[::1]:65535", "a.b-c.d:80"])
    func `host and port are read`(text: String) { #expect(MeetingPlace(text)?.description == text) }

    @Test(arguments: ["", "host", "host:", ":80", "host:0", "host:65536", "::1:80", "a b:80", "http://a:80"])
    func `what is no place is none`(text: String) { #expect(MeetingPlace(text) == nil) }
}
