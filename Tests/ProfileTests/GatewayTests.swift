import Testing

@testable import Profile

@Suite struct GatewayTests {
    private static let direct = "{name: direct, url: 'h:1', model: m}"

    private func problem(_ targets: String) -> String {
        problems(ramp + "targets: [\(targets)]\n").joined(separator: "\n")
    }

    @Test func `a gateway names the target before which it stands, and is written back`() throws {
        let text = ramp + "targets: [\(Self.direct), {name: g, url: 'h:2', model: m, gateway_to: direct}]\n"
        let profile = try read(text)
        #expect(profile.targets.map(\.gatewayTo) == [nil, "direct"])
        #expect(try read(profile.resolvedYAML()) == profile)
    }

    @Test(arguments: [
        (
            "\(direct), {name: g, url: 'h:2', model: m, gateway_to: dircet}",
            "read \"dircet\"; allowed: direct; did you mean direct?"
        ),
        ("\(direct), {name: g, url: 'h:2', model: m, gateway_to: g}", "read \"g\"; allowed: direct"),
        (
            "\(direct), {name: g, url: 'h:2', model: m, gateway_to: direct}, {name: k, url: 'h:3', model: m, gateway_to: g}",
            "targets.2.gateway_to: read \"g\"; allowed: direct"
        ),
        (
            "{name: g, url: 'h:2', model: m, gateway_to: direct}",
            "read \"direct\"; allowed: the name of another target, which is no gateway itself"
        ),
    ]) func `one that stands before nothing, itself or another gateway is an error`(targets: String, message: String) {
        #expect(problem(targets).contains(message), "\(problem(targets))")
    }
}
