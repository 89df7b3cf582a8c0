/// Where the server's cache served another part of the input than the plan repeats, in a sentence. The counts say that it did,
/// and never why.
enum PrefixCacheWarnings {
    /// Differences up to this share of the input are those of block sizes and token borders.
    static let tolerance = 0.05
    static let fewestRequests = 25

    /// - Parameter template: tokens that the server puts before any prompt, where a calibration told; each request repeats them
    static func about(_ cache: PrefixCacheResult?, template: Double?) -> String? {
        guard let cache, cache.requests >= fewestRequests, let planned = cache.plannedShare, let told = cache.toldShare,
            let ready = cache.readyShare
        else { return nil }
        let template = (template ?? 0) * Double(cache.requests) / cache.inputTokens
        let counted = inCount(cache.requests, "request")
        func percent(_ share: Double) -> String { inPercent((1000 * share).rounded() / 1000) }
        if told > min(1, planned + template) + tolerance {
            return
                "The server says that it took \(percent(told)) of the input tokens from its prefix cache, and this plan repeats "
                + "\(percent(planned)) (\(counted)). An earlier run, other clients or a chat template before every prompt may "
                + "have warmed it, or it counts otherwise; the counts do not tell which. Where it was warm, TTFT and throughput "
                + "are better than for prompts that are new to the server."
        }
        if told < ready - tolerance {
            return
                "This plan repeats \(percent(ready)) of the input tokens after they had been read once, and the server says that it "
                + "took \(percent(told)) from its prefix cache (\(counted)). It may have dropped them, sent the requests to replicas "
                + "that had not read them, or not cache prompts like these; the counts do not tell which."
        }
        return nil
    }
}
