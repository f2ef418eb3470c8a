import Contracts
import FoundationEssentials
import Testing

@testable import WebhookGateway

@Suite("JSON in one pass")
struct JSONScannerTests {
    private func value(_ json: String) throws(JSONScanError) -> String? {
        var scanner = JSONScanner(Array(json.utf8))
        var found: String?
        try scanner.object { (key, scanner) throws(JSONScanError) in
            if key == "wanted" { found = try scanner.optionalString() } else { try scanner.skip() }
        }
        try scanner.end()
        return found
    }

    @Test(
        "steps over everything that is not wanted",
        arguments: [
            #"{"wanted":"yes"}"#, #" { "a" : [ { "wanted" : "no" } , "}" , "\"" ] , "wanted" : "yes" } "#,
            #"{"a":"\\","b":{"c":{"d":[[[]]]}},"wanted":"yes","e":-1.5e+3,"f":null,"g":true}"#,
            #"{"wanted":"no","wanted":"yes"}"#, "{\"a\":{},\n\t\"wanted\":\"yes\",\r\n\"b\":[]}",
        ])
    func wanted(_ json: String) throws {
        #expect(try value(json) == "yes")
    }

    @Test("reads every escape as JSONDecoder does")
    func escapes() throws {
        for text in ["\"", "\\", "/", "\u{8}\u{c}\n\r\t", "ä€🚢", "\u{0}", "a\\u0041", "\u{FFFF}"] {
            let json = String(decoding: try Wire.encode(["wanted": text]), as: UTF8.self)
            #expect(try value(json) == text)
        }
        #expect(try value(#"{"wanted":"\u0041\u00e4\ud83d\udea2\/"}"#) == "Aä🚢/")
    }

    @Test("another kind of value is none", arguments: ["1", "null", "true", "[\"yes\"]", "{\"wanted\":\"yes\"}"])
    func otherKinds(_ json: String) throws {
        #expect(try value("{\"wanted\":\(json)}") == nil)
    }

    @Test(
        "broken documents are errors, never crashes",
        arguments: [
            "", " ", "{", "}", "[", "[]", "\"wanted\"", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,",
            "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "{\"a\":}", "{\"a\":\"", "{\"a\":\"\\", "{\"a\":[", "{\"a\":[}",
            "{\"a\":1}x", "{\"wanted\":\"\\x\"}", "{\"wanted\":\"\\u12\"}", "{\"wanted\":\"\\ud800\"}",
            "{\"wanted\":\"\\ud800\\u0041\"}", "{\"wanted\":\"\\udc00\"}", "{\"a\":]}", "{\"a\":,}", "{,}",
        ])
    func broken(_ json: String) {
        #expect(throws: JSONScanError.self) { try value(json) }
    }

    @Test("depth has a limit")
    func depth() {
        let deep = "{\"a\":" + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000) + "}"
        #expect(throws: JSONScanError.self) { try value(deep) }
    }

    @Test("bytes that are no UTF-8 are an error where they are read")
    func invalidUTF8() {
        var scanner = JSONScanner(Array("{\"wanted\":\"".utf8) + [0xFF, 0xFE] + Array("\"}".utf8))
        #expect(throws: JSONScanError.self) {
            try scanner.object { (_, scanner) throws(JSONScanError) in _ = try scanner.optionalString() }
        }
    }

    @Test("any bytes at all end in a value or an error")
    func noise() throws {
        var generator = SystemRandomNumberGenerator()
        let hook = try Hook().body
        for _ in 0..<2_000 {
            var bytes = hook
            for _ in 0..<Int.random(in: 1...5, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
                    in: .min ... .max, using: &generator)
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator)))
            do throws(JSONScanError) { _ = try GitLabPayload(bytes) } catch { #expect(error.offset <= bytes.count + 1) }
        }
    }
}
