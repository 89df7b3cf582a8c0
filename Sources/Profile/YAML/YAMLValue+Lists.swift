import Wire

extension YAMLValue {
    /// A list's values; anything else is reported.
    func items(_ path: String, _ log: ProblemLog) -> [YAMLValue] {
        guard case .list(let values) = content else {
            log.report(place, path, "read \(shown); allowed: a list")
            return []
        }
        return values
    }

    /// A text, or a list of them.
    func texts(_ path: String, _ log: ProblemLog) -> [String] {
        if let plain, !plain.isEmpty { return [plain] }
        return items(path, log).enumerated().compactMap { index, item in
            if let text = item.plain, !text.isEmpty { return text }
            log.report(item.place, "\(path).\(index)", "read \(item.shown); allowed: a text")
            return nil
        }
    }

    func jsonMembers(_ path: String, _ log: ProblemLog) -> [JSONMember] {
        guard case .map(let entries) = content else {
            log.report(place, path, "read \(shown); allowed: a map")
            return []
        }
        return entries.compactMap { entry in
            guard let json = entry.value.json else {
                log.report(
                    entry.value.place,
                    "\(path).\(entry.key)",
                    "read \(entry.value.shown); allowed: what JSON holds"
                )
                return nil
            }
            return JSONMember(name: entry.key, json: json)
        }
    }

    /// A map of header names to values, without what carries secrets.
    func headers(_ path: String, _ log: ProblemLog) -> [Header] {
        guard case .map(let entries) = content else {
            log.report(place, path, "read \(shown); allowed: a map of names to values")
            return []
        }
        return entries.compactMap { entry in
            let path = "\(path).\(entry.key)"
            let refusal = HeaderRule.refusal(of: entry.key)
            if refusal == .secret {
                log.report(
                    entry.keyPlace,
                    path,
                    "a header that carries a secret; use key: {env: NAME}, {file: F} or {command: C}"
                )
                return nil
            }
            if refusal == .ours {
                log.report(entry.keyPlace, path, "spate sets this header itself; leave it out")
                return nil
            }
            guard refusal == nil, let text = entry.value.plain, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) else {
                log.report(
                    entry.value.place,
                    path,
                    "read \(entry.value.shown); allowed: a header name and a line of ASCII"
                )
                return nil
            }
            return Header(name: entry.key, value: text)
        }
    }
}
