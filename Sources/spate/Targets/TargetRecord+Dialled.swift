import Engine
import Measurement
import Profile
import Ticks
import Transport
import Wire

/// A target as it is stored: what was asked for, and what getting ready for it found.
extension TargetRecord {
    init(_ target: Target, id: Int, url: String) {
        self.init()
        self.id = id
        name = target.name
        provider = target.provider.name
        api = target.provider.api.rawValue
        self.url = url
        let price = Price(target)
        tier = price.tier
        prices = price.list
        let asked = price.list.asked(price.model, tier: price.tier)
        inputPrice = asked?.input
        cachedInputPrice = asked?.cachedInput
        outputPrice = asked?.output
        simulated = target.isSimulated
        insecure = target.isInsecure
        dollarsPerHour = target.price.perHour
        gatewayTo = target.gatewayTo
    }

    /// - Parameter before: the run that goes on, whose looks at its targets count as well
    init(_ target: DialledTarget, before: RecordedRun?) {
        self.init(target.asked, id: target.id, url: target.place.url)
        note(target)
        if let row = before?.targets.first(where: { $0.id == id }) { follow(row) }
    }

    private mutating func note(_ target: DialledTarget) {
        model = target.driven.model
        resolveNanoseconds = target.resolveNanoseconds
        addresses = target.driven.endpoint.addresses
        preflightRequests = target.preflightRequests
        preflightGets = target.preflightGets
        waitedReady = target.wait?.waited
        preflightInputTokens = target.preflightInputTokens
        preflightOutputTokens = target.preflightOutputTokens
        notes = target.notes
        refusals = target.refusals
    }

    /// What the parts of the run before this one found stays.
    private mutating func follow(_ before: TargetRecord) {
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
