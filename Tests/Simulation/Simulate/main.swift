import Engine
import Foundation
import Measurement
import Ticks
import Transport

/// Runs worlds drawn from seeds, and says which of them break what must always hold.
///
///     simulate --seeds 500 [--from 1]
///     simulate --seed 4711 [--without reset,stall] [--phases 1] [--level 2] [--loops 1] [--targets 1] [--show]
///
/// Ends with 1 where one does, after it has made that world as small as it can be.

// Dictionaries in the same order each time, or no seed would give the same world twice.
if getenv("SWIFT_DETERMINISTIC_HASHING") == nil {
    setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
    var words = CommandLine.arguments.map { strdup($0) } + [nil]
    execv("/proc/self/exe", &words)
}

/// At once, for the next world may end the program.
func say(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

func live(_ world: Case) -> Life {
    let here = World(seed: world.seed)
    World.current = here
    defer { here.end() }
    let asked = Asked(world)
    var server = Server(world, asked)
    here.serve = { server.answer(to: $0) }
    let t0 = MonotonicClock.now()
    here.limit = t0.nanoseconds + 600 * 1_000_000_000
    let machines = asked.parts(world).map { Machine($0, t0: t0, here) }
    disturb(here, world, from: t0.nanoseconds)
    if world.faults.contains(.hands) { steer(machines.map(\.runs), here, world, from: t0.nanoseconds) }
    var parts = machines.map { $0.end(here) }
    if parts.count == 1, let second = machines[0].resumed(behind: parts[0], here) {
        var end = second.end(here)
        end.earlier = Earlier(of: parts[0])
        parts.append(end)
    }
    return Life(asked: asked, parts: parts)
}

/// One of those that the load comes from.
struct Machine {
    let asked: Asked
    let t0: Instant
    let books: Books
    let runs: RunGroup

    private init(_ asked: Asked, _ programs: [Program], _ books: Books, t0: Instant) {
        (self.asked, self.books, self.t0) = (asked, books, t0)
        var options = Run.Options(id: asked.name)
        options.loops = asked.loops
        options.caps = asked.caps
        runs = RunGroup(programs: programs, options: options, t0: t0, sink: books)
    }

    /// What is left of it.
    func end(_ here: World) -> Aftermath {
        let outcome = runs.join()
        return Aftermath(
            asked: asked,
            t0: t0.nanoseconds,
            run: books.run,
            journal: here.journal.filter { $0.id.hasPrefix(asked.name) },
            outcome: outcome,
            standstill: here.standstill,
            haveStood: here.haveStood,
            standstills: here.standstills.map { $0.lowerBound - t0.nanoseconds..<$0.upperBound - t0.nanoseconds },
            snapshot: runs.snapshot(at: MonotonicClock.now()).feed,
            lostFrom: books.isBroken ? asked.storeFails.map { t0.nanoseconds + $0.at } : nil
        )
    }

    /// Goes on with what it left, as `--resume` does; nil where it came to its end, or nobody asks for it.
    func resumed(behind end: Aftermath, _ here: World) -> Machine? {
        let stop = end.outcome?.stop
        guard asked.isResumed, end.violations.isEmpty, stop == .interrupt || stop == .cap("local_io") else {
            return nil
        }
        var stored = end.run
        stored.targets = end.targets
        (stored.run.complete, stored.run.interrupted) = (end.lostFrom == nil, true)
        let rest = Resumption(of: stored, at: here.now + here.realtimeOffset)
        let remainders = asked.targets.map(rest.remainder)
        let ends = Resumption.unmeasured(remainders)
        for place in stored.requests.indices {
            guard let instant = ends[stored.requests[place].step] else { continue }
            if stored.requests[place].scheduled >= instant { stored.requests[place].measured = false }
        }
        var left = asked
        left.caps = rest.limits(asked.caps)
        let books = Books(stored)
        var batch = RecordBatch()
        rest.open(&batch, remainders)
        books.write(batch)
        let programs = asked.programs(remainders, behind: end.run)
        return Machine(left, programs, books, t0: MonotonicClock.now().advanced(byNanoseconds: -rest.reached))
    }

    init(_ asked: Asked, t0: Instant, _ here: World) {
        self.init(asked, asked.programs(), Books(), t0: t0)
        if let instant = asked.interruptAfter {
            here.at(t0.nanoseconds + instant) { [runs] in runs.stop(.interrupt) }
        }
        guard let (instant, length) = asked.storeFails else { return }
        here.at(t0.nanoseconds + instant) { [books] in books.fail() }
        // The session looks each quarter of a second.
        here.at(t0.nanoseconds + instant + 250_000_000) { [runs] in runs.stop(.cap("local_io")) }
        if let length { here.at(t0.nanoseconds + instant + length) { [books] in books.recover() } }
    }
}

/// What happens to the machine.
func disturb(_ here: World, _ world: Case, from: Int64) {
    var draw = Draw(world.seed, "machine")
    for _ in 0..<draw.number(0...3) {
        let (instant, length) = (from + draw.milliseconds(1...8000), draw.milliseconds(1...900))
        if world.faults.contains(.stop) { here.at(instant) { here.stopThreads(for: length) } }
    }
    for _ in 0..<draw.number(0...2) {
        let (instant, jump) = (from + draw.milliseconds(1...8000), draw.milliseconds(0...4_000_000) - 2_000_000_000_000)
        let slept = draw.chance(0.3) ? draw.milliseconds(100...60_000) : 0
        if world.faults.contains(.clock) {
            here.at(instant) {
                here.realtimeOffset += jump + slept
                here.boottimeOffset += slept
            }
        }
    }
}

/// Somebody pauses the run and lets it go on, or skips what it is at.
func steer(_ machines: [RunGroup], _ here: World, _ world: Case, from: Int64) {
    var draw = Draw(world.seed, "hands")
    if draw.chance(0.5) { return }
    for _ in 0..<draw.number(0...2) {
        let (instant, length) = (from + draw.milliseconds(0...8000), draw.milliseconds(1...3000))
        here.at(instant) { for runs in machines { runs.pause() } }
        here.at(instant + length) { for runs in machines { runs.resume() } }
    }
    for _ in 0..<draw.number(0...1) {
        here.at(from + draw.milliseconds(0...8000)) { for runs in machines { runs.skip() } }
    }
}

func refuse(_ text: String) -> Never {
    say("simulate: \(text)")
    exit(104)
}

func number<Value: FixedWidthInteger>(_ word: String, _ text: String, in range: ClosedRange<Value> = 1...Value.max)
    -> Value
{
    guard let value = Value(text), range.contains(value) else {
        refuse("\(word) \(text): allowed: a whole number from 1 on")
    }
    return value
}

/// The smallest world that breaks the same.
func shrunk(_ world: Case) -> Case {
    var world = world
    while let smaller = world.smaller.first(where: { !live($0).violations.isEmpty }) { world = smaller }
    return world
}

var first: UInt64 = 1
var count: UInt64 = 300
var single: Case?
var shows = false
var mayShrink = true
var words = CommandLine.arguments.dropFirst()
while let word = words.popFirst() {
    if word == "--show" {
        shows = true
        continue
    }
    let value = words.popFirst() ?? ""
    switch word {
    case "--from": first = number(word, value)
    case "--seeds": count = number(word, value)
    case "--seed": single = Case(seed: number(word, value))
    case "--without":
        for name in value.split(separator: ",") {
            guard let fault = Fault(rawValue: String(name)) else {
                refuse("--without \(name): allowed: \(Fault.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            single?.faults.remove(fault)
        }
    case "--phases": single?.mostPhases = number(word, value, in: 1...3)
    case "--level": single?.mostLevel = number(word, value, in: 1...8)
    case "--loops": single?.mostLoops = number(word, value, in: 1...3)
    case "--targets": single?.mostTargets = number(word, value, in: 1...3)
    default: refuse("unknown word \(word); see the top of main.swift")
    }
}

if let single {
    let end = live(single)
    for violation in end.violations { print(violation) }
    if shows { end.show() }
    let again = live(single)
    let isSame = again.records == end.records && again.requests == end.requests
    print(
        "\(single.words): \(end.requests) requests, \(end.violations.count) violations, \(isSame ? "the same" : "NOT THE SAME") twice"
    )
    exit(end.violations.isEmpty && isSame ? 0 : 1)
}

var (requests, refused) = (0, 0)
for seed in first..<first + count {
    let world = Case(seed: seed)
    let end = live(world)
    requests += end.requests
    refused += end.records.count { $0.outcomeClass != .success }
    let violations = end.violations
    guard violations.isEmpty else {
        say("seed \(seed): \(violations.prefix(5).joined(separator: "; "))")
        let small = shrunk(world)
        say("smallest: simulate \(small.words)")
        for violation in live(small).violations.prefix(5) { print("  \(violation)") }
        exit(1)
    }
}
print("\(count) worlds from seed \(first): \(requests) requests, \(refused) of them not successes, 0 violations")
