import Testing
import Wire

@Suite struct TextGenerationInferenceTests {
    private static func token(_ text: String, special: Bool = false, _ rest: String = "null,\"details\":null") -> String
    {
        "data:{\"index\":1,\"token\":{\"id\":2,\"text\":\"\(text)\",\"special\":\(special)},\"generated_text\":\(rest)}\n\n"
    }
    private static let details =
        "\"details\":{\"finish_reason\":\"eos_token\",\"generated_tokens\":3,\"seed\":null,\"input_length\":5}"

    static let cases = [
        APICase(
            name: "a token per event; the special one has no text, the last repeats it all",
            wire: ":\n\n" + token(" three") + token(" four")
                + token("</s>", special: true, "\" three four\",\(details)"),
            visible: " three four",
            tokenEvents: 2,
            events: 3,
            usage: Usage(input: 5, output: 3),
            finish: "eos_token",
            sign: .both,
            keepAlives: 1
        ),
        APICase(
            name: "an error inside the stream",
            wire: token("a") + "data:{\"error\":\"Request failed\",\"error_type\":\"generation\"}\n\n",
            visible: "a",
            tokenEvents: 1,
            events: 2,
            sign: .error,
            error: ServerError(message: "Request failed", type: "generation")
        ),
        APICase(
            name: "in one piece",
            wire: "{\"generated_text\":\" three four\",\(details)}",
            contentType: "application/json",
            visible: " three four",
            tokenEvents: 1,
            events: 1,
            usage: Usage(input: 5, output: 3),
            finish: "eos_token",
            sign: .finish,
            notes: [.notStreamed]
        ),
    ]

    @Test(arguments: cases)
    func `a reply means the same however it is cut`(row: APICase) { row.check(.textGenerationInference) }

    @Test(arguments: [
        (0.0, #""do_sample":false"#), (0.7, #""do_sample":true,"temperature":0.7"#),
    ])
    func `temperature 0 is not sent but meant`(temperature: Double, written: String) {
        let request = ChatRequest(
            model: "m",
            messages: [.init(role: "user", content: "Hi")],
            maxTokens: 8,
            temperature: temperature
        )
        #expect(
            body(request, .textGenerationInference)
                == "{\"inputs\":\"Hi\",\"parameters\":{\"details\":true,\(written),\"max_new_tokens\":8}}"
        )
    }
}
