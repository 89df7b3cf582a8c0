import Measurement
import Schedule
import Testing
import Ticks

@testable import Engine

@Suite struct ErrandTests {
    private var errand: Errand {
        var errand = Errand(target: 1, sequence: 42, prompt: 7)
        errand.step = 3
        errand.kind = .wave
        errand.rank = 5
        errand.item = 7
        errand.queued = 9
        errand.scheduled = Instant(nanoseconds: 1_500)
        return errand
    }

    @Test func `a row begins with what was planned, sent or not`() {
        var record = RequestRecord()
        errand.sign(&record, loop: 2, t0: Instant(nanoseconds: 500))
        #expect(record.sequence == 42 && record.attempt == 0 && record.step == 3)
        #expect(record.rank == 5 && record.item == 7 && record.loop == 2)
        #expect(record.scheduled == 1_000)
        #expect(record.measured)
    }

    @Test func `once more it is the same request, on its own, at another time`() {
        let again = errand.again(at: Instant(nanoseconds: 9_000), measured: true)
        #expect(again.sequence == 42 && again.prompt == 7 && again.item == 7 && again.step == 3)
        #expect(again.attempt == 1)
        #expect(again.scheduled == Instant(nanoseconds: 9_000))
        #expect(again.rank == nil && again.queued == 0)  // it has no place in the wave any more
        #expect(errand.requestID(run: "r") == "r-42" && again.requestID(run: "r") == "r-42.1")
    }

    @Test func `a later attempt is measured where the first was, as it turned out`() {
        for measured in [true, false] {
            let second = errand.again(at: .zero, measured: measured)
            #expect(second.isMeasured == measured)
            #expect(second.again(at: .zero, measured: second.isMeasured).isMeasured == measured)
        }
    }

    @Test(arguments: [(StageShaper.RequestKind.measured, true), (.wave, true), (.unmeasured, false)])
    func `a first attempt is measured by what it is to its stage`(kind: StageShaper.RequestKind, measured: Bool) {
        var errand = Errand(target: 0, sequence: 0, prompt: 0)
        errand.kind = kind
        #expect(errand.isMeasured == measured)
    }
}
