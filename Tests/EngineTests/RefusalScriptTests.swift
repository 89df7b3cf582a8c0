import Measurement
import Testing

@testable import Engine

@Suite struct RefusalScriptTests {
    @Test func `each refusal is asked for twice, whatever is answered`() {
        var script = RefusalScript(dialect: Dialect())
        var asked: [QuestionRecord.Purpose] = []
        while let question = script.upcoming, asked.count < 10 {
            #expect(question.cap == 1)
            asked.append(question.purpose)
            script.note(QuestionRecord())
        }
        #expect(asked == [.wrongModel, .wrongModel, .brokenBody, .brokenBody])
        #expect(asked.count == RefusalScript.requests)
    }

    @Test func `what is kept of a refusal is its status, its meaning and its words, and of an answer nothing`() {
        var record = QuestionRecord()
        record.purpose = .wrongModel
        record.request.outcome = .http4xx
        (record.request.httpStatus, record.request.error, record.errorClass) = (404, "no such model", "not_found")
        let refusal = RefusalRecord(record)
        #expect(refusal.status == 404 && refusal.meaning == "not_found" && refusal.words == "no such model")
        #expect(!refusal.served)
        record.request.outcome = .okLength
        record.request.httpStatus = 200
        let served = RefusalRecord(record)
        #expect(served.served && served.meaning == nil && served.words == nil)
    }
}
