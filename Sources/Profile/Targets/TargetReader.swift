import Schedule
import Wire

/// Reads `targets`, one endpoint and model each, after `TargetSelection` has laid the flags over them.
struct TargetReader {
    private static let keyForm = "{env: NAME}, {file: PATH} or {command: [WORDS]}"

    private let log: ProblemLog
    private let catalogue: ProviderCatalogue
    private let pathOfFile: (String, ProfileError.Place) -> String
    /// Of a simulated provider that names none.
    var standardScenario = "steady"

    init(
        log: ProblemLog,
        catalogue: ProviderCatalogue,
        pathOfFile: @escaping (String, ProfileError.Place) -> String
    ) {
        self.log = log
        self.catalogue = catalogue
        self.pathOfFile = pathOfFile
    }

    /// - Parameter path: the key path of the target in the profile.
    func read(_ value: YAMLValue, path: String, workload: Workload) -> Target? {
        var keys = MapReader(value, path: path, log: log)
        let url = keys.text("url")
        let providerName = keys.text("provider")
        let written = keys.text("name")
        let model = keys.text("model")
        let api = api(&keys)
        let key = keys.take("key")
        let price = keys.take("price").map { RatesReader(log: log).price($0, path: keys.path(of: "price")) }
        let tier = keys.take("tier")
        let servedBy = keys.take("served_by").flatMap { source in
            ServedByReader(log: log).read(source, path: keys.path(of: "served_by"))
        }
        let headers = keys.take("headers").map { $0.headers(keys.path(of: "headers"), log) } ?? []
        let insecure = keys.flag("insecure") ?? false
        let scenario = keys.take("scenario")
        let connection = TargetConnection(&keys, log, pathOfFile: pathOfFile)
        let query = keys.take("query")
        let breakerAfter = breaker(&keys)
        let metrics = metrics(&keys)
        let gatewayTo = keys.text("gateway_to")
        keys.finish()

        if let providerName, catalogue[providerName] == nil {
            let hint = Spelling.hint(providerName, among: catalogue.names)
            let allowed = "a name that `spate providers` lists" + hint
            if let value = value["provider"] { keys.report("provider", value, allowed: allowed) }
            return nil
        }
        guard url != nil || providerName != nil else {
            log.report(value.place, path, "neither provider nor url; a target needs one of them")
            return nil
        }
        guard let entry = catalogue[providerName ?? ProviderCatalogue.compatible] else { return nil }
        var provider = entry.provider
        if let api { provider.api = api }
        if let problem = misfit(workload, provider.api) {
            log.report(value.place, path, problem)
            return nil
        }
        let asked = tier.flatMap { self.tier($0, entry, over: provider.api, keys) }
        if let servedBy { provider.servedBy = servedBy }
        provider.extraMembers += asked?.members ?? []
        provider.headers += asked?.headers ?? []
        if case .preset = workload.conversations?.session, provider.session == nil {
            let message = "workload.conversation.session is true: \(provider.name) has no known session key; write "
            log.report(value.place, path, message + SessionReader.allowed)
        }
        addMembers(of: workload, entry, model: model, to: &provider, path: path, place: value.place)
        provider.headers += headers

        let isSimulated = provider.name == ProviderCatalogue.simulated
        if isSimulated {
            for (name, given) in [
                ("url", value["url"]), ("key", key), ("headers", value["headers"]), ("query", query),
            ] {
                guard let given else { continue }
                log.report(
                    given.place,
                    keys.path(of: name),
                    "the simulated provider is started by spate and takes no \(name)"
                )
            }
        } else if let scenario {
            log.report(scenario.place, keys.path(of: "scenario"), "only the simulated provider plays a scenario")
        }
        guard
            var location = isSimulated
                ? .simulated(self.scenario(scenario, path: keys.path(of: "scenario")))
                : address(url ?? provider.baseURL, value["url"] ?? value, keys, entry, provider.api)
        else { return nil }
        if let query, case .remote(var address) = location {
            do throws(TargetAddress.Refusal) {
                if address.query != nil { throw TargetAddress.Refusal(message: "the URL has a query already") }
                address.query = try TargetAddress.query(query.plain ?? "")
                location = .remote(address)
            } catch {
                log.report(query.place, keys.path(of: "query"), error.message)
            }
        }
        let name = written ?? Target.standardName(provider: providerName, url: url, model: model)
        var target = Target(name: name, location: location, provider: provider)
        target.headers = headers
        target.model = model
        target.key = key.flatMap { keySource($0, path: keys.path(of: "key")) }
        target.price = price ?? model.flatMap(entry.price(of:)).map(Target.Price.init) ?? Target.Price()
        target.tier = asked
        target.isInsecure = insecure
        target.connection = connection
        target.breakerAfter = breakerAfter
        target.metrics = metrics
        target.gatewayTo = gatewayTo
        target.preset = entry
        let isTLS = if case .remote(let address) = location { address.isTLS } else { false }
        if let problem = connection.problem(isTLS: isTLS) {
            log.report((value["http"] ?? value).place, keys.path(of: "http"), problem)
        }
        return target
    }

    /// `metrics: URL`, or a list of them.
    private func metrics(_ keys: inout MapReader) -> [MetricsAddress] {
        guard let value = keys.take("metrics") else { return [] }
        let path = keys.path(of: "metrics")
        var addresses: [MetricsAddress] = []
        for text in value.texts(path, log) {
            do throws(TargetAddress.Refusal) {
                let address = try MetricsAddress(parsing: text)
                if !addresses.contains(address) { addresses.append(address) }
            } catch {
                let shown = text.contains("@") ? "a URL" : "\"\(text.prefix(60))\""
                log.report(value.place, path, "read \(shown): \(error.message)")
            }
        }
        return addresses
    }

    /// `breaker: {after: 30s}`, or `off`.
    private func breaker(_ keys: inout MapReader) -> Duration? {
        guard let value = keys.take("breaker") else { return Target.standardBreaker }
        if value.plain == "off" { return nil }
        var own = MapReader(value, path: keys.path(of: "breaker"), log: log, allowed: "{after: 30s}, or off")
        defer { own.finish() }
        return own.duration("after", Target.standardBreaker)
    }

    /// The tier of service that is asked for.
    private func tier(_ value: YAMLValue, _ entry: ProviderCatalogue.Entry, over api: API, _ keys: MapReader)
        -> ServiceTier?
    {
        guard let name = value.plain, ServiceTier.isName(name) else {
            keys.report("tier", value, allowed: "the name of a tier of service, such as fast or flex")
            return nil
        }
        if let tier = entry.tier(name, over: api) { return tier }
        let names = entry.tiers.map(\.name)
        let allowed =
            names.isEmpty
            ? "no tier: \(api.rawValue) knows none (a header or a member of the body may ask for one)"
            : names.joined(separator: ", ") + Spelling.hint(name, among: names)
        keys.report("tier", value, allowed: allowed)
        return nil
    }

    /// What the workload asks that the API has no place for.
    private func misfit(_ workload: Workload, _ api: API) -> String? {
        if workload.inputsPerRequest != 1, !api.makesVectors {
            return "workload.inputs_per_request is \(workload.inputsPerRequest): \(api.rawValue) takes one prompt a "
                + "request; allowed there: 1, or api: \(API.openAIEmbeddings.rawValue)"
        }
        guard api.makesVectors else { return nil }
        var prompts: [Prompt] = []
        if case .list(let list) = workload.source { prompts = list }
        if workload.expectation != nil || prompts.contains(where: { $0.expectation != nil }) {
            return "expect is given, and \(api.rawValue) answers without text; leave it out"
        }
        if prompts.contains(where: { $0.extraBody != nil }) {
            return "prompts bring members of their own, and a request of \(api.rawValue) holds several; leave them out"
        }
        if workload.conversations != nil {
            return "workload.conversation is given, and \(api.rawValue) answers without text; leave it out"
        }
        if workload.primes {
            return
                "workload.prompts.prime is true, and \(api.rawValue) makes vectors, for which nothing is kept; leave it out"
        }
        if workload.ignoreEOS { return "workload.ignore_eos is true, and \(api.rawValue) answers without text" }
        return nil
    }

    private func scenario(_ value: YAMLValue?, path: String) -> Scenario {
        let reader = ScenarioReader(log: log, pathOfFile: pathOfFile)
        let standard = YAMLValue.text(standardScenario, at: ProfileError.Place(source: "scenario"))
        return reader.read(value ?? standard, path: path)
    }

    private func address(
        _ url: String?,
        _ value: YAMLValue,
        _ keys: MapReader,
        _ entry: ProviderCatalogue.Entry,
        _ api: API
    ) -> Target.Location? {
        guard let url else {
            let form = entry.addressForm.map { "; it looks like \($0)" } ?? ""
            log.report(
                value.place,
                keys.path(of: "url"),
                "missing; the provider \(entry.provider.name) has no address of its own\(form)"
            )
            return nil
        }
        do {
            return .remote(try TargetAddress(parsing: url, api: api))
        } catch {
            let shown = url.contains("@") ? "a URL" : "\"\(url.prefix(60))\""
            log.report(value.place, keys.path(of: "url"), "read \(shown): \(error.message)")
            return nil
        }
    }

    private func api(_ keys: inout MapReader) -> API? {
        guard let value = keys.take("api") else { return nil }
        switch APIName(value.plain ?? "") {
        case .known(let api): return api
        case .notBuilt:
            let built = API.allCases.map(\.rawValue).joined(separator: ", ")
            log.report(
                value.place,
                keys.path(of: "api"),
                "\(value.shown) is not built yet; this version speaks \(built)",
                kind: .notBuilt
            )
        case .unknown:
            let hint = value.plain.map { Spelling.hint($0, among: APIName.words) } ?? ""
            keys.report("api", value, allowed: API.allCases.map(\.rawValue).joined(separator: ", ") + hint)
        }
        return nil
    }

    /// The workload's reasoning switch and extra members; the user's own come last, so that they win.
    private func addMembers(
        of workload: Workload,
        _ entry: ProviderCatalogue.Entry,
        model: String?,
        to provider: inout Provider,
        path: String,
        place: ProfileError.Place
    ) {
        switch workload.reasoning {
        case .default: break
        case .off:
            switch entry.reasoningOff(for: model, over: provider.api) {
            case .members(let off): provider.extraMembers += off
            case .impossible:
                let message = "\(model ?? provider.name) always reasons; allowed there: low, medium, high or default"
                log.report(place, path, "workload.reasoning is off: \(message)")
            case .unknown:
                if provider.name != ProviderCatalogue.simulated {
                    let message =
                        "\(provider.name) has no known switch for reasoning; set it in workload.extra_body"
                    log.report(place, path, "workload.reasoning is off: \(message)")
                }
            }
        case .low, .medium, .high:
            if let members = provider.api.reasoning(effort: workload.reasoning.rawValue) {
                provider.extraMembers += members
            } else {
                let message = "\(provider.api.rawValue) knows no effort of reasoning"
                log.report(place, path, "workload.reasoning is \(workload.reasoning.rawValue): \(message)")
            }
        }
        if !workload.streams { provider.extraMembers.append(JSONMember(name: "stream", json: "false")) }
        if let extra = workload.extraBody, let members = JSONParser().members(of: extra) {
            provider.extraMembers += members
        }
    }

    /// Never shows what it read: it may be the key itself.
    private func keySource(_ value: YAMLValue, path: String) -> KeySource? {
        guard case .map = value.content else {
            log.report(value.place, path, "a key is never written into a profile; allowed: \(Self.keyForm)")
            return nil
        }
        var keys = MapReader(value, path: path, log: log)
        let (variable, file, command) = (keys.take("env"), keys.take("file"), keys.take("command"))
        keys.finish()
        guard [variable, file, command].filter({ $0 != nil }).count == 1 else {
            log.report(value.place, path, "allowed: one of \(Self.keyForm)")
            return nil
        }
        if let variable {
            guard let name = variable.plain, Self.isVariable(name) else {
                let message =
                    "no name of a variable (letters, digits and _); if it is the key itself, put it into a variable"
                log.report(variable.place, "\(path).env", message)
                return nil
            }
            return .environment(name)
        }
        if let file {
            guard let name = file.plain, !name.isEmpty else {
                log.report(file.place, "\(path).file", "allowed: the path of a file")
                return nil
            }
            return .file(pathOfFile(name, file.place))
        }
        guard let command else { return nil }
        let words =
            command.plain.map { $0.split(separator: " ").map(String.init) } ?? command.texts("\(path).command", log)
        if words.isEmpty { log.report(command.place, "\(path).command", "allowed: a program and its arguments") }
        return words.isEmpty ? nil : .command(words)
    }

    private static func isVariable(_ name: String) -> Bool {
        func isLetter(_ byte: UInt8) -> Bool { byte == 0x5f || (0x61...0x7a).contains(byte | 0x20) }
        guard let first = name.utf8.first, isLetter(first), name.utf8.count <= 64 else { return false }
        return name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
    }
}
