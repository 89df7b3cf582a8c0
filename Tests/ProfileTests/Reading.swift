import Testing

@testable import Profile

/// Reads a profile's text as if it were the file `p.yaml`.
func read(_ text: String, _ change: (inout ProfileDocument) throws -> Void = { _ in }) throws -> Profile {
    var document = try ProfileDocument(text: text, file: "p.yaml")
    try change(&document)
    return try document.profile(catalogue: try ProviderCatalogue.builtIn())
}

/// What is wrong with a profile's text, one line each; empty if nothing is.
func problems(_ text: String, _ change: (inout ProfileDocument) throws -> Void = { _ in }) -> [String] {
    do {
        _ = try read(text, change)
        return []
    } catch let error as ProfileError {
        return error.problems.map(\.description)
    } catch {
        return ["another error: \(error)"]
    }
}

/// A profile with these phases and nothing else.
func phases(_ text: String) -> String { "phases:\n" + text }

let ramp = "phases: [ramp: {concurrency: [1, 2]}]\n"
