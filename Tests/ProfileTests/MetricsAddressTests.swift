import Testing

@testable import Profile

@Suite struct MetricsAddressTests {
    @Test(arguments: [
        ("/metrics", "/metrics"), ("/metrics/", "/metrics/"),
        ("/prometheus/metrics?format=text", "/prometheus/metrics?format=text"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000/metrics"),
        ("http://h.example:9400/", "http://h.example:9400/metrics"),
        ("h.example", "https://h.example:443/metrics"),
        ("http://h.example/a/metrics/", "http://h.example:80/a/metrics/"),
        ("https://h.example/v1/chat/completions", "https://h.example:443/v1/chat/completions"),
        ("10.0.0.7:9400/m?x=1", "http://10.0.0.7:9400/m?x=1"), ("[::1]:8000", "http://[::1]:8000/metrics"),
    ])
    func `an address of metrics keeps its path as it is, and is read again as it was`(text: String, url: String) throws
    {
        let address = try MetricsAddress(parsing: text)
        #expect(address.text == url)
        #expect(try MetricsAddress(parsing: address.text) == address)
    }

    @Test(arguments: [
        ("", "empty"), ("metrics", "a word is no address"), ("ftp://h/metrics", "scheme"),
        ("http://u:p@h/metrics", "password"),
        ("/metrics#a", "no URL has"), ("/a b", "no URL has"), ("/metrics?api_key=x", "key"),
        ("http://h/metrics?api_key=x", "key"),
    ])
    func `what is no address is refused`(text: String, words: String) {
        do {
            _ = try MetricsAddress(parsing: text)
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.message.contains(words), "\(error.message)")
        }
    }

    @Test func `a target names one or several, and the resolved profile has them`() throws {
        let one = try read("targets:\n  - {url: 'http://127.0.0.1:1/v1', model: m, metrics: /metrics}\n" + ramp)
        #expect(one.targets[0].metrics == [.own(path: "/metrics")])
        let two = try read(
            "targets:\n  - {url: 'http://127.0.0.1:1/v1', model: m, metrics: ['127.0.0.1:2', '127.0.0.1:3/m', '127.0.0.1:2']}\n"
                + ramp
        )
        #expect(two.targets[0].metrics.map(\.text) == ["http://127.0.0.1:2/metrics", "http://127.0.0.1:3/m"])
        #expect(try read(two.resolvedYAML()).targets[0].metrics == two.targets[0].metrics)
    }
}
