/// Who works out what does not depend on each other: one after the other, or several at once. What comes out is the same.
///
/// Threads are none of this target's business; who has some hands them in.
public struct Workers: Sendable {
    /// Does `body` for each number below `count`, in any order or at once, and returns when all are done.
    public typealias Perform = @Sendable (_ count: Int, _ body: @Sendable (Int) -> Void) -> Void

    private let perform: Perform

    public init(_ perform: @escaping Perform) { self.perform = perform }

    public static let one = Workers { count, body in for number in 0..<count { body(number) } }

    /// In the order of the items.
    public func map<Item: Sendable, Value: Sendable>(
        _ items: [Item],
        _ value: @Sendable (Item) -> Value
    ) -> [Value] {
        guard items.count > 1 else { return items.map(value) }
        return [Value](unsafeUninitializedCapacity: items.count) { places, count in
            // Each number is done once, and writes its own place alone.
            nonisolated(unsafe) let places = places
            perform(items.count) { number in places.initializeElement(at: number, to: value(items[number])) }
            count = items.count
        }
    }

    /// Two different things.
    public func both<First: Sendable, Second: Sendable>(
        _ first: @Sendable () -> First,
        _ second: @Sendable () -> Second
    ) -> (First, Second) {
        nonisolated(unsafe) var results: (First?, Second?) = (nil, nil)
        perform(2) { number in
            if number == 0 { results.0 = first() } else { results.1 = second() }
        }
        guard case (let first?, let second?) = results else { preconditionFailure("some of the work was not done") }
        return (first, second)
    }
}
