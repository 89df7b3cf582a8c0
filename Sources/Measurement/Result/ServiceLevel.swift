/// The profile's objectives, milliseconds; a request is good when it is useful and meets every one that is set.
///
/// An objective on time per output token is met by an answer too short to have one.
struct ServiceLevel: Sendable, Hashable {
    var ttft: Double?
    var tpot: Double?
    var e2e: Double?

    /// nil without any objective.
    init?(_ run: RunRecord) {
        guard run.sloTTFT != nil || run.sloTPOT != nil || run.sloE2E != nil else { return nil }
        ttft = run.sloTTFT
        tpot = run.sloTPOT
        e2e = run.sloE2E
    }

    /// `ttft` is the request's by the view that its phase is read in.
    func isGood(_ request: RequestRecord, ttft observed: Double?) -> Bool {
        guard request.outcomeClass == .success, request.useful else { return false }
        if let ttft {
            guard let observed, observed <= ttft else { return false }
        }
        if let e2e {
            guard let observed = request.e2eMilliseconds, observed <= e2e else { return false }
        }
        if let tpot, let observed = request.tpotMilliseconds, observed > tpot { return false }
        return true
    }
}
