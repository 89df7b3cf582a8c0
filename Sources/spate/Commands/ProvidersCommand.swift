import ArgumentParser
import Profile

/// `spate providers`: the presets, and one of them with all that is known of it.
struct ProvidersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "providers",
        abstract: "List the presets, or show one with its prices and sources.",
        discussion: """
            ~/.config/spate/providers.yaml adds providers and overrides keys of these; so does `providers:` in a profile.

            Examples:
              spate providers
              spate providers together
            """
    )

    @Argument(help: "A provider's name.", completion: Completions.providers) var name: String?
    @Flag(help: "As JSON: a map of providers by name.") var json = false

    func run() throws {
        let file = UserFiles.providers
        let catalogue = try refusingFaults { () throws(ProfileError) in try ProviderCatalogue.standard(userFile: file) }
        if let name, catalogue[name] == nil {
            let hint = Spelling.nearest(to: name, among: catalogue.names).map { "; did you mean \($0)?" } ?? ""
            throw Failure(.badInput, "no provider is called \(name)\(hint) `spate providers` lists them")
        }
        if json {
            _ = Console.out(catalogue.json(of: name) + "\n")
        } else if let name {
            _ = Console.say(catalogue.description(of: name))
        } else {
            let own = catalogue.changed.isEmpty ? "" : "* as in \(file ?? "the user's file")\n"
            _ = Console.say(catalogue.table + own)
        }
    }
}
