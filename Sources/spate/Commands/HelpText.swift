/// A command's help as people read it: its own options first, then what all commands share.
enum HelpText {
    /// - Parameter text: as the argument parser writes it, which puts a command's own options, a section named OPTIONS,
    ///   behind all others. A section begins with its title at the left edge.
    static func arranged(_ text: String) -> String {
        var sections: [[Substring]] = [[]]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasSuffix(":") && line.first?.isLetter == true && line.uppercased() == line { sections.append([]) }
            sections[sections.count - 1].append(line)
        }
        guard let own = sections.firstIndex(where: { $0.first == "OPTIONS:" }),
            let shared = sections.indices.dropFirst().first(where: { !Self.first.contains(sections[$0].first ?? "") }),
            shared < own
        else { return text }
        var options = sections.remove(at: own)
        if options.last != "" { options.append("") }
        sections.insert(options, at: shared)
        return sections.joined().joined(separator: "\n")
    }

    /// Sections that stay before a command's own options.
    private static let first: Set<Substring> = ["ARGUMENTS:", "SUBCOMMANDS:"]
}
