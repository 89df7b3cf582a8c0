/// An integer that may be missing, in no more room than the integer: the least one stands for nil, and is none that is ever measured.
///
/// An `Int64?` takes 16 bytes. A run of a million requests is read whole, and most of a request is such integers.
@propertyWrapper
public struct Sparse<Value: FixedWidthInteger & SignedInteger & Sendable>: Sendable, Hashable {
    @usableFromInline var raw: Value

    @inlinable
    public init(wrappedValue: Value?) { raw = wrappedValue ?? .min }

    @inlinable
    public var wrappedValue: Value? {
        get { raw == .min ? nil : raw }
        set { raw = newValue ?? .min }
    }
}
