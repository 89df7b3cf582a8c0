import Testing
import Wire

@Suite struct ModelListTests {
    @Test func `Gemini's names are given without their folder`() {
        let body = Array(#"{"models":[{"name":"models/g-1"}]}"#.utf8)
        #expect(ModelList.ids(in: body.span, parser: JSONParser()) == ["g-1"])
    }

    private func ids(_ json: String) -> [String]? {
        ModelList.ids(in: Array(json.utf8).span, parser: JSONParser())
    }

    @Test func `a written list is read back in order`() {
        var body: [UInt8] = []
        ModelList.append(ids: ["a", "b \"c\"", "é"], created: 1, owner: "spate", to: &body)
        #expect(ModelList.ids(in: body.span, parser: JSONParser()) == ["a", "b \"c\"", "é"])
    }

    @Test(arguments: [
        (#"{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"x"}]}"#, ["m"]),
        (#"{"data":[]}"#, []),
        (#"[{"id":"m"},{"id":"n"}]"#, ["m", "n"]),
        (#"{"models":[{"name":"llama3.2:latest"}]}"#, ["llama3.2:latest"]),
        (#"{"models":[{"name":"x"}],"object":"list","data":[{"id":"m"}]}"#, ["m"]),
        (#"{"data":[{"object":"model"},{"id":7},{"id":"m"}]}"#, ["m"]),
    ])
    func `every shape of list is read`(json: String, expected: [String]) {
        #expect(ids(json) == expected)
    }

    @Test(arguments: ["", "<html>", "{}", #"{"error":{"message":"no"}}"#, #"{"data":{}}"#, "7"])
    func `what is no list is nil`(json: String) {
        #expect(ids(json) == nil)
    }
}
