internal import Schedule

/// Faults of what a reply with status 200 says.
extension FaultScript {
    static func answer(_ fault: Fault) -> FaultScript {
        let end = stop + usage(2) + done
        switch fault {
        case .noDone: return stream(role + text("One") + text(" two") + stop + usage(2))
        case .invalidUTF8:
            let bad = Array(event("\"content\":\" @\"").utf8).map { $0 == 0x40 ? 0xff : $0 }
            return stream(bytes(role + text("One")) + bad + bytes(end))
        case .loneSurrogate: return stream(role + text("One") + text(" \\ud800") + end)
        case .hugeNumber: return stream(role + text("One") + event("\"content\":\" two\",\"x\":1e400") + end)
        case .duplicateKeys: return stream(role + text("One") + event("\"content\":\"\",\"content\":\" two\"") + end)
        case .deepNesting:
            let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
            return stream(role + text("One") + text(" two") + "data: {\"x\":\(deep)}\n\n" + end)
        case .brokenJSON: return stream(role + text("One") + "data: {\"choices\":[{\n\n" + text(" two") + end)

        case .errorBody: return whole(200, error("it broke"))
        case .errorFirst: return stream("data: \(error("it broke"))\n\n" + done)
        case .errorMidstream: return stream(role + text("One") + "data: \(error("it broke"))\n\n" + done)
        case .overloadMidstream:
            return stream(role + text("One") + "event: error\ndata: \(error("busy", type: "overloaded_error"))\n\n")
        case .finishError: return stream(role + text("One") + event("", finish: "error") + done)

        case .emptyStream: return stream("")
        case .emptyAnswer: return stream(role + stop + usage(0) + done)
        case .roleOnly: return stream(role + done)
        case .reasoningOnly:
            return stream(role + event("\"reasoning_content\":\"Hm.\"") + stop + usage(2, reasoning: 2) + done)
        case .reasoningBudget:
            let finish = event("", finish: "length")
            return stream(role + event("\"reasoning_content\":\"Hm.\"") + finish + usage(8, reasoning: 8) + done)
        case .lengthWithoutText: return stream(role + event("", finish: "length") + usage(0) + done)
        case .refusal: return stream(role + event("\"refusal\":\"I will not\"") + end)
        case .filtered: return stream(role + text("One") + event("", finish: "content_filter") + done)

        case .usageMissing: return stream(role + text("One") + text(" two") + stop + done)
        case .usageZero: return stream(role + text("One") + text(" two") + stop + usage(0, input: 0) + done)
        case .usageMismatch: return stream(role + text("One") + text(" two") + stop + usage(500) + done)
        case .usageCumulative:
            return stream(role + text("One") + usage(1) + text(" two") + usage(2) + stop + usage(2) + done)
        case .wholeAnswer:
            let message = "\"message\":{\"role\":\"assistant\",\"content\":\"One two\"}"
            let counts = "\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":2,\"total_tokens\":10}"
            return whole(200, "{\"choices\":[{\"index\":0,\(message),\"finish_reason\":\"stop\"}],\(counts)}")
        case .oneEvent:
            return stream(role + text("One two three four five six seven eight") + stop + usage(8) + done)
        default:  // buffered
            return stream(role + (0..<20).map { text(" \($0)") }.joined() + stop + usage(20) + done)
        }
    }
}
