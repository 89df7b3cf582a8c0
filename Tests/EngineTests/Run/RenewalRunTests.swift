import Measurement
import Schedule
import Synchronization
import TestSupport
import Testing
import Ticks
import Transport
import Wire

@testable import Engine

extension RunTests {
    /// What changes outside while a run goes on: keys, addresses; and connections that grow old.
    @Suite struct Renewals {
        private final class Keys: Sendable {
            let valid = Mutex("first")
            let asked = Mutex(0)
        }

        /// Takes one key only; the first answers make it another one.
        private func guarded(_ keys: Keys, changesAfter requests: Int) -> ChatServer {
            ChatServer { exchange in
                if exchange.number == requests { keys.valid.withLock { $0 = "second" } }
                let valid = keys.valid.withLock { $0 }
                if exchange.request.contains("Authorization: Bearer \(valid)\r\n") {
                    exchange.answer(wait: 5, tokens: 2)
                } else {
                    exchange.whole(status: "401 Unauthorized", #"{"error":{"message":"no such key"}}"#)
                }
                return .keepAlive
            }
        }

        private func rig(
            _ server: ChatServer,
            _ shape: PhaseShape,
            pause: Int64 = 10_000_000,
            find: @escaping @Sendable () -> Header?
        ) -> Rig {
            var rig = Rig(port: server.port, [shape])
            let first = Header(name: "Authorization", value: "Bearer first")
            rig.targets[0].headers = [first]
            rig.targets[0].change = { $0.key = Renewable(first, at: 0, pause: pause, find: find) }
            return rig
        }

        @Test
        func `a key that was renewed outside is read after the first refusal, and what was refused is sent again`() {
            let keys = Keys()
            let server = guarded(keys, changesAfter: 3)
            let rig = rig(server, .oneByOne(8)) {
                keys.asked.withLock { $0 += 1 }
                pause(milliseconds: 300)  // a command takes its time
                return keys.valid.withLock { Header(name: "Authorization", value: "Bearer \($0)") }
            }
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            expectSameJournal(driven, server)
            #expect(driven.outcomes == [.auth: 1, .ok: 8])
            #expect(driven.requests.filter { $0.attempt == 1 }.map(\.outcome) == [.ok])
            #expect(keys.asked.withLock { $0 } == 1)
            #expect(driven.outcome.abandoned.isEmpty)
        }

        @Test func `32 streams that are refused at once do not give the target up while another key may be found`() {
            let keys = Keys()
            let server = guarded(keys, changesAfter: 40)
            let rig = rig(server, .steady(32, milliseconds: 900)) {
                keys.valid.withLock { Header(name: "Authorization", value: "Bearer \($0)") }
            }
            let driven = rig.run()
            server.stop()
            #expect(driven.outcome.abandoned.isEmpty)
            #expect(driven.outcomes[.auth] ?? 0 >= 1)
            let refused = driven.requests.filter { $0.outcome == .auth }
            #expect(refused.allSatisfy { $0.attempt == 0 })
            #expect(driven.requests.filter { $0.attempt == 1 }.allSatisfy { $0.outcome == .ok })
        }

        @Test func `a key that stays refused is asked for once, and the target is given up as ever`() {
            let server = ChatServer { exchange in
                exchange.whole(status: "401 Unauthorized", #"{"error":{"message":"no such key"}}"#)
                return .keepAlive
            }
            let asked = Keys()
            let rig = rig(server, .oneByOne(200), pause: 60_000_000_000) {
                asked.asked.withLock { $0 += 1 }
                return Header(name: "Authorization", value: "Bearer first")
            }
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            #expect(driven.outcome.abandoned.count == 1)
            // Once more with the key that was found, which is the same; then nobody is asked for a minute.
            #expect(asked.asked.withLock { $0 } == 1)
            #expect(driven.requests.map(\.attempt).max() == 1)
            #expect(driven.outcomes[.auth] == 21)
        }

        @Test func `connections go where the name leads by then`() {
            let server = ChatServer { exchange in
                exchange.answer(wait: 5, tokens: 2)
                return .keepAlive
            }
            var rig = Rig(port: server.port, [.oneByOne(6)])
            rig.targets[0].change = { target in
                target.endpoint.host = "moving.test"
                target.endpoint.addresses = ["127.0.0.2"]  // where nobody listens
                let now = MonotonicClock.now().nanoseconds
                target.addresses = Renewable(["127.0.0.2"], at: now, pause: 200_000_000) { ["127.0.0.1"] }
            }
            let driven = rig.run()
            server.stop()
            #expect(driven.requests.first?.outcome == .connect)
            #expect(driven.requests.last?.outcome == .ok)
            #expect(server.journal.posts >= 3)
        }

        @Test func `a connection that is too old takes no more requests`() {
            let server = ChatServer { exchange in
                exchange.answer(wait: 100, tokens: 2)
                return .keepAlive
            }
            var rig = Rig(port: server.port, [.oneByOne(32)])
            rig.targets[0].change = { $0.endpoint.longestConnection = 1 }
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            #expect(driven.outcomes == [.ok: 32])
            // The first answers teach that the server keeps connections. Of one that is kept all others could be sent on it;
            // more than a whole second old (libcurl counts whole ones) it is left.
            let new = driven.requests.suffix(24).filter { $0.connection == .new }.count
            #expect((1...3).contains(new), "\(new)")
        }
    }
}
