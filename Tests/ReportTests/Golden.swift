import Foundation
import Testing

/// Texts that were read and found good by a person. They change by hand, with the reason in the commit.
enum Golden {
    static func read(_ name: String) throws -> String {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil), "\(name)")
        return try String(contentsOf: url, encoding: .utf8)
    }
}
