import Schedule
import Ticks
import Transport
import Wire

/// What the targets' servers do with each request, each in its API, faults included.
struct Server {
    private let world: Case
    private let writers: [AnswerWriter]  // by target
    private var draw: Draw
    private var again: Draw
    private let gone: (target: Int, from: Int64, until: Int64, by: Fault)?
    private let share: Double
    private let pace: ClosedRange<Int>

    init(_ world: Case, _ asked: Asked) {
        let apis = asked.apis
        self.world = world
        writers = apis.map { api in
            let served = ServedFacts(model: "m")
            return AnswerWriter(api: api, id: "a", served: served, created: 0, inputTokens: 9, asksForUsage: true)
        }
        draw = Draw(world.seed, "server")
        again = Draw(world.seed, "again")
        var fate = Draw(world.seed, "gone")
        let (target, from) = (fate.number(1...apis.count), World.current.now + fate.milliseconds(0...4000))
        // A job asks again and again what was refused, until the target is given up.
        let isForGood = fate.chance(0.5) && asked.plan.breakerAfter == .seconds(2)
        let length = isForGood ? 1_000_000_000_000 : fate.milliseconds(500...6000)
        let fault = fate.one([Fault.refused, .resetEarly, .status])
        let isGone = fate.chance(0.15) && world.faults.contains(.gone)
        gone = isGone ? (target, from, from + length, fault) : nil
        share = draw.one([0, 0.05, 0.2, 0.6])
        pace = draw.one([1...5, 5...40, 20...120])
    }

    private static let onRequests: [Fault] = [
        .refused, .hangs, .resetEarly, .status, .silent, .stall, .reset, .early, .slow, .open, .late, .inband,
    ]

    mutating func answer(to request: Request) -> Script {
        guard !request.body.isEmpty else {
            return Script([
                (draw.milliseconds(0...2), .written), (1_000_000, .head(status: 200, headers: [:])), (0, .end),
            ])
        }
        // Drawn whether it is wanted or not, so that leaving a fault out changes nothing else.
        let drawn = draw.chance(share) ? draw.one(Self.onRequests) : nil
        var fault = drawn.flatMap { world.faults.contains($0) ? $0 : nil }
        if let gone, gone.target == request.port, (gone.from..<gone.until).contains(request.sent) { fault = gone.by }
        let tokens = draw.number(1...8)
        let comesAgain = again.chance(share / 2) && world.faults.contains(.again)
        let second = again.number(0...tokens)  // the token that comes twice; behind the last one it is the end
        let repeated = fault == nil && comesAgain ? second : nil
        var script = script(fault, tokens, again: repeated, writers[request.port - 1])
        script.fault = fault?.rawValue ?? (repeated == nil ? "" : Fault.again.rawValue)
        return script
    }

    private mutating func script(_ fault: Fault?, _ tokens: Int, again: Int?, _ writer: AnswerWriter) -> Script {
        let stream = ["content-type": writer.contentType]
        let connects = draw.milliseconds(0...3)
        let first = draw.milliseconds(pace)
        switch fault {
        case .refused: return Script([(connects, .fail(.connect, "connect_refused"))])
        case .hangs: return Script([])
        case .resetEarly: return Script([(connects, .written), (first, .fail(.reset, "reset_preheader"))])
        case .status: return refusal(connects, first)
        case .silent: return Script([(connects, .written), (first, .head(status: 200, headers: stream))])
        default: break
        }
        var steps: [(after: Int64, step: Script.Step)] = [
            (connects, .written), (first, .head(status: 200, headers: stream)),
        ]
        let cut =
            fault == .stall || fault == .reset || fault == .early || fault == .inband
            ? draw.number(0...tokens - 1) : tokens
        var sent = 0
        var held: [UInt8] = []  // goes out with the next event, in one read
        writer.appendOpening(to: &held)
        for place in 0..<tokens {
            let gap = fault == .slow ? draw.milliseconds(700...900) : draw.milliseconds(pace)
            let joins = draw.chance(0.2)
            guard place < cut else { break }
            let text = place % 3 == 1 ? "wörd🙂 " : "word "
            sent += 1
            let from = held.count
            writer.append(token: EscapedText(text), count: Int64(sent), to: &held)
            if again == place {
                sent += 1
                held += Array(held[from...])
            }
            if joins, place + 1 < cut { continue }
            steps += reads(held, after: place == 0 ? 0 : gap)
            held = []
        }
        switch fault {
        case .stall: break
        case .reset: steps.append((draw.milliseconds(pace), .fail(.reset, "reset_midstream")))
        case .early: steps.append((draw.milliseconds(pace), .end))
        case .inband:
            writer.append(failure: "overloaded", to: &held)
            steps += reads(held, after: 1_000_000)
            steps.append((draw.milliseconds(0...2), .end))
        default:
            let usage = Usage(input: 9, output: Int64(tokens))
            let text = String(repeating: "w", count: tokens)
            writer.append(end: .init(isCut: false, usage: usage, serving: nil, text: { text }), to: &held)
            steps += reads(held, after: draw.milliseconds(0...2))
            if again == tokens { steps += [(0, .read(held, pieces: [held.count]))] }
            if fault == .late {
                steps.append((draw.milliseconds(0...2), .fail(.reset, "reset_midstream")))
            } else if fault != .open {
                steps.append((draw.milliseconds(0...2), .end))
            }
        }
        var script = Script(steps)
        script.tokens = sent
        if fault == nil || fault == .open || fault == .late { script.told = Int64(tokens) }
        return script
    }

    private mutating func refusal(_ connects: Int64, _ first: Int64) -> Script {
        let status = draw.one([429, 500, 503])
        var headers = ["content-type": "application/json"]
        if draw.chance(0.5) { headers["retry-after"] = "\(draw.number(0...2))" }
        let body = Array("{\"error\":{\"message\":\"not now\",\"type\":\"busy\"}}".utf8)
        return Script([
            (connects, .written), (first, .head(status: status, headers: headers)),
            (0, .read(body, pieces: [body.count])), (draw.milliseconds(0...2), .end),
        ])
    }

    /// One read, or cut anywhere into several, or into pieces of one.
    private mutating func reads(_ bytes: [UInt8], after: Int64) -> [(after: Int64, step: Script.Step)] {
        let (cuts, way, wait) = (draw.number(1...bytes.count - 1), draw.number(0...3), draw.milliseconds(0...3))
        guard world.faults.contains(.split), way > 1 else { return [(after, .read(bytes, pieces: [bytes.count]))] }
        if way == 2 { return [(after, .read(bytes, pieces: [cuts, bytes.count - cuts]))] }
        let (head, tail) = (Array(bytes[..<cuts]), Array(bytes[cuts...]))
        return [(after, .read(head, pieces: [head.count])), (wait, .read(tail, pieces: [tail.count]))]
    }
}
