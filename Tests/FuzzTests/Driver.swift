import Glibc

/// What libFuzzer calls, whose `main` this program has. SPATE_FUZZ_READER says which reader; a variable, since libFuzzer
/// starts itself again with flags of its own.
private let reader: FuzzReader = {
    let names = FuzzReader.allCases.map(\.rawValue).joined(separator: ", ")
    guard let name = getenv("SPATE_FUZZ_READER").map({ String(cString: $0) }), let reader = FuzzReader(rawValue: name)
    else {
        print("SPATE_FUZZ_READER must be one of: \(names)")
        exit(2)
    }
    return reader
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    reader.read(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}
