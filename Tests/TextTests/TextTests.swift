import FoundationEssentials
import TestSupport
import Testing
import Text

@Suite struct TextTests {
    @Test func hexIsLowerCaseAndMayBeOfTheFirstBytesOnly() {
        #expect(Hex.encode([0x00, 0x0F, 0xA0, 0xFF] as [UInt8]) == "000fa0ff")
        #expect(Hex.encode([0x00, 0x0F, 0xA0, 0xFF] as [UInt8], first: 2) == "000f")
        #expect(Hex.encode([] as [UInt8]).isEmpty)
        #expect(Hex.encode(0xA0 as UInt8, digits: 4) == "00a0")
        #expect(Hex.encode(0x12345 as UInt32, digits: 4) == "2345")
        #expect(Hex.encode(UInt128.max, digits: 32) == String(repeating: "f", count: 32))
        #expect(Hex.number("00fF".utf8) == 255 && Hex.number("ffffffff".utf8) == .max)
        for text in ["", "0g", "+1", "123456789"] { #expect(Hex.number(text.utf8) == nil, "\(text)") }
        #expect(Hex.isDigits("09af", count: 4))
        for text in ["09a", "09AF", "09ag", "+9af", "٠٩af"] { #expect(!Hex.isDigits(text, count: 4), "\(text)") }
    }

    @Test func base64HasTheAlphabetOfAddresses() {
        let bytes = Data([0xFB, 0xFF, 0xBF, 0x00])
        #expect(Base64URL.encode(bytes) == "-_-_AA")
        #expect(Base64URL.encode(bytes, padded: true) == "-_-_AA==")
        for text in ["-_-_AA", "-_-_AA=="] { #expect(Base64URL.decode(text) == bytes, "\(text)") }
        #expect(Base64URL.decode("a b") == nil)
    }

    @Test func jsonEscapesWhatItHasToAndWhatIsAskedFor() {
        #expect(JSONEscape.escape("a \"b\" \\ \n\r\t\u{8}\u{C}\u{1} é/") == #"a \"b\" \\ \n\r\t\b\f\u0001 é/"#)
        #expect(JSONEscape.escape("é𝄞<") { !$0.isASCII || $0 == "<" } == #"\u00e9\ud834\udd1e\u003c"#)
    }

    @Test func aNameThatIsTooLongIsCutAndStillTellsItselfFromOthers() {
        #expect(ShortName.fit("shop/web") == "shop/web")
        #expect(ShortName.fit(String(repeating: "a", count: 255)) == String(repeating: "a", count: 255))
        let cut = ShortName.fit(String(repeating: "a", count: 256))
        #expect(cut.utf8.count == 255)
        #expect(cut == String(repeating: "a", count: 222) + "~007018d18f76871d279f3ac1732bd68d")
        #expect(cut != ShortName.fit(String(repeating: "a", count: 257)))
        #expect(ShortName.fit(String(repeating: "ä", count: 100), bytes: 64).utf8.count <= 64)
    }

    @Test func percentCodingKeepsOneSegmentAndComesBack() {
        for text in ["", "shop/web ü", "a.b-c_d~e", "100%", "+&=?#'\"", "𝄞\u{0}"] {
            #expect(PercentCoding.decode(PercentCoding.encode(text)) == text)
            #expect(!PercentCoding.encode(text).contains("/"))
        }
        #expect(PercentCoding.encode("shop/web ü") == "shop%2Fweb%20%C3%BC")
        #expect(PercentCoding.encode("shop/web ü", keeping: "/") == "shop/web%20%C3%BC")
        #expect(PercentCoding.address("/x", query: [("a", "1&2"), ("b", nil), ("c", "")]) == "/x?a=1%262&c=")
        #expect(PercentCoding.address("/x", query: [("b", nil)]) == "/x")
        #expect(PercentCoding.address("/x?y=1", query: [("a", "b")]) == "/x?y=1&a=b")
        #expect(PercentCoding.decode("%c3%BC") == "ü")
    }

    @Test(arguments: ["%", "%4", "%g0", "%+1", "%-1", "% 1", "%ff", "%C3"])
    func whatIsNotPercentCodedIsRefused(_ text: String) {
        #expect(PercentCoding.decode(text) == nil)
    }

    @Test func aFieldOfAFormIsReadAndABrokenOneIsNot() {
        func value(_ form: String) -> String? {
            PercentCoding.field("payload", ofForm: Array(form.utf8)).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(value("payload=%7B%22a%22%3A+1%7d") == "{\"a\": 1}")
        #expect(value("x=1&payload=a%2Bb&payload=c") == "a+b")
        #expect(value("payload=") == "")
        #expect(PercentCoding.field("payload", ofForm: Array("payload=%ff".utf8)) == [0xFF])
        for broken in ["", "payload", "other=1", "payload=%", "payload=%4", "payload=%zz", "xpayload=1"] {
            #expect(value(broken) == nil, "\(broken)")
        }
        #expect(PercentCoding.decode("a+b") == "a+b")
    }

    @Test func plainWordsStayAsTheyAre() {
        for text in ["a", "docker.io/shop/web:1", "A=1", "--build-arg", "50%"] {
            #expect(ShellWord.quote(text) == text)
        }
        for (text, quoted) in [
            ("", "''"), ("a b", "'a b'"), ("it's", #"'it'\''s'"#), ("=ls", "'=ls'"), ("~", "'~'"), ("$(id)", "'$(id)'"),
        ] {
            #expect(ShellWord.quote(text) == quoted)
        }
    }

    /// An accent joins the quote before it to one `Character`, which is none of a shell's.
    @Test(arguments: ["", "it's", "'\u{301}; echo reached '", "a\nb", "*", "\\", "=ls", "~root", "-n", "é'é", "!!"])
    func aShellReadsAWordBack(_ text: String) async throws {
        let printed = try await runTool("/bin/sh", ["-c", "printf %s. \(ShellWord.quote(text))"])
        #expect(Array(printed.utf8) == Array("\(text).".utf8))
    }

    @Test func namesThatAreNoTextAreQuotedToo() {
        #expect(ShellWord.quote([0xFF, UInt8(ascii: "'")]) == [UInt8(ascii: "'"), 0xFF] + Array(#"'\'''"#.utf8))
    }

    @Test func noCharacterIsCutInTwo() {
        let text = "aé€𝄞"
        for (limit, beginning, end) in [
            (0, "", ""), (1, "a", ""), (2, "a", ""), (3, "aé", ""), (4, "aé", "𝄞"), (5, "aé", "𝄞"), (6, "aé€", "𝄞"),
            (7, "aé€", "€𝄞"), (9, "aé€", "é€𝄞"), (10, text, text), (99, text, text),
        ] {
            #expect(UTF8Boundary.prefix(text, bytes: limit) == beginning)
            #expect(UTF8Boundary.prefix(Array(text.utf8), bytes: limit) == beginning)
            #expect(UTF8Boundary.suffix(Array(text.utf8), bytes: limit) == end)
        }
    }

    @Test func whatIsIncompleteIsToldFromWhatIsWrong() {
        for (bytes, length) in [
            ([], 0), ([0x41], 0), ([0xC3], 1), ([0xC3, 0xBC], 0), ([0xE2, 0x82], 2), ([0xF0, 0x9D, 0x84], 3),
            ([0xF0, 0x9D, 0x84, 0x9E], 0), ([0x80], 0), ([0x41, 0x80], 0), ([0xC0], 0), ([0xF5], 0),
        ] as [([UInt8], Int)] {
            #expect(UTF8Boundary.incompleteSuffix(of: bytes) == length)
            #expect(UTF8Boundary.incompleteSuffix(of: [0x41] + bytes) == length)
        }
        #expect(UTF8Boundary.prefix([0xC3] as [UInt8], bytes: 5) == "\u{FFFD}")
    }
}
