/// How a server is told which requests belong together, so that it may send them where their beginning is cached.
public enum SessionKey: Sendable, Hashable {
    case header(String)  // of each request, with a value for each conversation
    case body(String)  // a member of each body, likewise
    case echo(String)  // a header of the response, whose value goes back with the next question
}
