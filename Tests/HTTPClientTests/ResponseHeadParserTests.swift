import Testing

@testable import HTTPClient

@Suite struct ResponseHeadParserTests {
    typealias Head = ResponseHeadParser.Head

    private func parse(_ lines: [String], follows: Bool = false, limit: Int = 1000) -> [ResponseHeadParser.Step] {
        var parser = ResponseHeadParser(followsRedirects: follows, limit: limit)
        return lines.map { parser.take(Array("\($0)\r\n".utf8)) }.filter { $0 != .more }
    }

    @Test func headIsCompleteAtTheEmptyLine() {
        let steps = parse(["HTTP/1.1 200 OK", "Content-Type:  text/plain ", "X-Empty:", "x-twice: 1", "X-Twice: 2", ""])
        #expect(
            steps == [
                .complete(
                    Head(
                        status: 200,
                        headers: HTTPHeaders([
                            .init(name: "Content-Type", value: "text/plain"), .init(name: "X-Empty", value: ""),
                            .init(name: "x-twice", value: "1"), .init(name: "X-Twice", value: "2"),
                        ])))
            ])
    }

    @Test func interimAnswersComeBeforeTheRealOne() {
        let steps = parse(["HTTP/1.1 100 Continue", "", "HTTP/1.1 103 Early Hints", "Link: x", "", "HTTP/1.1 204", ""])
        #expect(steps == [.complete(Head(status: 204, headers: [:]))])
    }

    @Test func redirectIsAnAnswerUnlessFollowed() {
        let lines = ["HTTP/1.1 302 Found", "Location: /b", "", "HTTP/1.1 200 OK", ""]
        #expect(parse(lines) == [.complete(Head(status: 302, headers: ["Location": "/b"]))])
        #expect(parse(lines, follows: true) == [.complete(Head(status: 200, headers: [:]))])
        let nowhere = ["HTTP/1.1 304 Not Modified", ""]
        #expect(parse(nowhere, follows: true) == [.complete(Head(status: 304, headers: [:]))])
    }

    @Test func trailersAreNotTheHead() {
        #expect(parse(["HTTP/1.1 200 OK", "", "X-Trailer: 1", ""]) == [.complete(Head(status: 200, headers: [:]))])
    }

    @Test func limitHoldsForOneHead() {
        let long = "X: " + String(repeating: "x", count: 90)
        #expect(parse(["HTTP/1.1 200 OK", long, ""], limit: 100) == [.tooLarge, .tooLarge])
        #expect(
            parse(
                ["HTTP/1.1 100 Continue", "X: " + String(repeating: "x", count: 60), "", "HTTP/1.1 200 OK", ""],
                limit: 100)
                == [.complete(Head(status: 200, headers: [:]))])
    }

    @Test(arguments: ["BLAH", "HTTP/1.1", "HTTP/1.1 abc", "HTTP/1.1 99 X", "Name: before the status"])
    func brokenHeads(_ line: String) {
        #expect(parse([line]) == [.malformed])
    }

    @Test func fieldWithoutColonIsBroken() {
        #expect(parse(["HTTP/1.1 200 OK", "no colon"]) == [.malformed])
    }
}
