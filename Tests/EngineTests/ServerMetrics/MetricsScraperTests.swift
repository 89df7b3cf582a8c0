import Measurement
import Synchronization
import TestSupport
import Testing
import Ticks
import Transport
import Wire

@testable import Engine

/// The scraper against servers that answer as a script says, at a pace that a test can wait for.
@Suite struct MetricsScraperTests {
    private final class Kept: RecordSink {
        let batch = Mutex(RecordBatch())

        func write(_ new: RecordBatch) {
            batch.withLock { batch in
                batch.serverReadings += new.serverReadings
                batch.serverTexts += new.serverTexts
            }
        }

        var readings: [ServerReading] { batch.withLock { $0.serverReadings } }
        var texts: [ServerText] { batch.withLock { $0.serverTexts } }
    }

    /// - Parameter timeout: long, unless a test waits for it: a busy machine is no dead server.
    private static func pace(timeout: Int64 = 20_000_000_000) -> MetricsScraper.Pace {
        var pace = MetricsScraper.Pace()
        (pace.interval, pace.timeout, pace.patience) = (100_000_000, timeout, 5_000_000_000)
        return pace
    }

    private func source(_ port: Int, target: Int = 1, path: String = "/metrics", headers: [Header] = [])
        -> MetricsScraper.Source
    {
        MetricsScraper.Source(
            target: target,
            model: "m",
            name: "http://127.0.0.1:\(port)\(path)",
            endpoint: Endpoint(scheme: .http, host: "127.0.0.1", port: port),
            path: path,
            headers: headers
        )
    }

    private static func response(_ body: String, _ status: String = "200 OK", more: String = "") -> String {
        "HTTP/1.1 \(status)\r\n\(more)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private func server(_ reply: @escaping @Sendable (String) -> String?) -> ScriptedServer {
        ScriptedServer { connection in
            while let request = connection.request() {
                guard let answer = reply(request) else { return }
                connection.send(answer)
            }
        }
    }

    /// Reads until something is stored, and gives all of it.
    private func scrape(
        _ sources: [MetricsScraper.Source],
        pace: MetricsScraper.Pace = pace(),
        until isEnough: ([ServerReading]) -> Bool
    ) -> (kept: [ServerReading], texts: [ServerText]) {
        let kept = Kept()
        let scraper = MetricsScraper(sources, pace: pace)
        scraper.waitForFirst()
        scraper.record(since: MonotonicClock.now(), into: kept)
        let deadline = MonotonicClock.now().advanced(byNanoseconds: 30_000_000_000)
        while !isEnough(kept.readings), MonotonicClock.now() < deadline { pause(milliseconds: 10) }
        scraper.finish()
        return (kept.readings, kept.texts)
    }

    @Test func `the first reading lies before the run, the last after its end, with the texts as they came`() throws {
        let server = server { _ in Self.response("llamacpp:requests_processing 3\nother 1\n") }
        let (kept, texts) = scrape([source(server.port)]) { $0.count >= 3 }
        server.stop()
        #expect(kept.count >= 3)
        #expect(try #require(kept.first).at < 0)
        #expect(kept.allSatisfy { $0[.running] == 3 && $0.problem == nil && $0.took > 0 && $0.target == 1 })
        #expect(texts.map(\.reason) == [.first, .last])
        #expect(texts.allSatisfy { $0.text == "llamacpp:requests_processing 3\nother 1\n" })
    }

    @Test func `counters that still move are read on until they stand still`() throws {
        let count = Mutex(0)
        let server = server { _ in
            let value = count.withLock { value in
                value = min(8, value + 1)
                return value
            }
            return Self.response("llamacpp:tokens_predicted_total \(value)\n")
        }
        let (kept, _) = scrape([source(server.port)]) { !$0.isEmpty }
        server.stop()
        #expect(kept.last?[.generationTokens] == 8)
        #expect(kept.suffix(2).map { $0[.generationTokens] } == [8, 8])
    }

    @Test func `a text whose names change is kept again, eleven times at most`() {
        let count = Mutex(0)
        let server = server { _ in
            let value = count.withLock { value in
                value += 1
                return value
            }
            return Self.response("name\(value) 1\nllamacpp:requests_processing 1\n")
        }
        let (_, texts) = scrape([source(server.port)]) { $0.count >= 14 }
        server.stop()
        #expect(texts.count { $0.reason == .first } == 1 && texts.last?.reason == .last)
        #expect(texts.count { $0.reason == .names } == 10)
    }

    /// What a source may do instead of answering, and what is said of it.
    static let faults: [(String, String)] = [
        ("hangs", "no answer within"), ("404", "HTTP 404"), ("redirect", "redirects are not followed"),
        ("html", "no metrics text"), ("unknown", "none of its 1 metric is known here"), ("huge", "longer than 4 MB"),
        ("closes", ""), ("refuses", ""),
    ]

    @Test(arguments: faults.indices)
    func `a source that fails is told so, and the others go on`(place: Int) throws {
        let (fault, words) = Self.faults[place]
        let elsewhere = Mutex(0)
        let good = server { _ in Self.response("llamacpp:requests_processing 1\n") }
        let target = server { _ in
            elsewhere.withLock { $0 += 1 }
            return Self.response("llamacpp:requests_processing 9\n")
        }
        let bad = server { _ in
            switch fault {
            case "hangs":
                pause(milliseconds: 900)
                return nil
            case "404": return Self.response("", "404 Not Found")
            case "redirect":
                return Self.response(
                    "",
                    "307 Temporary Redirect",
                    more: "Location: http://127.0.0.1:\(target.port)/\r\n"
                )
            case "html": return Self.response("<html><p>hello</p></html>")
            case "unknown": return Self.response("my_own_metric 1\n")
            case "huge": return Self.response(String(repeating: "# a comment of no use\n", count: 250_000))
            default: return nil
            }
        }
        let port = fault == "refuses" ? ScriptedServer.closedPort() : bad.port
        // Only who hangs is waited for in vain, and then the good one may be late as well.
        let pace = Self.pace(timeout: fault == "hangs" ? 300_000_000 : 20_000_000_000)
        let (kept, _) = scrape([source(good.port), source(port, target: 2)], pace: pace) { readings in
            guard let failed = readings.first(where: { $0.target == 2 && $0.at > 0 }) else { return false }
            return readings.contains { $0.target == 1 && $0.problem == nil && $0.at > failed.at }
        }
        for each in [good, bad, target] { each.stop() }
        let failed = kept.filter { $0.target == 2 }
        // A later reading may have been cut by the end, or by a machine too busy to answer in time.
        #expect(failed.first?.problem?.contains(words) == true || words.isEmpty, "\(failed)")
        #expect(!failed.isEmpty && failed.allSatisfy { $0.problem != nil }, "\(failed)")
        #expect(kept.contains { $0.target == 1 && $0.problem == nil && $0.at > failed[0].at })
        #expect(elsewhere.withLock { $0 } == 0, "a redirect was followed")
    }

    @Test func `a server that comes back is read again`() throws {
        let count = Mutex(0)
        let server = server { _ in
            let value = count.withLock { value in
                value += 1
                return value
            }
            return (2...3).contains(value)
                ? Self.response("", "503 Service Unavailable")
                : Self.response("llamacpp:tokens_predicted_total \(value)\n")
        }
        let (kept, _) = scrape([source(server.port)]) { $0.count >= 4 }
        server.stop()
        #expect(kept.map { $0.problem != nil }.prefix(4) == [false, true, true, false])
    }

    @Test func `a hundred targets are each read at the pace, on one thread`() {
        let server = server { _ in Self.response(MappedMetricsTests.vLLM) }
        let sources = (1...100).map { source(server.port, target: $0, path: "/metrics?\($0)") }
        let (kept, _) = scrape(sources) { readings in
            Dictionary(grouping: readings, by: \.target).count { $0.value.count >= 4 } == 100
        }
        server.stop()
        let good = Dictionary(grouping: kept.filter { $0.problem == nil }, by: \.target)
        #expect(good.count == 100)
        #expect(good.values.allSatisfy { $0.count >= 4 })
    }
}
