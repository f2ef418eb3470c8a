import FoundationEssentials
import Testing

@testable import Secrets

@Suite struct LogMaskTests {
    private static let password = "p@ss/w0rd&more\"q"
    private static let chunks = [1, 2, 3, 5, 7, 77, 100_000]

    private func masked(_ text: String, _ secrets: [String], chunk: Int = 100_000) -> String {
        masked(text, LogMask(secrets: secrets), chunk: chunk)
    }

    private func masked(_ text: String, _ mask: LogMask, chunk: Int) -> String {
        var mask = mask
        var output: [UInt8] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            output += mask.mask(Array(bytes[start..<min(start + chunk, bytes.count)]))
        }
        output += mask.finish()
        return String(decoding: output, as: UTF8.self)
    }

    @Test(arguments: chunks)
    func masksAcrossChunks(chunk: Int) {
        #expect(masked("login hunter2 and hunter22!", ["hunter2"], chunk: chunk) == "login ****** and ******2!")
        #expect(masked("hunthunter2hun", ["hunter2"], chunk: chunk) == "hunt******hun")
        #expect(masked("aaab aaa", ["aaab", "aaa"], chunk: chunk) == "****** ******")
        #expect(masked("key:\nline one\nline two\n", ["line one\nline two"], chunk: chunk) == "key:\n******\n******\n")
        #expect(masked("nothing here", ["x", ""], chunk: chunk) == "nothing here")
    }

    @Test("those that overlap are one, and nothing of either is seen", arguments: chunks)
    func overlaps(chunk: Int) {
        #expect(masked("abcdef abc", ["abcd", "cdef"], chunk: chunk) == "****** abc")
        #expect(masked("x aaaaaaaaaa y", ["aaa"], chunk: chunk) == "x ****** y")
        #expect(masked("one-oneone-two", ["one-one", "one-two"], chunk: chunk) == "************")
    }

    @Test(
        "as other languages write it",
        arguments: [
            ("p@ss/w0rd&more\"q", password), ("p%40ss%2Fw0rd%26more%22q", password),
            ("p%40ss%2fw0rd%26more%22q", password), ("p%40ss/w0rd%26more%22q", password),
            (#"p@ss/w0rd&more\"q"#, password), (#"p@ss\/w0rd&more\"q"#, password),
            (#"p@ss/w0rd\u0026more\"q"#, password), ("one%20two", "one two"), ("one+two", "one two"),
            (#"caf\u00e9 \ud83d\ude00"#, "café 😀"), ("caf%C3%A9", "café"), (#"a\tb\\c"#, "a\tb\\c"),
            (#"it'\''s me"#, "it's me"), (#"it'"'"'s me"#, "it's me"), (#"it\'s\ me"#, "it's me"),
            (#"it\'s\\me"#, #"it's\me"#), (#"pa\$\$w0rd"#, "pa$$w0rd"), (#"pa\`\"\$\(x"#, #"pa`"$(x"#),
            (#"a\=b\~c\ d"#, "a=b~c d"), (#"a=b\ c\"d"#, #"a=b c"d"#), (#"it's \"x\" \$1"#, #"it's "x" $1"#),
            (#"it\'s "x" $1"#, #"it's "x" $1"#),
        ])
    func escapes(_ it: (written: String, secret: String)) {
        for chunk in Self.chunks {
            #expect(masked("{\(it.written)}", [it.secret], chunk: chunk) == "{******}")
        }
    }

    @Test("in base 64, wherever it begins in what is encoded", arguments: chunks)
    func base64(chunk: Int) {
        for before in ["", "u:", "user:", "ada:", "ü:"] {
            for after in ["", "\n", "x", "xy", " and more"] {
                for isURL in [false, true] {
                    var text = Data((before + Self.password + "~~?>" + after).utf8).base64EncodedString()
                    if isURL {
                        text = text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
                    }
                    let shown = masked("Basic \(text)\n", [Self.password + "~~?>"], chunk: chunk)
                    let kept = shown.replacing("******", with: "")
                    // What it shares a character with, beside it.
                    let most = "Basic \n".count + (before.utf8.count + after.utf8.count) * 4 / 3 + 4
                    #expect(shown.contains("******") && kept.count <= most, "\(before)…\(after): \(shown)")
                    if before.isEmpty, after.isEmpty || after == "\n" { #expect(shown == "Basic ******\n") }
                }
            }
        }
        #expect(masked("YWRtaW4gaXMgYWRtaW4", ["adm"], chunk: chunk) == "YWRtaW4gaXMgYWRtaW4")
    }

    @Test("in base 64 of several lines", arguments: chunks, [64, 76])
    func lines(chunk: Int, columns: Int) {
        let secret = (1...40).map { "line \($0) of what nobody may read" }.joined(separator: "\n")
        let encoded = Array(Data("user:\(secret)\n".utf8).base64EncodedString())
        for end in ["\n", "\r\n"] {
            let lines = stride(from: 0, to: encoded.count, by: columns).map {
                String(encoded[$0..<min($0 + columns, encoded.count)])
            }
            let text = "begin\(end)\(lines.joined(separator: end))\(end)end\(end)\(end)next"
            #expect(
                masked(text, [secret + "\n"], chunk: chunk) == "begin\(end)dXNlcjp******\(end)end\(end)\(end)next")
        }
    }

    @Test("what is shown of base 64 before it is a secret's does not stop the rest", arguments: chunks, [3, 4, 5])
    func shortLines(chunk: Int, columns: Int) {
        let encoded = Array("aGVsbG8gd29ybGQgc2VjcmV0")
        let lines = stride(from: 0, to: encoded.count, by: columns).map {
            String(encoded[$0..<min($0 + columns, encoded.count)])
        }
        let shown = masked(lines.joined(separator: "\n") + "\nend\n", ["hello world secret"], chunk: chunk)
        #expect(shown.hasSuffix("******\nend\n"))
        #expect(!shown.contains(lines[4]))
    }

    @Test("a line of a secret is hidden though it ends as one that opens a block")
    func openers() {
        for password in ["Xy7kQ9zP(", "Xy7kQ9zP:", "correct{", "a-b-c-d("] {
            #expect(masked("alice\n\(password)\n", ["alice\n\(password)"]) == "******\n******\n")
            #expect(masked("is \(password)\n", ["alice\n\(password)"]) == "is ******\n", "\(password)")
        }
        #expect(masked("users:\n  - alpha-1\n", ["users:\n  - beta-22\n"]).hasPrefix("users:\n"))
    }

    /// As programs print it that colour what they found, or write UTF-16.
    @Test("with what shows nothing between its bytes", arguments: chunks)
    func invisible(chunk: Int) {
        let secrets = ["hunter22", "YWRtaW4gaXM="]
        for written in [
            "hun\u{1B}[01;31m\u{1B}[Kter\u{1B}[m\u{1B}[K22", "h\0u\0n\0t\0e\0r\02\02", "hunt\u{1B}(B\u{1B}[0mer22",
            "hunter\u{1}\u{2}22", "h\u{1B}[38;2;255;0;0mu\u{7F}nter22", "aHVudG\u{1B}[1mVyMjI=",
            "a\0H\0V\0u\0d\0G\0V\0y\0M\0j\0I\0=",
            "%68unter22".replacing("%68", with: "h\u{1B}[K"),
        ] {
            #expect(masked("is \(written), or", secrets, chunk: chunk) == "is ******, or", "\(written)")
        }
        // It may begin where a sequence does not end, and have such bytes itself.
        #expect(masked("\u{1B}[hunter22 \u{1B}]hunter22", secrets, chunk: chunk) == "\u{1B}[****** \u{1B}]******")
        #expect(masked("a red\u{1B}[0mdish b", ["\u{1B}[31mred\u{1B}[0mdish"], chunk: chunk) == "a ****** b")
        // Nothing is taken away from a log that has no secret in it.
        let plain = "\u{1B}[1mhunt\u{1B}[0m hun\0 \u{1B}]8;;http://x\u{1B}\\y\u{7} h\u{1B}[1\nunter22\n"
        #expect(masked(plain, secrets, chunk: chunk) == plain)
    }

    @Test("what shows nothing is not held back for long")
    func invisibleWithoutEnd() {
        var mask = LogMask(secrets: ["hunter22"])
        let nothing = [UInt8](repeating: 0, count: 65536)
        #expect(mask.mask(Array("hunt".utf8)).isEmpty)
        #expect(mask.mask(nothing).count == nothing.count + 4)
        #expect(mask.mask(nothing) == nothing)
    }

    @Test("a line is not held back for a character that base 64 of a secret may begin with")
    func isLive() {
        var mask = LogMask(secrets: [Self.password])
        // c begins the base 64 of the password.
        #expect(mask.mask(Array("ready: c\n".utf8)) == Array("ready: c\n".utf8))
        #expect(mask.mask(Array("next".utf8)) == Array("next".utf8))
    }

    @Test("a document's lines are found without their indentation, and what any has is not hidden", arguments: chunks)
    func documents(chunk: Int) {
        let account = """
            {
              "type": "service_account",
              "keys": [
                {
                  "id": "k-7731-zz"
                }
              ],
              "private_key": "-----BEGIN KEY-----\\nMIIEvQIBADANBg\\u003d\\n-----END KEY-----\\n",
              "none": null
            }
            """
        let shown = masked(account, [account], chunk: chunk)
        #expect(
            shown == """
                {
                  ******,
                  "keys": [
                    {
                      ******
                    }
                  ],
                  ******,
                  ******
                }
                """)
        // jq -c, jq -r .private_key, sed 's/^ *//'
        let compact = account.split(separator: "\n").map { $0.drop { $0 == " " } }.joined().replacing(": ", with: ":")
        #expect(masked(compact, [account], chunk: chunk) == "******")
        #expect(
            masked("-----BEGIN KEY-----\nMIIEvQIBADANBg=\n-----END KEY-----\n", [account], chunk: chunk)
                == "******\n******\n******\n")
        #expect(masked("\"id\": \"k-7731-zz\"\n", [account], chunk: chunk) == "******\n")
        #expect(masked("k-7731-zz of a service_", [account], chunk: chunk) == "****** of a service_")
        let other = "{\n  \"other\": [\n    {\n      \"x\": 1\n    }\n  ],\n  \"y\": null\n}\nkeys: [\n"
        #expect(masked(other, [account], chunk: chunk) == other)
        let indented = "line-one-AAAA\nline-two-BBBB\n  indented-CCCC\n"
        #expect(masked("line-one-AAAA indented-CCCC", [indented], chunk: chunk) == "****** ******")
        // A value of a dotenv file that a shell has read.
        #expect(
            masked("0123456789abcdef web", ["NAME=web\nKEY=\"0123456789abcdef\"\n"], chunk: chunk) == "****** web")
    }

    @Test("a secret that looks like a document and is none is hidden")
    func looksLikeOne() {
        #expect(masked("on [a b c] and {", ["[a b c]"]) == "on ****** and {")
        #expect(masked("123 456 12", ["123\n456\n"]) == "****** ****** 12")
    }

    @Test("blanks around a secret are no part of what is hidden")
    func blanks() {
        #expect(masked("tok-12345", [" tok-12345 \n"]) == "******")
    }

    @Test("a log costs the same whatever is in it", .timeLimit(.minutes(1)))
    func isLinear() {
        let secret = String(repeating: "a", count: 1000) + "b"
        let text = String(repeating: "a", count: 400_000)
        #expect(masked(text, [secret], chunk: 65536) == text)
    }

    /// What the filter lets pass, and what it does not, comes out the same.
    @Test("many secrets at random: each is found wherever it is, and nothing else")
    func many() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/é")
        func text(_ count: Int) -> String {
            String((0..<count).map { _ in alphabet.randomElement(using: &generator) ?? "a" })
        }
        let lines = (0..<400).map { _ in text(32) }
        let mask = LogMask(secrets: lines)
        var (log, expected) = ("", "")
        for _ in 0..<200 {
            // Blanks beside it, so that by chance it is nothing longer.
            let between = "\(text(Int.random(in: 0...90, using: &generator))) \u{1B}[1m"
            log += between + (lines.randomElement(using: &generator) ?? "") + " "
            expected += between + "****** "
        }
        for chunk in [1, 2, 3, 13, 1000, 100_000] { #expect(masked(log, mask, chunk: chunk) == expected) }
    }

    @Test("texts at random: no secret is seen, and where a chunk ends makes no difference")
    func random() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let alphabets = ["ab", "abc\"", "a/+%", "ab\0", "ab\u{1B}[m\0"]
            let alphabet = Array(alphabets.randomElement(using: &generator) ?? "ab")
            func text(_ lengths: ClosedRange<Int>) -> String {
                String((0..<Int.random(in: lengths, using: &generator)).map { _ in alphabet.randomElement() ?? "a" })
            }
            let secrets = (0..<Int.random(in: 1...3, using: &generator)).map { _ in text(3...8) }
            let log = text(0...60)
            let whole = masked(log, secrets)
            // Of a sequence for colours nobody sees all that it is written with.
            for secret in secrets where !secret.contains("\u{1B}") && secret.count(where: { $0 != "\0" }) >= 3 {
                #expect(!whole.contains(secret), "\(secrets) in \(log)")
            }
            for chunk in [1, 2, 5] { #expect(masked(log, secrets, chunk: chunk) == whole, "\(secrets) in \(log)") }
        }
    }

    /// A chunk of a few bytes is stepped through, whatever the filter says. None ends a line: what is shown of base 64
    /// then differs.
    @Test("what the filter passes over has no secret in it, in lines of base 64 and among colours")
    func filter() {
        var generator = SystemRandomNumberGenerator()
        let noise = Array("abc+/=-_\n\r\t \0\u{1B}[m")
        func text(_ lengths: ClosedRange<Int>, of alphabet: [Character] = Array("abz+/~?é")) -> String {
            String((0..<Int.random(in: lengths, using: &generator)).map { _ in alphabet.randomElement() ?? "a" })
        }
        for _ in 0..<1000 {
            let secrets = (0..<Int.random(in: 1...3, using: &generator)).map { _ in text(3...24) }
            let mask = LogMask(secrets: secrets)
            var log = ""
            for _ in 0..<4 {
                let secret = secrets.randomElement() ?? ""
                let written = Bool.random() ? secret : Data("u\(secret)x".utf8).base64EncodedString()
                log += text(0...20, of: noise)
                let every = Int.random(in: 1...30, using: &generator)
                for (index, character) in written.enumerated() {
                    if index % every == every - 1 { log += ["\n", "\r\n", "\u{1B}[31m", "\0"].randomElement() ?? "" }
                    log.append(character)
                }
            }
            var (stepping, output, chunk) = (mask, [UInt8](), [UInt8]())
            for byte in (log + ".").utf8 {
                chunk.append(byte)
                guard byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") else { continue }
                output += stepping.mask(chunk)
                chunk = []
            }
            output += stepping.finish()
            #expect(
                masked(log + ".", mask, chunk: 1000) == String(decoding: output, as: UTF8.self), "\(secrets) in \(log)")
        }
    }

    @Test("of a log without secrets hardly a place is looked at closely, however many secrets there are")
    func filterIsSharp() {
        var generator = SystemRandomNumberGenerator()
        let secrets = (0..<50).map { _ in
            (0..<40).map { _ in
                Data((0..<48).map { _ in UInt8.random(in: 0...255, using: &generator) }).base64EncodedString()
            }.joined(separator: "\n")
        }
        let log = Array(
            (0..<1000).map { "compiled module number \($0) of 1000 in 0.23 s, 17 warnings, nothing else\n" }.joined()
                .utf8)
        let filter = LogMask(secrets: secrets).filter
        var (place, places) = (0, 0)
        while place < log.count {
            place = filter.next(log, from: place).place + 1
            places += 1
        }
        #expect(places < log.count / 1000)
    }
}
