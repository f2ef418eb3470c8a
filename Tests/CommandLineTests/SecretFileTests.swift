import Contracts
import FoundationEssentials
import Testing

@testable import CommandLine

@Suite struct SecretFileTests {
    @Test(arguments: [
        ("value\n", "value"), ("value\r\n", "value"), ("value", "value"), ("a\r\nb\r\n", "a\r\nb"), ("a\n\n", "a\n"),
        ("a\r\n\r\n", "a\r\n"), (" padded \n", " padded "), ("a\r", "a\r"), ("\n", ""), ("", ""),
    ])
    func oneLineBreakAtTheEndIsNoPartOfIt(text: String, secret: String) throws {
        // By bytes: to Swift a CR LF is one character.
        #expect(try Array(SecretFile.text(Array(text.utf8), of: "file").utf8) == Array(secret.utf8))
    }

    @Test func whatIsNoTextIsRefusedRatherThanChanged() {
        #expect(throws: CommandError.self) { try SecretFile.text([0xFF, 0xFE, 0x0A], of: "key.der") }
    }
}
