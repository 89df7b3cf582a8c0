internal import Measurement
public import Schedule
internal import Synchronization

/// The caps of the run, shared by its loops: asked once per request, before it is sent.
///
/// A request reserves its worst case (all of its token cap) and gives the rest back when it ends, so that a cap can be
/// reached but not overshot.
public final class Budget: Sendable {
    struct Caps: Sendable {
        var requests: Int?
        var outputTokens: Int?
        var nanodollars: Int64?
    }

    /// What one request may cost at most.
    struct Claim: Sendable, Hashable {
        var outputTokens: Int
        var nanodollars: Int64
    }

    private struct Spent {
        var requests = 0
        var outputTokens = 0
        var nanodollars: Int64 = 0
    }

    private let caps: Caps
    private let spent = Mutex(Spent())

    init(_ caps: Caps) { self.caps = caps }

    public convenience init(capping limits: Limits) {
        self.init(
            Caps(
                requests: limits.maxRequests,
                outputTokens: limits.maxOutputTokens,
                nanodollars: limits.maxCost.map { Int64(min($0 * 1e9, 9e18)) }
            )
        )
    }

    /// nil when the claim fits, else the name of the cap it would exceed.
    func reserve(_ claim: Claim) -> String? {
        spent.withLock { spent in
            if let cap = caps.requests, spent.requests >= cap { return "max_requests" }
            if let cap = caps.outputTokens, spent.outputTokens + claim.outputTokens > cap { return "max_output_tokens" }
            if let cap = caps.nanodollars, spent.nanodollars + claim.nanodollars > cap { return "max_cost" }
            spent.requests += 1
            spent.outputTokens += claim.outputTokens
            spent.nanodollars += claim.nanodollars
            return nil
        }
    }

    /// The same by how it ended: one that was refused, or never left, took nothing; one that broke off keeps its claim.
    func settle(_ claim: Claim, by record: RequestRecord, price: Price) {
        if record.costsNothing { return settle(claim, outputTokens: 0, nanodollars: 0) }
        settle(
            claim,
            outputTokens: record.tokenSource == .usage ? record.outputTokens.map { Int($0) } : nil,
            nanodollars: price.cost(of: record)
        )
    }

    /// Replaces a claim by what the request really took. Unknown usage keeps the claim.
    func settle(_ claim: Claim, outputTokens: Int?, nanodollars: Int64?) {
        spent.withLock { spent in
            if let outputTokens { spent.outputTokens += outputTokens - claim.outputTokens }
            if let nanodollars { spent.nanodollars += nanodollars - claim.nanodollars }
        }
    }
}

extension RequestRecord {
    /// Whether nobody charges for it: the server refused it by its status, which is also what costs are counted by, or never
    /// got all of it.
    var costsNothing: Bool { httpStatus.map { $0 >= 300 } ?? (written == nil) }
}
