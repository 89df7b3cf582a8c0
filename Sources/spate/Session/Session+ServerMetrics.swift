import Engine
import Profile
import Schedule
import Transport
import Wire

/// The servers' own metrics, read beside the run.
extension Session {
    /// Begins to read them, and waits for the first reading, so that counters are known from before the first request. nil
    /// where no target names any; of several shards the first one reads.
    func serverMetrics(_ targets: [Ready]) throws(Failure) -> MetricsScraper? {
        guard job.split.shard.index == 0 else { return nil }
        var sources: [MetricsScraper.Source] = []
        for (place, target) in targets.enumerated() {
            for address in job.targets[target.jobIndex].metrics {
                sources.append(try source(address, of: target, id: place + 1))
            }
        }
        guard !sources.isEmpty else { return nil }
        var pace = MetricsScraper.Pace()
        if job.isFast { pace.interval /= 5 }
        let scraper = MetricsScraper(sources, pace: pace)
        scraper.waitForFirst()
        return scraper
    }

    /// The key and the profile's headers go to the target's own origin alone.
    private func source(
        _ address: MetricsAddress,
        of ready: Ready,
        id: Int
    ) throws(Failure) -> MetricsScraper.Source {
        let target = job.targets[ready.jobIndex]
        let own = ready.prepared.target.endpoint
        let accept = Header(name: "Accept", value: "text/plain; version=0.0.4, */*; q=0.1")
        let agent = Header(name: "User-Agent", value: "spate/\(Self.version)")
        switch address {
        case .own(let path):
            return MetricsScraper.Source(
                target: id,
                model: ready.prepared.target.model,
                name: own.origin + path.prefix { $0 != "?" },
                endpoint: own.forDocuments,
                path: path,
                headers: ready.prepared.target.headers + [accept]
            )
        case .at(let place):
            var endpoint = Endpoint(scheme: place.isTLS ? .https : .http, host: place.host, port: place.port)
            let path = place.path + (place.query.map { "?\($0)" } ?? "")
            let isOwn = endpoint.origin == own.origin
            if isOwn {
                endpoint = own.forDocuments
            } else {
                endpoint.rootsFile = try TargetPreparation.roots(target)
                try TargetPreparation.addProxy(to: &endpoint, before: place, of: target.name)
            }
            return MetricsScraper.Source(
                target: id,
                model: ready.prepared.target.model,
                name: place.url,
                endpoint: endpoint,
                path: path,
                headers: isOwn ? ready.prepared.target.headers + [accept] : [agent, accept]
            )
        }
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
