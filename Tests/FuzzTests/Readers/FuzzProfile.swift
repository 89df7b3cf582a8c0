import Schedule

@testable import Profile

/// A profile's text.
///
/// Held: it is refused with a reason, or its resolved form reads back as the same profile, of the same text.
enum FuzzProfile {
    private static let catalogue: ProviderCatalogue? = try? ProviderCatalogue.builtIn()

    static func read(_ bytes: [UInt8]) {
        guard let catalogue, let text = try? TextFile.text(of: bytes) else { return }
        do throws(ProfileError) {
            let profile = try ProfileDocument(text: text, file: "p.yaml").profile(catalogue: catalogue)
            let resolved = profile.resolvedYAML()
            let again = try? ProfileDocument(text: resolved, file: "p.yaml").profile(catalogue: catalogue)
            precondition(again == profile, "the resolved form is another profile:\n\(resolved)")
            precondition(again?.resolvedYAML() == resolved)
            _ = profile.plan().estimate(answer: profile.plan().fastAnswer)
            _ = try? profile.fast()
        } catch {
            for problem in error.problems { precondition(!problem.message.isEmpty) }
        }
    }
}
