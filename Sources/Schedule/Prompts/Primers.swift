/// Beginnings that prompts of the run share, as prompts of their own: sent once each, a server has read them before anything is
/// measured.
extension Prompts {
    /// Most output tokens of one: only what it makes the server read matters. Some servers refuse fewer.
    public static let mostPrimerTokens = 16

    /// The beginning of that number; nil = there are no more.
    public func primer(_ number: Int) -> PromptText? {
        guard !parts.isEmpty else { return number < workload.sharedBeginnings ? ownPrimer(number) : nil }
        var number = number
        for place in parts.indices {
            let own = parts[place].prompts.workload.sharedBeginnings
            guard number >= own else {
                var text = parts[place].prompts.ownPrimer(number)
                text.repetition = text.repetition.ofKind(place)
                return text
            }
            number -= own
        }
        return nil
    }

    public var primerTokens: Int { min(Self.mostPrimerTokens, workload.maxTokens.greatest) }

    private func ownPrimer(_ number: Int) -> PromptText {
        switch workload.source {
        case .synthetic(let most):
            if workload.cache == .allow { return synthetic(tokens: most, index: 0) }
            let text = sharedPrefix(of: most)
            return PromptText([Prompt.Message(role: "user", content: text)], Repetition(prefix: 0, share: 1))
        case .list: return PromptText(workload.listedBeginnings[number])
        }
    }
}

extension Workload {
    /// How many beginnings its prompts share: one of synthetic prompts, of a list one for each opening that several have.
    public var sharedBeginnings: Int {
        if !mix.isEmpty { return mix.reduce(0) { $0 + $1.workload.sharedBeginnings } }
        return switch source {
        case .synthetic: sharedPrefix > 0 || cache == .allow ? 1 : 0
        case .list: listedBeginnings.count
        }
    }

    /// Shorter text in common is chance: no server caches less.
    private static let shortestBeginning = 64

    /// By what stands before the user's first message, in the order of the list: that, and the text with which the user's first
    /// messages all begin. Of prompts sent as they are alone, for a nonce is the first thing of others.
    var listedBeginnings: [[Prompt.Message]] {
        guard cache == .allow, case .list(let prompts) = source else { return [] }
        var groups: [[Prompt.Message]: (common: String, count: Int)] = [:]
        var order: [[Prompt.Message]] = []
        for prompt in prompts {
            let opening = Array(prompt.messages.prefix { $0.role != "user" })
            let question = prompt.messages.dropFirst(opening.count).first?.content ?? ""
            if let group = groups[opening] {
                groups[opening] = (group.common.beginning(sharedWith: question), group.count + 1)
            } else {
                groups[opening] = (question, 1)
                order.append(opening)
            }
        }
        return order.compactMap { opening in
            guard let group = groups[opening], group.count > 1 || prompts.count == 1 else { return nil }
            let bytes = opening.reduce(group.common.utf8.count) { $0 + $1.content.utf8.count }
            guard bytes >= Self.shortestBeginning || prompts.count == 1 else { return nil }
            let question = group.common.isEmpty ? "Hello." : group.common
            return opening + [Prompt.Message(role: "user", content: question)]
        }
    }
}

extension String {
    /// Whole characters alone.
    fileprivate func beginning(sharedWith other: String) -> String {
        var bytes = commonBeginning(other).bytes
        while bytes > 0 {
            if let text = String(utf8.prefix(bytes)) { return text }
            bytes -= 1
        }
        return ""
    }
}
