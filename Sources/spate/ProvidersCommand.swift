import ArgumentParser
import Profile
import Wire

/// `spate providers`: the presets.
struct ProvidersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "providers", abstract: "List the presets.")

    func run() throws {
        let catalogue = try refusingFaults { () throws(ProfileError) in try ProviderCatalogue.builtIn() }
        var text = ""
        for entry in catalogue.entries {
            let provider = entry.provider
            let keys =
                provider.keyVariables.isEmpty ? "no key" : "key in " + provider.keyVariables.joined(separator: " or ")
            text += "\(provider.name)\n  \(provider.baseURL ?? "address by --url"), \(provider.api.rawValue), \(keys)\n"
        }
        _ = Console.out(text)
    }
}
