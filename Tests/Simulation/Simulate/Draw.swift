import Transport

/// What may go wrong in a world, and what makes one less plain.
enum Fault: String, CaseIterable {
    case refused  // nobody takes the connection
    case hangs  // nor refuses it
    case resetEarly = "reset-early"
    case status  // 429, 500, 503, with and without advice
    case silent  // no first token
    case stall  // in the middle
    case reset  // in the middle
    case early  // an end without its sign
    case slow  // beyond the total timeout
    case open  // the connection stays open behind the end
    case late  // a reset behind the end
    case split  // reads that end anywhere, also within a character, and pieces of them
    case inband  // an error in the stream
    case stop  // the generator does not run for a while
    case clock  // the wall clock is set, the machine sleeps
    case interrupt
    case caps
    case apis  // others than OpenAI's chat
    case users  // who ask again
    case probes  // beside the load
    case replays  // traces
    case keepwarm  // pauses after which a server may be cold
    case hands  // that pause the run, or skip a phase of it
    case again  // what was read comes once more: a token, or the end
    case shards  // the load is that of several machines
    case store  // what is recorded cannot be kept, for a while or for good
    case gone  // a target answers nobody for a while, or for good
    case resume  // a run that was cut off goes on
}

/// One world, drawn from its seed; what is taken away leaves the rest of the draw as it was.
struct Case {
    var seed: UInt64
    var faults = Set(Fault.allCases)
    var mostPhases = 3
    var mostLevel = 8
    var mostLoops = 3
    var mostTargets = 3

    /// How to have it again.
    var words: String {
        var words = "--seed \(seed)"
        let without = Fault.allCases.filter { !faults.contains($0) }.map(\.rawValue)
        if !without.isEmpty { words += " --without \(without.joined(separator: ","))" }
        if mostPhases < 3 { words += " --phases \(mostPhases)" }
        if mostLevel < 8 { words += " --level \(mostLevel)" }
        if mostLoops < 3 { words += " --loops \(mostLoops)" }
        if mostTargets < 3 { words += " --targets \(mostTargets)" }
        return words
    }

    /// Smaller ones, each less of one kind.
    var smaller: [Case] {
        var cases: [Case] = []
        for fault in Fault.allCases where faults.contains(fault) {
            var other = self
            other.faults.remove(fault)
            cases.append(other)
        }
        if mostTargets > 1 { cases.append(with { $0.mostTargets -= 1 }) }
        if mostLoops > 1 { cases.append(with { $0.mostLoops = 1 }) }
        if mostPhases > 1 { cases.append(with { $0.mostPhases -= 1 }) }
        if mostLevel > 1 { cases.append(with { $0.mostLevel /= 2 }) }
        return cases
    }

    private func with(_ change: (inout Case) -> Void) -> Case {
        var other = self
        change(&other)
        return other
    }
}

/// Numbers that a seed gives, by what they are for, so that leaving one out changes no other.
struct Draw {
    private var random: Chance

    init(_ seed: UInt64, _ purpose: StaticString) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a
        purpose.withUTF8Buffer { for byte in $0 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 } }
        random = Chance(seed: seed ^ hash)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(random.next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    mutating func chance(_ share: Double) -> Bool { random.unit() < share }
    mutating func milliseconds(_ range: ClosedRange<Int>) -> Int64 { Int64(number(range)) * 1_000_000 }
    mutating func one<Value>(_ values: [Value]) -> Value { values[number(0...values.count - 1)] }
}
