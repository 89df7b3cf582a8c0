import Engine
import Profile
import Schedule
import Transport
import Wire

/// The servers' own metrics, read beside the run.
extension MetricsScraper {
    /// Begins to read them, and waits for the first reading, so that counters are known from before the first request. nil
    /// where no target names any; of several shards the first one reads.
    static func beginning(_ job: Job, _ targets: [DialledTarget]) throws(Failure) -> MetricsScraper? {
        guard job.split.shard.index == 0 else { return nil }
        var sources: [Source] = []
        for target in targets {
            for address in target.asked.metrics { sources.append(try Source(address, of: target)) }
        }
        guard !sources.isEmpty else { return nil }
        var pace = Pace()
        if job.isFast { pace.interval /= 5 }
        let scraper = MetricsScraper(sources, pace: pace)
        scraper.waitForFirst()
        return scraper
    }
}

extension MetricsScraper.Source {
    /// The key and the profile's headers go to the target's own origin alone.
    fileprivate init(_ address: MetricsAddress, of target: DialledTarget) throws(Failure) {
        let own = target.driven.endpoint
        let accept = Header(name: "Accept", value: "text/plain; version=0.0.4, */*; q=0.1")
        let agent = Header(name: "User-Agent", value: "spate/\(Session.version)")
        var endpoint = own.forDocuments
        var headers = target.driven.headers + [accept]
        let (name, path): (String, String)
        switch address {
        case .own(let text): (name, path) = (own.origin + text.prefix { $0 != "?" }, text)
        case .at(let place):
            (name, path) = (place.url, place.path + (place.query.map { "?\($0)" } ?? ""))
            let foreign = Endpoint(scheme: place.isTLS ? .https : .http, host: place.host, port: place.port)
            if foreign.origin != own.origin {
                (endpoint, headers) = (foreign, [agent, accept])
                endpoint.rootsFile = try TargetPreparation.roots(target.asked)
                try TargetPreparation.addProxy(to: &endpoint, before: place, of: target.asked.name)
            }
        }
        self.init(
            target: target.id,
            model: target.driven.model,
            name: name,
            endpoint: endpoint,
            path: path,
            headers: headers
        )
    }
}

extension Endpoint {
    /// The same place for a document now and then: HTTP/1.1, from the system's choice of addresses.
    fileprivate var forDocuments: Endpoint {
        var endpoint = self
        endpoint.sources = []
        if endpoint.http == .auto { endpoint.http = .one }
        return endpoint
    }
}
