import Schedule
import Testing
import Wire

@testable import Profile

/// How a server is told what belongs to one conversation.
@Suite struct SessionKeyTests {
    private func text(_ session: String, target: String = "{url: 'h:1', model: m}") -> String {
        ramp + "targets: [\(target)]\nworkload: {conversation: {turns: 2, session: \(session)}}\n"
    }

    @Test(arguments: [
        ("{header: X-Session}", Workload.Conversations.Session.header("X-Session")),
        ("{header: x-session-token}", .header("x-session-token")),  // a session's token is no secret of the user's
        ("{body: prompt_cache_key}", .body("prompt_cache_key")),
        ("{body: user}", .body("user")),
        ("{echo: x-session-token}", .echo("x-session-token")),
    ]) func `each way is read and written back`(yaml: String, session: Workload.Conversations.Session) throws {
        let profile = try read(text(yaml))
        #expect(profile.workload.conversations?.session == session)
        #expect(try read(profile.resolvedYAML()) == profile)
    }

    @Test func `none is the default, and false says so`() throws {
        #expect(try read(text("false")).workload.conversations?.session == nil)
        let plain = ramp + "targets: [{url: 'h:1', model: m}]\nworkload: {conversation: {turns: 2}}\n"
        #expect(try read(plain).workload.conversations?.session == nil)
    }

    /// As their documentation has it.
    @Test(arguments: [
        ("openai", "", SessionKey.body("prompt_cache_key")),
        ("azure", ", url: 'https://x.openai.azure.com/openai/v1'", .body("prompt_cache_key")),
        ("fireworks", "", .header("x-session-affinity")),
    ]) func `true is what the preset knows`(provider: String, more: String, key: SessionKey) throws {
        let target = "{provider: \(provider), model: m, key: {env: K}\(more)}"
        let profile = try read(text("true", target: target))
        #expect(profile.workload.conversations?.session == .preset)
        #expect(profile.targets.map(\.provider.session) == [key])
        #expect(try read(profile.resolvedYAML()) == profile)
    }

    @Test func `true needs a preset that knows`() {
        let found = problems(text("true")).joined()
        #expect(
            found.contains("workload.conversation.session is true: openai-compatible has no known session key"),
            "\(found)"
        )
        #expect(found.hasSuffix("write {header: NAME}, {body: NAME} or {echo: HEADER}"), "\(found)")
    }

    @Test func `a provider of the profile's own may know one`() throws {
        let own = "providers: {mine: {base_url: 'http://h:1/v1', session: {header: x-sticky}}}\n"
        let profile = try read(own + text("true", target: "{provider: mine, model: m}"))
        #expect(profile.targets[0].provider.session == .header("x-sticky"))
    }

    private static let one = "allowed: one of {header: NAME}, {body: NAME} or {echo: HEADER}"

    @Test(arguments: [
        (
            "sticky",
            "session: read \"sticky\"; allowed: true (the preset's own), {header: NAME}, {body: NAME} or {echo: HEADER}"
        ),
        ("{}", "session: \(one)"),
        ("{header: a, body: b}", "session: \(one)"),
        ("{cookie: a}", "session.cookie: unknown key; allowed: header, body, echo"),
        ("{heder: a}", "did you mean header?"),
        ("{header: 'a b'}", "session.header: read \"a b\"; allowed: the name of a header that is not spate's own"),
        ("{header: ''}", "session.header: read \"\"; allowed: a text"),
        ("{header: X-Request-ID}", "session.header: read \"X-Request-ID\"; allowed: the name of a header that is not"),
        ("{echo: Content-Length}", "session.echo: read \"Content-Length\"; allowed: the name of a header that is not"),
        (
            "{body: model}",
            "session.body: read \"model\"; allowed: the name of a member that says nothing else to the server"
        ),
        ("{body: max_tokens}", "session.body: read \"max_tokens\"; allowed: the name of a member"),
        ("{body: ''}", "session.body: read \"\"; allowed: a text"),
        ("{body: \(String(repeating: "k", count: 65))}", "session.body: read a name of 65 bytes; allowed: at most 64"),
        ("[header, a]", "session: read a list"),
    ]) func `what is no way is an error that says which are`(yaml: String, message: String) {
        let found = problems(text(yaml)).joined(separator: "\n")
        #expect(found.contains(message), "\(yaml): \(found)")
    }
}
