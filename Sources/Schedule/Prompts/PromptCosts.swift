/// What the pieces of a synthetic prompt take in a target's tokens: by assumption, or as a calibration found it.
///
/// A prompt of N tokens = template + nonce + units × word (+ the closing request), where a unit is a common word with the
/// space before it or the full stop after twelve of them.
public struct PromptCosts: Sendable, Hashable {
    public var template = 0.0  // what a server adds around any prompt: its chat template
    public var word = 1.0  // a unit, on average
    public var nonce = 10.0  // sixteen hexadecimal digits and the empty line after them
    public var traceWord = 1.0  // of the words of three letters that a trace's prompts are made of

    /// A token a word, as byte-pair vocabularies have it, and nothing around the prompt.
    public static let assumed = PromptCosts()

    public init() {}

    /// Of the request at the end of a prompt: thirteen words and two stops.
    var closing: Double { 15 * word }

    /// Units that fill so many tokens.
    func units(_ tokens: Double) -> Int { Int(min(max(0, (tokens / word).rounded()), 1e9)) }

    /// Words of a trace's prompt of so many tokens, template included; at least one.
    func traceWords(prompt tokens: Int) -> Int {
        Int(min(max(1, ((Double(tokens) - template) / traceWord).rounded()), 1e9))
    }

    /// Words of so many tokens of a trace's text.
    func traceWords(text tokens: Int) -> Int { Int(min(max(1, (Double(tokens) / traceWord).rounded()), 1e9)) }
}

/// Common short English words of which synthetic prompts are made.
///
/// A byte-pair vocabulary holds each of them whole, so a word is a token. Their mean length also fits the rule of thumb
/// of four bytes a token, by which servers without a tokenizer count (the simulated provider is one).
enum Words {
    static let common: [String] = """
        the and for that with this from they have not are but was his her all one out who when what some time into \
        then them only over also back use two how our work well way even new want any give day most find tell ask \
        seem feel try call good own old big high next few bad same able long hand part eye man life case week home \
        room area fact lot book job word side head hour game line end law car city name team idea body face door art \
        war girl guy air boy age plan role rate mind view road town tax form need oil data is it of to in as at be \
        by he on or we do no go up so if me my us an see get now she you can did has had its let say may too yet set \
        run put sun sea top yes low hot red far ago add arm bit box buy cup cut dog dry eat egg fit fly fun got hit \
        ice key leg lie lip map mix net odd pay pen pot row sad sit six sky ten tie tip toy wet win won act aim bag \
        bar bed bus cat cow base bear best blue boat bone both busy cold come cook cool dark dead deal deep desk \
        down draw each east easy edge else ever
        """.split(separator: " ").map(String.init)

    /// Words in a sentence, after which comes a full stop.
    static let perSentence = 12

    /// So many units of prose: twelve words and a stop, over and over.
    /// - Parameter follows: other text comes right before it on the same line.
    static func prose(units: Int, follows: Bool = false, word: () -> String) -> String {
        var text = ""
        text.reserveCapacity(5 * units)
        var inSentence = 0
        for _ in 0..<units {
            if inSentence == perSentence {
                text += "."
                inSentence = 0
            } else {
                if follows || !text.isEmpty { text += " " }
                text += word()
                inSentence += 1
            }
        }
        return text
    }
}
