internal import CCurl
internal import CLibcurl

/// A header that a transfer sends ahead of its client's: a node of the list that libcurl reads when the request goes out.
final class HeaderLine {
    let node: UnsafeMutablePointer<curl_slist>
    private let text: UnsafeMutablePointer<CChar>
    private let capacity: Int

    /// - Parameter capacity: bytes of a line at most, and one more; the rest of a longer one is cut off
    init(capacity: Int, next: UnsafeMutablePointer<curl_slist>?) {
        self.capacity = capacity
        text = .allocate(capacity: capacity)
        text.initialize(repeating: 0, count: capacity)
        node = .allocate(capacity: 1)
        node.initialize(to: curl_slist(data: text, next: next))
    }

    func set(_ line: String) {
        var position = 0
        for byte in line.utf8.prefix(capacity - 1) {
            text[position] = CChar(bitPattern: byte)
            position += 1
        }
        text[position] = 0
    }

    /// That line, if it comes behind this one: the client's, which may have changed since, come behind the last.
    func followed(by line: HeaderLine?) -> HeaderLine? { line.flatMap { node.pointee.next == $0.node ? $0 : nil } }

    func setNext(_ next: UnsafeMutablePointer<curl_slist>?) { node.pointee.next = next }

    deinit {
        text.deallocate()
        node.deallocate()
    }
}
