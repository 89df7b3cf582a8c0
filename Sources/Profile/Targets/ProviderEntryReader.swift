import Wire

/// Reads one provider's keys.
struct ProviderEntryReader {
    let log: ProblemLog

    func read(_ name: String, _ value: YAMLValue) -> ProviderCatalogue.Entry? {
        guard Self.isName(name) else {
            log.report(value.place, name, "a provider's name has 1 to 64 letters, digits, dots, dashes and underscores")
            return nil
        }
        var keys = MapReader(value, path: name, log: log)
        var provider = Provider(name: name)
        provider.api = api(&keys) ?? .openAIChat
        if let url = keys.text("base_url") {
            do {
                _ = try TargetAddress(parsing: url, api: provider.api)
                provider.baseURL = url
            } catch {
                log.report(value["base_url"]?.place ?? value.place, "\(name).base_url", error.message)
            }
        }
        provider.authentication = authentication(&keys) ?? .bearer
        provider.keyVariables = keys.take("key_env").map { $0.texts("\(name).key_env", log) } ?? []
        provider.keyIsOptional = keys.flag("key_optional") ?? false
        provider.maxTokensField = keys.text("max_tokens_field") ?? "max_tokens"
        provider.usageRequest = keys.word("usage", Provider.UsageRequest.self) ?? .streamOptions
        provider.sampling = keys.word("sampling", Provider.Sampling.self) ?? .greedy
        provider.headers = keys.take("headers").map { $0.headers("\(name).headers", log) } ?? []
        provider.servedBy = keys.take("served_by").flatMap {
            ServedByReader(log: log).read($0, path: "\(name).served_by")
        }
        provider.session = keys.take("session").flatMap { SessionReader(log: log).read($0, path: "\(name).session") }
        provider.extraMembers = keys.take("extra_body").map { $0.jsonMembers("\(name).extra_body", log) } ?? []
        var entry = ProviderCatalogue.Entry(provider: provider)
        entry.reasoningOff = keys.take("reasoning_off").map { reasoningSwitch($0, "\(name).reasoning_off") } ?? .unknown
        rules(&keys, &entry)
        entry.addressForm = keys.text("url_form")
        entry.modelPrefix = keys.text("model_prefix")
        entry.reasoningField = keys.text("reasoning_field")
        if let limits = keys.take("rate_limit") {
            var inner = MapReader(limits, path: keys.path(of: "rate_limit"), log: log)
            entry.rateLimitHeaders = inner.take("headers").map { $0.texts(inner.path(of: "headers"), log) } ?? []
            entry.rateLimitReset = inner.text("reset")
            inner.finish()
        }
        entry.tiers = tiers(&keys)
        entry.prices = prices(&keys)
        entry.notes = keys.take("notes").map { $0.texts("\(name).notes", log) } ?? []
        entry.unconfirmed = keys.take("unconfirmed").map { $0.texts("\(name).unconfirmed", log) } ?? []
        entry.sources = keys.take("sources").map { $0.texts("\(name).sources", log) } ?? []
        if keys.isWritten("extends") {
            keys.require("extends", "only a provider that is laid over others may extend one")
            _ = keys.take("extends")
        }
        keys.finish()
        return entry
    }

    private static func isName(_ name: String) -> Bool {
        (1...64).contains(name.count) && name.allSatisfy(ProfileReader.isNameCharacter)
    }

    private func api(_ keys: inout MapReader) -> API? {
        guard let value = keys.take("api") else { return nil }
        if case .known(let api) = APIName(value.plain ?? "") { return api }
        let hint = value.plain.map { Spelling.hint($0, among: APIName.words) } ?? ""
        keys.report("api", value, allowed: API.allCases.map(\.rawValue).joined(separator: ", ") + hint)
        return nil
    }

    private func authentication(_ keys: inout MapReader) -> Provider.Authentication? {
        guard let value = keys.take("auth") else { return nil }
        switch value.content {
        case .scalar("none", _): return Provider.Authentication.none
        case .scalar("bearer", _): return .bearer
        case .map:
            var inner = MapReader(value, path: keys.path(of: "auth"), log: log)
            let header = inner.text("header")
            inner.finish()
            return header.map { .header(name: $0) }
        case .null, .scalar, .list:
            keys.report("auth", value, allowed: "bearer, none or {header: NAME}")
            return nil
        }
    }

    /// Members, or the word never.
    private func reasoningSwitch(_ value: YAMLValue, _ path: String) -> ProviderCatalogue.ReasoningSwitch {
        if value.plain == "never" { return .impossible }
        guard case .map = value.content else {
            log.report(value.place, path, "read \(value.shown); allowed: members of the request body, or never")
            return .unknown
        }
        return .members(value.jsonMembers(path, log))
    }

    private func rules(_ keys: inout MapReader, _ entry: inout ProviderCatalogue.Entry) {
        guard let value = keys.take("model_rules") else { return }
        let path = keys.path(of: "model_rules")
        for (index, item) in value.items(path, log).enumerated() {
            var inner = MapReader(item, path: "\(path).\(index)", log: log)
            let pattern = inner.text("match")
            let sampling = inner.word("sampling", Provider.Sampling.self)
            let off = inner.take("reasoning_off").map { reasoningSwitch($0, inner.path(of: "reasoning_off")) }
            if !inner.has("match") { inner.require("match", "a regular expression on the model's name") }
            inner.finish()
            guard let pattern else { continue }
            guard Provider.ModelRule(pattern: pattern, sampling: .greedy).isWellFormed else {
                inner.report("match", item["match"] ?? item, allowed: "a regular expression")
                continue
            }
            if let sampling { entry.provider.modelRules.append(.init(pattern: pattern, sampling: sampling)) }
            if let off { entry.reasoningRules.append(.init(pattern: pattern, off: off)) }
            if !inner.has("sampling"), !inner.has("reasoning_off") {
                inner.require("sampling", "a rule says sampling or reasoning_off")
            }
        }
    }

    /// By name `{body: MEMBERS, headers: MAP, served: WORDS}`; nothing = `service_tier: NAME`.
    private func tiers(_ keys: inout MapReader) -> [ServiceTier] {
        guard let value = keys.take("tiers") else { return [] }
        let path = keys.path(of: "tiers")
        guard case .map(let rows) = value.content else {
            keys.report("tiers", value, allowed: "a map of tiers to {body: {service_tier: NAME}}")
            return []
        }
        return rows.compactMap { row in
            var inner = MapReader(row.value, path: "\(path).\(row.key)", log: log)
            defer { inner.finish() }
            guard ServiceTier.isName(row.key) else {
                log.report(
                    row.keyPlace,
                    path,
                    "a tier's name has 1 to 32 lower-case letters, digits, dashes and underscores"
                )
                return nil
            }
            let body = inner.take("body").map { $0.jsonMembers(inner.path(of: "body"), log) }
            let headers = inner.take("headers").map { $0.headers(inner.path(of: "headers"), log) } ?? []
            return ServiceTier(
                name: row.key,
                members: body ?? [JSONMember(name: "service_tier", json: JSONText.quoted(row.key))],
                headers: headers,
                served: inner.take("served").map { $0.texts(inner.path(of: "served"), log) } ?? []
            )
        }
    }

    private func prices(_ keys: inout MapReader) -> [ProviderCatalogue.ModelPrice] {
        guard let value = keys.take("prices") else { return [] }
        let path = keys.path(of: "prices")
        guard case .map(let rows) = value.content else {
            keys.report(
                "prices",
                value,
                allowed: "a map of models to {input: 0.1, output: 0.4, source: TEXT, date: TEXT}"
            )
            return []
        }
        return rows.compactMap { row in
            var inner = MapReader(row.value, path: "\(path).\(row.key)", log: log)
            let rates = RatesReader(log: log).read(&inner)
            let (source, date, note) = (inner.text("source"), inner.text("date"), inner.text("note"))
            for key in ["input", "output"] where !inner.has(key) { inner.require(key, Units.moneyForm) }
            inner.finish()
            guard let rates else { return nil }
            return ProviderCatalogue.ModelPrice(
                model: row.key,
                rates: rates,
                source: source,
                date: date,
                note: note
            )
        }
    }
}
