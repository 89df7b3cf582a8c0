import Measurement
import Testing

@testable import Engine

@Suite struct RefusalScriptTests {
    @Test func `each refusal is asked for twice, whatever is answered`() {
        var script = RefusalScript(dialect: Dialect())
        var asked: [ProbeRecord.Purpose] = []
        while let question = script.upcoming, asked.count < 10 {
            #expect(question.cap == 1)
            asked.append(question.purpose)
            script.note(ProbeRecord())
        }
        #expect(asked == [.wrongModel, .wrongModel, .brokenBody, .brokenBody])
        #expect(asked.count == RefusalScript.requests)
    }

    @Test func `what is kept of a refusal is its status, its meaning and its words, and of an answer nothing`() {
        var probe = ProbeRecord()
        probe.purpose = .wrongModel
        probe.request.outcome = .http4xx
        (probe.request.httpStatus, probe.request.error, probe.errorClass) = (404, "no such model", "not_found")
        let refusal = RefusalRecord(probe)
        #expect(refusal.status == 404 && refusal.meaning == "not_found" && refusal.words == "no such model")
        #expect(!refusal.served)
        probe.request.outcome = .okLength
        probe.request.httpStatus = 200
        let served = RefusalRecord(probe)
        #expect(served.served && served.meaning == nil && served.words == nil)
    }
}
