public import Measurement
public import Schedule
internal import Wire

/// Asks a target how many tokens the pieces of synthetic prompts are: answers of one token, whose usage is all that counts.
public struct CalibrationScript: Questionnaire {
    public static let name = "calibration"
    /// Some APIs take no smaller cap than this; what others are asked first.
    private static let largerCap = 16

    public private(set) var calibration: Calibration
    /// Why it was given up; nil = it was not.
    public private(set) var problem: String?
    /// What was said of a text that was too long.
    public private(set) var refusal: String?
    /// Whether vectors are asked for, for which there is no cap.
    private let wantsVectors: Bool
    private let dialect: Dialect
    private let extra: [JSONMember]
    private var cap: Int

    public init(_ calibration: Calibration, dialect: Dialect, extraBody: String?, wantsVectors: Bool) {
        self.wantsVectors = wantsVectors
        self.calibration = calibration
        self.dialect = dialect
        extra = extraBody.flatMap { JSONParser().members(of: $0) } ?? []
        cap = 1
    }

    /// Requests, input tokens (a token holds at least a byte) and output tokens, when none is refused.
    public static func worst(_ calibration: Calibration) -> (requests: Int, inputTokens: Int, outputTokens: Int) {
        // Some servers say so many tokens around each prompt.
        let templates = 64 * calibration.requests
        return (calibration.requests, calibration.bytes + templates, largerCap * calibration.requests)
    }

    public var upcoming: Question? {
        guard problem == nil, let piece = calibration.upcoming else { return nil }
        let text = calibration.text(of: piece)
        return Question(purpose: .answer, dialect: dialect, extra: extra, cap: cap, prompts: [text])
    }

    public mutating func note(_ record: QuestionRecord) {
        let request = record.request
        if record.succeeded {
            if let tokens = request.inputTokens, tokens > 0, tokens < Int64(Int32.max) {
                calibration.note(tokens: Int(tokens))
            } else {
                problem = "it does not report how many tokens a prompt has"
            }
            return
        }
        // llama.cpp answers 500 where a text for a vector is longer than its batch.
        let isRefusal =
            [400, 413, 422].contains(request.httpStatus ?? 0) || record.errorClass == ErrorClass.contextLength.rawValue
        if isRefusal, cap < Self.largerCap, !wantsVectors {
            cap = Self.largerCap
            return
        }
        if isRefusal { refusal = request.error ?? request.detail }
        if !isRefusal || !calibration.shrink() {
            let words = request.error.map { ": \($0)" } ?? ""
            problem = "a request for it failed (\(request.outcome.rawValue))\(words)"
        }
    }
}
