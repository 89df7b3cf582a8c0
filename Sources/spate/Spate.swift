import ArgumentParser

@main
struct Spate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spate",
        abstract: "Load generator and throughput tester for LLM inference APIs."
    )
}
