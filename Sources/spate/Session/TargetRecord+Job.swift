import Engine
import Measurement
import Transport
import Wire

/// A target as it is stored: what was asked for, and what getting ready for it found.
extension TargetRecord {
    init(_ target: JobTarget, id: Int, url: String) {
        self.init()
        self.id = id
        name = target.name
        provider = target.provider.name
        api = target.provider.api.rawValue
        self.url = url
        tier = target.price.tier
        prices = target.price.list
        let asked = target.price.list.asked(target.price.model, tier: target.price.tier)
        inputPrice = asked?.input
        cachedInputPrice = asked?.cachedInput
        outputPrice = asked?.output
        simulated = target.isSimulated
        insecure = target.isInsecure
        dollarsPerHour = target.dollarsPerHour
        gatewayTo = target.gatewayTo
    }

    mutating func note(_ prepared: TargetPreparation.Prepared) {
        model = prepared.target.model
        resolveNanoseconds = prepared.resolveNanoseconds
        addresses = prepared.target.endpoint.addresses
        preflightRequests = prepared.preflightRequests
        preflightGets = prepared.preflightGets
        waitedReady = prepared.wait?.waited
        preflightInputTokens = prepared.preflightInputTokens
        preflightOutputTokens = prepared.preflightOutputTokens
        notes = prepared.notes
        refusals = prepared.refusals
    }

    /// What the parts of the run before this one found stays.
    mutating func follow(_ before: TargetRecord) {
        preflightRequests += before.preflightRequests
        preflightGets += before.preflightGets
        preflightInputTokens += before.preflightInputTokens
        preflightOutputTokens += before.preflightOutputTokens
        rateLimits = before.rateLimits
        notes = before.notes + notes.filter { !before.notes.contains($0) }
    }

    mutating func note(_ limits: RateLimitRecord) { rateLimits = rateLimits?.merging(limits) ?? limits }

    /// What changed outside while the run went on.
    mutating func noteChanges(of target: EngineTarget) {
        if let times = target.key?.current.version, times > 0 {
            notes.append(
                "its key was refused, read again and found changed \(times == 1 ? "once" : "\(times) times"): "
                    + "what was refused was sent again with the new one"
            )
        }
        if let found = target.addresses?.current, found.version > 0 {
            notes.append(
                "its name led elsewhere during the run: from \(addresses.joined(separator: ", ")) to "
                    + "\(found.value.joined(separator: ", ")); connections opened afterwards went there"
            )
            addresses += found.value.filter { !addresses.contains($0) }
        }
    }
}
