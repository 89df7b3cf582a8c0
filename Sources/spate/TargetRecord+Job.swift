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
    }
}
