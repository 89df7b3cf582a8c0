import Testing
import Ticks

/// Vectors of NIST: FIPS 180-2 appendix B, and the short message test of the CAVP for one byte.
@Suite struct SHA256Tests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `a published message has its published digest`(message: String, digest: String) {
        var hash = SHA256()
        hash.update(message.utf8)
        #expect(hash.hexDigest() == digest)
    }

    @Test func `a byte 0xd3 has the digest of the validation suite`() {
        var hash = SHA256()
        hash.update([0xd3])
        #expect(hash.hexDigest() == "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1")
    }

    @Test func `a million times a has its published digest`() {
        var hash = SHA256()
        for _ in 0..<1000 { hash.update(repeatElement(UInt8(ascii: "a"), count: 1000)) }
        #expect(hash.hexDigest() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }
}
