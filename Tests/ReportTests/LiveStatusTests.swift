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

    @Test func `a step that is over stays as a row above the block, in 60 columns too`() {
        var row = LiveRow()
        row.step = "8 streams"
        row.tokensPerSecond = 2118.4
        (row.ttftP50Milliseconds, row.ttftP95Milliseconds) = (22.1, 22.8)
        (row.ended, row.unsuccessful) = (99, 1)
        var status = LiveStatus(style: .init(width: 100))
        let shown = screen([status.frame(snapshot), status.row(row), status.frame(snapshot), status.clear()])
        #expect(
            shown == [
                " 8 streams         ~2,118 tok/s  TTFT 22.1 ms (p95 22.8 ms)  99 ended, 1 not ok", "",
            ]
        )
        var narrow = LiveStatus(style: .init(width: 60))
        #expect(screen([narrow.row(row)])[0] == " 8 streams         ~2,118 tok/s  TTFT 22.1 ms  99 ended, 1 ")
        var silent = LiveRow()
        (silent.step, silent.ended) = ("1 stream", 3)
        #expect(status.plainRow(silent) == "1 stream          no token  3 ended")
    }

    @Test func `a bar shows how much of the step is done, a curve the last minute, a dash that nothing came`() {
        var now = snapshot
        (now.stepElapsedSeconds, now.stepLeftSeconds) = (9, 3)
        now.recentTokensPerSecond = [0, 50, 100]
        now.tokensPerSecond = nil
        var status = LiveStatus(style: .init(width: 60, unicode: false))
        let lines = screen([status.frame(now)])
        #expect(lines[1] == " #######################....... 75 % of this step")
        #expect(lines[2].contains("in flight 16, - tokens/s"))
        #expect(lines[3] == " _=# tok/s, top 100.0")
        #expect(lines.allSatisfy { $0.count < 60 })
        now.stepLeftSeconds = 0
        #expect(screen([status.frame(now)]).joined().contains("last requests"))
    }

    @Test func `the block shows phase, step, time left, speed and failures`() {
        var status = LiveStatus(style: .init(width: 100))
        #expect(
            screen([status.frame(snapshot)]) == [
                " SIMULATED · ramp 1/2 · 16 streams (5/6)  12 s left  1 min 12 s elapsed",
                " in flight 16, 371.4 tokens/s, TTFT p50 230 ms p95 390 ms, 1,204 ended",
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
        #expect(drawn(short).count == 3)
        #expect(drawn(snapshot).count == 4)
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
        #expect(bare.split(separator: "\n").count <= 4)
    }

    @Test func `a plain line has no escape and says the same`() {
        let line = LiveStatus(style: .init(width: 100)).plainLine(snapshot)
        #expect(
            line == "1 min 12 s  SIMULATED · ramp 1/2 · 16 streams (5/6) · 12 s left · in flight 16, 371.4 tokens/s, "
                + "TTFT p50 230 ms p95 390 ms, 1,204 ended · not ok: 2 http_5xx, 1 reset"
        )
    }

    @Test func `what is not known yet is a dash, and hostile names are harmless`() {
        var snapshot = LiveSnapshot()
        snapshot.target = "\u{1b}[2Jx\n"
        snapshot.phase = "burst"
        snapshot.activity = .waiting
        let line = LiveStatus(style: .init(width: 100, unicode: false)).plainLine(snapshot)
        #expect(
            line == "0 s  [2Jx - burst - waiting, nothing is sent - in flight 0, - tokens/s, TTFT p50 - p95 -, 0 ended"
        )
    }
}
