import Measurement
import Testing

@testable import Report

@Suite struct LiveStatusTests {
    private var snapshot: LiveSnapshot {
        var snapshot = LiveSnapshot()
        snapshot.phase = "ramp"
        snapshot.phaseCount = 2
        snapshot.step = "16 streams"
        snapshot.stepIndex = 4
        snapshot.stepCount = 6
        snapshot.elapsedSeconds = 72.4
        snapshot.stepLeftSeconds = 12
        snapshot.inFlight = 16
        snapshot.tokensPerSecond = 371.4
        snapshot.ttftP50Milliseconds = 230
        snapshot.ttftP95Milliseconds = 390
        snapshot.ended = 1204
        snapshot.outcomes = [.ok: 1201, .http5xx: 2, .reset: 1]
        snapshot.simulated = true
        return snapshot
    }

    /// What a terminal of enough rows shows after the bytes: enough of ECMA-48 for what we write.
    private func screen(_ writes: [String]) -> [String] {
        var rows: [[Character]] = [[]]
        var row = 0
        var column = 0
        for write in writes {
            var rest = Array(write)[...]
            while let next = rest.popFirst() {
                switch next {
                case "\r": column = 0
                case "\n":
                    row += 1
                    column = 0
                    if row == rows.count { rows.append([]) }
                case "\u{1b}":
                    rest.removeFirst()  // [
                    let parameter = String(rest.prefix { $0.isNumber || $0 == ";" })
                    rest.removeFirst(parameter.count)
                    switch rest.removeFirst() {
                    case "A": row = max(0, row - (Int(parameter) ?? 1))
                    case "K": rows[row].removeSubrange(min(column, rows[row].count)...)
                    case "J":
                        rows[row].removeSubrange(min(column, rows[row].count)...)
                        rows.removeSubrange((row + 1)...)
                    default: break
                    }
                default:
                    while rows[row].count < column { rows[row].append(" ") }
                    if column < rows[row].count { rows[row][column] = next } else { rows[row].append(next) }
                    column += 1
                }
            }
        }
        return rows.map { String($0) }
    }

    @Test func `a step that is over stays as a row of the final table, under one header, in 60 columns too`() {
        var row = LiveRow()
        row.step = "8 streams"
        (row.tokensPerSecond, row.userTokensPerSecond, row.kept) = (2118.4, 264.8, 0.93)
        (row.ttftP50Milliseconds, row.ttftP95Milliseconds, row.e2eP95Milliseconds) = (22.1, 22.8, 130)
        (row.ended, row.unsuccessful) = (99, 1)
        var status = LiveStatus(style: .init(width: 100))
        let shown = screen([
            status.frame(snapshot), status.row(row), status.frame(snapshot), status.row(row), status.clear(),
        ])
        let line = " 8 streams             ~2,118       264.8   93 %   22.1 ms  22.8 ms   130 ms        99       1"
        #expect(
            shown == [
                "                        tok/s  user tok/s   kept  TTFT p50      p95  e2e p95  requests  failed", line,
                line, "",
            ]
        )
        for width in [60, 80] {
            var narrow = LiveStatus(style: .init(width: width))
            let lines = screen([narrow.row(row)])
            #expect(lines.allSatisfy { $0.count < width }, "\(lines)")
            #expect(lines[1].contains("~2,118") && lines[1].contains("22.8 ms"), "\(lines)")
        }
        var silent = LiveRow()
        (silent.step, silent.ended) = ("1 stream", 3)
        #expect(status.plainRow(silent).hasPrefix("1 stream                   –"))
    }

    @Test func `an event stays in full, above the block`() {
        var status = LiveStatus(style: .init(width: 60))
        let words = "first http_5xx (HTTP 503): the model is being loaded, come back in a while, or ask another server"
        let event = LiveEvent(atSeconds: 89, text: words + "\u{1b}[2J", isTheirs: true)
        let shown = screen([status.frame(snapshot), status.event(event), status.frame(snapshot), status.clear()])
        #expect(
            shown.dropLast().map { $0.trimming(while: " ") }.joined(separator: " ").replacing("\u{A0}", with: " ")
                == "1 min 29 s " + words + "[2J"
        )
        #expect(shown.last == "" && shown.allSatisfy { $0.count < 60 })
    }

    @Test func `a bar shows the phase, numbers phase and run, curves the last minute, a dash that nothing came`() {
        var now = snapshot
        now.phaseProgress = .init(share: 0.75, leftSeconds: 30)
        now.runProgress = .init(share: 0.4, leftSeconds: 95)
        now.recentTokensPerSecond = [0, 50, 100]
        now.recentTTFT = [nil, 20, 40]
        (now.tokensPerSecond, now.ttftP50Milliseconds, now.ttftP95Milliseconds) = (nil, nil, nil)
        now.client = LiveSnapshot.Client()
        now.client?.cpuPercent = 12
        var status = LiveStatus(style: .init(width: 60, unicode: false))
        let lines = screen([status.frame(now)])
        #expect(lines[1] == " ####..  phase 75 %, 30 s left - run 40 %, 1 min 35 s left")
        #expect(lines[2] == " 16 in flight, - tok/s, TTFT - p95 -, 1,204 ended")
        #expect(lines[3] == " tok/s _=# max 100.0  TTFT  =# max 40.0 ms")
        #expect(lines[4] == " not ok: 2 http_5xx, 1 reset  *  client fine, 12 % CPU")
        #expect(lines.allSatisfy { $0.count < 60 })
        #expect((4...6).contains(lines.dropLast().count))
    }

    @Test func `no time left is ever shown as 0 s: what is waited for is said`() {
        var now = snapshot
        (now.stepLeftSeconds, now.waitingFor) = (nil, "the last 12 requests")
        now.runProgress = .init(share: 1, leftSeconds: 0)
        var status = LiveStatus(style: .init(width: 100))
        let text = screen([status.frame(now)]).joined(separator: "\n")
        #expect(text.contains("waits for the last 12 requests"))
        #expect(text.contains("run 99 %") && !text.contains("0 s left"))
        now.waitingFor = nil
        now.stepLeftSeconds = 0.2
        #expect(!screen([status.frame(now)]).joined().contains("left"))
    }

    @Test func `a line of a log says of share and time left what the screen says`() {
        var now = snapshot
        for (share, left) in [(0.214, 0.3), (1.0, 0.0), (0.21, 74.4), (0.999, 12.0)] {
            now.runProgress = .init(share: share, leftSeconds: left)
            var status = LiveStatus(style: .init(width: 100))
            let line = status.plainLine(now)
            #expect(!line.contains("0 s left") && !line.contains("100 %"), "\(line)")
            let told = line.replacing("\u{A0}", with: " ").split(separator: " · ").first { $0.hasPrefix("run ") } ?? ""
            let frame = screen([status.frame(now)]).joined().replacing("\u{A0}", with: " ")
            #expect(!told.isEmpty && frame.contains(told), "\(told) in \(frame)")
        }
    }

    @Test func `a level that waits for its requests says how many ended and how long that takes`() {
        var now = snapshot
        (now.waitingFor, now.stepLeftSeconds) = ("25 requests, 10 ended", 15)
        var status = LiveStatus(style: .init(width: 100))
        let text = screen([status.frame(now)]).joined(separator: "\n").replacing("\u{A0}", with: " ")
        #expect(text.contains("waits for 25 requests, 10 ended, 15 s left"), "\(text)")
        // What has no room is left out whole.
        for width in 24...70 {
            var narrow = LiveStatus(style: .init(width: width))
            for line in screen([narrow.frame(now)]) {
                let last = line.split(separator: " ").last.map(String.init) ?? ""
                #expect(!["end", "ende", "lef", "le", "reques", "flig", "sett"].contains(last), "\(width): \(line)")
            }
        }
    }

    @Test func `a job shows how many of its prompts are done, a search what it tries`() {
        var now = snapshot
        now.job = (243, 400)
        now.search = "looks for the most streams with ttft.p95 < 1s; tries 12 streams: 8 kept it, 16 did not"
        var status = LiveStatus(style: .init(width: 100))
        let lines = screen([status.frame(now)])
        #expect(lines[0].contains("243 of 400"))
        #expect(lines.contains { $0.contains("tries 12 streams: 8 kept it, 16 did not") })
    }

    @Test func `the lamp tells a client that is short of CPU from one that is not`() {
        var now = snapshot
        now.outcomes = [:]
        var client = LiveSnapshot.Client()
        (client.heldUpShare, client.cpuPercent, client.stops) = (0.2, 30, 3)
        now.client = client
        var status = LiveStatus(style: .init(width: 100))
        #expect(screen([status.frame(now)]).contains(" ●  client short of CPU: 20 % of the last 5 s, stopped 3 times"))
        now.client?.heldUpShare = 0
        now.client?.cpuPercent = 97
        #expect(screen([status.frame(now)]).contains { $0.contains("client at its limit, 97 % CPU") })
    }

    @Test func `a terminal made narrower gets no line twice`() {
        var status = LiveStatus(style: .init(width: 100))
        _ = status.frame(snapshot)
        status.style.width = 40
        // Four lines; the first and the third are longer than 40 columns: the terminal has wrapped each into two rows.
        #expect(status.clear() == "\u{1b}[6A\r\u{1b}[J")
    }

    @Test func `the block shows phase, step, time left, speed and failures`() {
        var status = LiveStatus(style: .init(width: 100))
        #expect(
            screen([status.frame(snapshot)]) == [
                " SIMULATED  ramp 1/2 · 16 streams (5/6)  12 s left",
                " 1 min 12 s elapsed",
                " 16 in flight, 371.4 tok/s, TTFT 230 ms p95 390 ms, 1,204 ended",
                " not ok: 2 http_5xx, 1 reset",
                "",
            ]
        )
    }

    @Test func `a frame takes the place of the one before, whichever is longer`() {
        var short = snapshot
        short.outcomes = [:]
        short.step = "1"
        func drawn(_ snapshots: LiveSnapshot...) -> [String] {
            var status = LiveStatus(style: .init(width: 100))
            return screen(snapshots.map { status.frame($0) })
        }
        #expect(drawn(snapshot, short) == drawn(short))
        #expect(drawn(snapshot, short, snapshot) == drawn(snapshot))
        #expect(drawn(short).count == 4)
        #expect(drawn(snapshot).count == 5)
    }

    @Test func `clearing leaves nothing, and once is enough`() {
        var status = LiveStatus(style: .init(width: 100))
        let frame = status.frame(snapshot)
        #expect(screen([frame, status.clear()]) == [""])
        #expect(status.clear() == "")
    }

    @Test(arguments: [20, 40, 80])
    func `no line reaches the last column, so that none wraps`(width: Int) {
        var snapshot = snapshot
        snapshot.target = String(repeating: "日本", count: 40)
        snapshot.notice = String(repeating: "stopping ", count: 40)
        var status = LiveStatus(style: .init(width: width, colour: true))
        let bare = status.frame(snapshot).replacing(/\u{1b}\[[0-9;]*[A-Za-z]|\r/, with: "")
        for line in bare.split(separator: "\n") { #expect(DisplayWidth.of(String(line)) < width, "\(line)") }
        #expect(bare.split(separator: "\n").count <= 6)
    }

    @Test func `a plain line has no escape and says the same`() {
        let line = LiveStatus(style: .init(width: 100)).plainLine(snapshot)
        #expect(
            line == "1 min 12 s  SIMULATED · ramp 1/2 · 16 streams (5/6) · 12 s left · 16 in flight, 371.4 tok/s, "
                + "TTFT 230 ms p95 390 ms, 1,204 ended · not ok: 2 http_5xx, 1 reset"
        )
    }

    @Test func `what is not known yet is a dash, and hostile names are harmless`() {
        var snapshot = LiveSnapshot()
        snapshot.target = "\u{1b}[2Jx\n"
        snapshot.phase = "burst"
        snapshot.activity = .waiting
        let line = LiveStatus(style: .init(width: 100, unicode: false)).plainLine(snapshot)
        #expect(
            line == "0 s  [2Jx - burst - nothing is sent - 0 in flight, - tok/s, TTFT - p95 -, 0 ended"
        )
    }
}

extension String {
    fileprivate func trimming(while blank: Character) -> String {
        String(drop { $0 == blank }.reversed().drop { $0 == blank }.reversed())
    }
}
