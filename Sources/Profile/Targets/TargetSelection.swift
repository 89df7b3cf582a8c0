/// Lays what flags say over the profile's targets, before they are read: one map for each endpoint and model.
struct TargetSelection {
    struct Entry {
        var path: String  // where it stands in the profile
        var value: YAMLValue
    }

    let log: ProblemLog
    let choice: TargetChoice

    /// The default target where the profile names none.
    func entries(_ value: YAMLValue?) -> [Entry] {
        let standard = YAMLValue(texts: [("provider", ProviderCatalogue.simulated)], at: .init(source: "default"))
        var entries: [Entry] = []
        if let value {
            let items = value.items("targets", log)
            if case .list([]) = value.content {
                log.report(value.place, "targets", "read an empty list; allowed: a target, or no key")
            }
            entries = items.enumerated().flatMap { index, item in expanded(item, path: "targets.\(index)") }
        } else {
            entries = [Entry(path: "targets.0", value: standard)]
        }
        if let name = choice.name, !entries.isEmpty {
            let names = entries.map { Self.name($0.value) }
            entries = entries.filter { Self.name($0.value) == name }
            if entries.isEmpty {
                let place = ProfileError.Place(source: "--target")
                let hint = Spelling.hint(name, among: names)
                log.report(place, "targets", "read \"\(name)\"; allowed: \(names.joined(separator: ", "))\(hint)")
            }
        }
        guard choice.changesTarget else { return entries }
        guard entries.count <= 1 else {
            let names = entries.map { Self.name($0.value) }.joined(separator: ", ")
            let flag = ProfileError.Place(source: firstFlag)
            log.report(flag, "targets", "the profile has several targets (\(names)); say which with --target NAME")
            return entries
        }
        return entries.map { Entry(path: $0.path, value: changed($0.value)) }
    }

    /// A list of models is one target each.
    private func expanded(_ value: YAMLValue, path: String) -> [Entry] {
        guard let models = value["model"], case .list(let list) = models.content else {
            return [Entry(path: path, value: value)]
        }
        if list.isEmpty { log.report(models.place, "\(path).model", "read an empty list; allowed: a model, or no key") }
        let name = value["name"]?.plain
        return list.map { model in
            var one = value
            one["model"] = model
            if let name, let model = model.plain { one["name"] = .text("\(name)/\(model)", at: models.place) }
            return Entry(path: path, value: one)
        }
    }

    private func changed(_ value: YAMLValue) -> YAMLValue {
        var target = value
        func flag(_ text: String, _ name: String) -> YAMLValue { .text(text, at: .init(source: name)) }
        if choice.url != nil || choice.provider != nil {
            target = YAMLValue(.map([]), at: .init(source: choice.url != nil ? "--url" : "--provider"))
            if let url = choice.url { target["url"] = flag(url, "--url") }
            if let provider = choice.provider { target["provider"] = flag(provider, "--provider") }
        }
        if let api = choice.api { target["api"] = flag(api, "--api") }
        if let model = choice.model { target["model"] = flag(model, "--model") }
        if choice.isInsecure { target["insecure"] = flag("true", "--insecure") }
        if !choice.metrics.isEmpty {
            let place = ProfileError.Place(source: "--metrics-url")
            target["metrics"] = YAMLValue(.list(choice.metrics.map { .text($0, at: place) }), at: place)
        }
        switch choice.key {
        case .environment(let name): target["key"] = .init(texts: [("env", name)], at: .init(source: "--key-env"))
        case .file(let path): target["key"] = .init(texts: [("file", path)], at: .init(source: "--key-file"))
        case .command(let words):
            let place = ProfileError.Place(source: "--key-command")
            let list = YAMLValue(.list(words.map { .text($0, at: place) }), at: place)
            target["key"] = YAMLValue(.map([.init(key: "command", keyPlace: place, value: list)]), at: place)
        case nil: break
        }
        return target
    }

    private var firstFlag: String {
        if choice.url != nil { return "--url" }
        if choice.provider != nil { return "--provider" }
        if choice.model != nil { return "--model" }
        if choice.api != nil { return "--api" }
        if choice.key != nil { return "--key" }
        return choice.isInsecure ? "--insecure" : "--metrics-url"
    }

    /// What a target will be called, as far as the text tells.
    private static func name(_ value: YAMLValue) -> String {
        if let name = value["name"]?.plain { return name }
        let (provider, url) = (value["provider"]?.plain, value["url"]?.plain)
        return Target.standardName(provider: provider, url: url, model: value["model"]?.plain)
    }
}

extension YAMLValue {
    /// A map of texts.
    fileprivate init(texts: [(String, String)], at place: ProfileError.Place) {
        let entries = texts.map { Entry(key: $0.0, keyPlace: place, value: .text($0.1, at: place)) }
        self.init(.map(entries), at: place)
    }
}
