import Contracts
import Testing

@testable import Pipeline

/// The log of a run's page: escaping, colours, line numbers, pieces of large logs.
@Suite struct WebLogTests {
    private func render(_ text: String, first: Int = 1) -> String {
        var lines = LogLines(first: first)
        _ = lines.render(Array(text.utf8)[...], isEnd: true)
        return lines.text
    }

    private func content(_ text: String) -> String {
        let html = render(text)
        let start = html.firstRange(of: "<span>").map(\.upperBound) ?? html.startIndex
        let end = html.firstRange(of: "</span></div>")?.lowerBound ?? html.endIndex
        return String(html[start..<end])
    }

    @Test func linesAreNumberedAndAnchored() {
        #expect(
            render("a\nb", first: 7) == """
                <div id="L7"><a href="#L7" data-n="7"></a><span>a</span></div>
                <div id="L8"><a href="#L8" data-n="8"></a><span>b</span></div>

                """)
    }

    @Test(arguments: [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"), ("a & b", "a &amp; b"),
        ("\u{1B}[31mred\u{1B}[0m x", #"<span class="f1">red</span> x"#),
        ("\u{1B}[1;32mok", #"<span class="b f2">ok</span>"#), ("\u{1B}[91mx", #"<span class="f9">x</span>"#),
        ("\u{1B}[38;5;196mx", #"<span class="f1">x</span>"#),
        ("\u{1B}[38;2;255;255;255mx", #"<span class="f15">x</span>"#),
        ("\u{1B}[31;44mx\u{1B}[39my", #"<span class="f1 g4">x</span><span class="g4">y</span>"#),
        ("\u{1B}[7mx\u{1B}[27m", #"<span class="inv">x</span>"#),
        ("\u{1B}]0;<b>title\u{07}t", "t"), ("\u{1B}[2J\u{1B}[Hx", "x"), ("10%\r100%", "100%"), ("x\r", "x"),
        ("\u{1B}[", ""), ("\u{1B}", ""), ("\u{07}\u{00}x", "x"), ("\u{1B}[999999999999999999999mx", "x"),
    ])
    func coloursBecomeClassesAndNothingElseGetsThrough(line: String, expected: String) {
        #expect(content(line) == expected)
    }

    @Test func aColourGoesOnOverLines() {
        let html = render("\u{1B}[31mone\ntwo\u{1B}[0m\nthree")
        #expect(html.contains(#"<span class="f1">two</span>"#))
        #expect(html.contains("<span>three</span>"))
    }

    @Test func anOverlongLineIsCutAndSaysSo() {
        let html = render(String(repeating: "x", count: LogLines.lineLimit + 5))
        #expect(html.contains("5 more bytes are in the raw log"))
    }

    @Test(arguments: [1, 5, 40, 200])
    func piecesHaveEveryLineOnceWithItsNumber(width: Int) async throws {
        let lines = (1...9000).map { "\($0) " + String(repeating: "x", count: ($0 * 7) % width) }
        let bytes = Array(lines.joined(separator: "\n").utf8)
        let step = StepView(
            id: 0, name: "s", kind: "commands", state: .success, reason: nil, exitCode: 0, job: nil, attempt: 1,
            outputs: [:], logBytes: Int64(bytes.count), startedAt: nil, finishedAt: nil)
        let logs = LogChunks(run: RunID(rawValue: "run"), step: step, counts: LogLineCounts()) { offset, limit in
            guard offset < bytes.count else { return [] }
            // Fewer than asked for, as a store may.
            return Array(bytes[Int(offset)..<min(bytes.count, Int(offset) + min(limit, 10_000))])
        }
        let last = (bytes.count - 1) / Int(LogChunks.size)
        var seen: [String] = []
        for piece in 0...last {
            let rendered = try await logs.render(only: piece)
            #expect(rendered.earlier == (piece == 0 ? nil : piece - 1))
            for line in rendered.html.split(separator: "\n") {
                let number = line.dropFirst(#"<div id="L"#.count).prefix { $0 != "\"" }
                let text = line.split(separator: "<span>", maxSplits: 1)[1].prefix { $0 != " " }
                #expect(number == text)
                seen.append(String(number))
            }
            if piece == last { #expect(rendered.end == Int64(bytes.count)) }
        }
        #expect(seen == (1...9000).map(String.init))
        #expect(try await logs.piece(ofLine: 1) == 0)
        #expect(try await logs.piece(ofLine: 9000) == last)
    }
}
