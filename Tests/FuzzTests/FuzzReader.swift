import Ticks

/// What reads bytes that others wrote, each as a function of bytes that traps where something does not hold.
///
/// libFuzzer drives them (`make fuzz`, Driver.swift); the suite replays what is kept in `Corpus` through the same functions,
/// and mutations of it. That a reader does not crash is the least: each holds a property besides, named at its function.
enum FuzzReader: String, CaseIterable, Sendable {
    case json, chunks, head, metrics
    #if !SHORT
        case stream, profile, trace, prompts, store
    #endif

    func read(_ bytes: [UInt8]) {
        switch self {
        case .json: FuzzJSON.read(bytes)
        case .chunks: FuzzChunks.read(bytes)
        case .head: FuzzHead.read(bytes)
        case .metrics: FuzzMetrics.read(bytes)
        #if !SHORT
            case .stream: FuzzStream.read(bytes)
            case .profile: FuzzProfile.read(bytes)
            case .trace: FuzzTrace.read(bytes)
            case .prompts: FuzzPrompts.read(bytes)
            case .store: FuzzStore.read(bytes)
        #endif
        }
    }
}

/// An input whose first bytes are choices: which API, which cuts. What is not there is 0.
struct FuzzInput {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func pick<T>(_ choices: [T]) -> T { choices[Int(byte()) % choices.count] }

    mutating func integer() -> Int64 {
        (0..<8).reduce(0) { value, _ in value << 8 | Int64(byte()) }
    }

    mutating func take(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }
}

/// The bytes in reads of 1 to 40 bytes, or of one byte each where `choice` is 0. Each is a copy of its own, so that nothing
/// can lean on what stands behind it.
func fuzzReads(_ bytes: some Collection<UInt8>, choice: UInt8) -> [[UInt8]] {
    var generator = SplitMix64(seed: UInt64(choice))
    var reads: [[UInt8]] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        let size = choice == 0 ? 1 : Int.random(in: 1...40, using: &generator)
        reads.append(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
    }
    return reads
}
