import ArgumentParser
import Profile
import ShippedProfiles

/// `spate profiles`: the profiles inside the binary, and one of them as a file to begin with.
struct ProfilesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profiles",
        abstract: "List the built-in profiles, or print one.",
        discussion: """
            Examples:
              spate run ramp --url http://127.0.0.1:8000
              spate profiles ramp > mine.yaml        a start for your own profile
            """
    )

    @Argument(help: "A profile's name.", completion: .list(ShippedProfiles.names)) var name: String?

    func run() throws {
        guard let name else {
            let width = ShippedProfiles.names.map(\.count).max() ?? 0
            for name in ShippedProfiles.names {
                let gap = String(repeating: " ", count: width - name.count)
                _ = Console.out("\(name)\(gap)  \(ShippedProfiles.summary(of: name) ?? "")\n")
            }
            return
        }
        guard let text = ShippedProfiles.text(of: name) else {
            let hint = Spelling.nearest(to: name, among: ShippedProfiles.names).map { "; did you mean \($0)?" } ?? "."
            throw Failure(.badInput, "no profile is called \(name)\(hint) `spate profiles` lists them")
        }
        _ = Console.out(text)
    }
}

/// `spate demo`: the shipped profile of that name.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show what spate does: a ramp and two bursts on the built-in simulated provider, in under a minute.",
        discussion: """
            Examples:
              spate demo
              spate demo --dry-run
            """
    )

    @OptionGroup(title: "Target") var target: TargetFlags
    @OptionGroup(title: "Run") var flags: RunFlags

    func run() throws {
        let document = try refusingFaults { () throws(ProfileError) in try ProfileDocument(named: "demo") }
        try Launch(document: document, target: target, flags: flags).run()
    }
}
