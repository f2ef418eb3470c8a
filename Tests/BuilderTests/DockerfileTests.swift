import Testing
import Worker

@testable import Builder

@Suite struct DockerfileTests {
    private func rewritten(_ text: String, arguments: [String: String] = [:]) throws -> String {
        let file = try Dockerfile(Array(text.utf8), arguments: arguments, mark: "own")
        return String(decoding: file.text(label: "LABEL own=1") { "<\($0.name)>" }, as: UTF8.self)
    }

    private func images(_ text: String, arguments: [String: String] = [:]) throws -> [String] {
        try Dockerfile(Array(text.utf8), arguments: arguments).images.map(\.name)
    }

    @Test func everyImageFromOutsideIsReplaced() throws {
        let text = """
            # escape=\\
            ARG TAG=1
            FROM --platform=linux/arm64 base:${TAG} AS One
            copy --chown=1:1 --from=other/tool:2   /x /y
            FROM one
            COPY --from=one /a /b
            COPY --from=0 /a /b
            FROM scratch as last
            COPY . .
            """
        #expect(
            try rewritten(text, arguments: ["TAG": "7"]) == """
                ARG TAG=1
                FROM --platform=linux/arm64 <base:7> AS own-0
                LABEL own=1
                COPY --chown=1:1 --from=<other/tool:2> /x /y
                FROM own-0 AS own-1
                COPY --from=own-0 /a /b
                COPY --from=own-0 /a /b
                FROM scratch AS own-2
                LABEL own=1
                COPY . .

                """)
        let file = try Dockerfile(Array(text.utf8), arguments: [:], mark: "own")
        #expect(
            ["one", "ONE", "0", "1", "last", "3"].map(file.target) == [
                "own-0", "own-0", "own-0", "own-1", "own-2", "3",
            ])
        // No two builds have the same, and no image has one.
        let (first, second) = (
            try Dockerfile(Array(text.utf8), arguments: [:]), try Dockerfile(Array(text.utf8), arguments: [:])
        )
        #expect(first.target("one") != second.target("one") && first.target("one").hasPrefix("slipway-"))
        let image = file.images.first
        #expect(image == .init(name: "base:1", platform: "linux/arm64", isBase: true))
    }

    /// An instruction goes to the engine as one line, so that it begins no other one in the middle.
    @Test func anInstructionIsOneLine() throws {
        #expect(
            try rewritten("FROM \\\n  # note\n\n  a:1 \\\n AS b\nRUN x \\\r\n  && y\nRUN z \\") == """
                FROM <a:1> AS own-0
                LABEL own=1
                RUN x   && y
                RUN z 

                """)
        // The engine is told what lines end with that go on, and finds nothing else in the comments.
        #expect(
            try rewritten("# syntax=x\n# Escape = `\nFROM a\nRUN x `\n  FROM b\nRUN c \\\n") == """
                # escape=`
                FROM <a> AS own-0
                LABEL own=1
                RUN x   FROM b
                RUN c \\

                """)
        #expect(try images("# es cape=`\nFROM a\nRUN true \\\nFROM b AS c\nFROM c") == ["a", "c"])
        #expect(try images("\u{feff}from a") == ["a"])
    }

    @Test func argumentsOfTheFirstLineAreFilledIn() throws {
        let values = "ARG A=a\nARG B=\"b:$A\"\nARG C\n"
        for (name, image) in [
            ("$B", "b:a"), ("x/${A}:1", "x/a:1"), ("${C:-d}", "d"), ("${A:+e}", "e"), ("${C-f}", "f"),
            ("${C:-${A}/x:1}", "a/x:1"), ("${C:-${D:-$A}:${E-2}}/y", "a:2/y"), ("${A:+${A}${A}}", "aa"),
            ("${A:-${C:-d}}:1", "a:1"), ("${C:+${A}}z", "z"), ("a}", "a}"),
        ] { #expect(try images("\(values)FROM \(name)") == [image]) }
        #expect(try images("\(values)FROM $C", arguments: ["C": "given"]) == ["given"])
        // One of a stage is no argument of the next.
        #expect(throws: JobFailure.self) { try images("FROM a\nARG X=b\nFROM $X") }
    }

    @Test(
        "the name of a stage counts once it is complete",
        arguments: [
            ("FROM a AS x\nCOPY --from=x / /", ["a", "x"]), ("FROM a AS x\nFROM b\nCOPY --from=X / /", ["a", "b"]),
            ("FROM a\nCOPY --from=later / /\nFROM b AS later", ["a", "later", "b"]),
        ])
    func stages(_ text: String, _ images: [String]) throws {
        #expect(try self.images(text) == images)
    }

    @Test(
        "what the engine might read otherwise is refused",
        arguments: [
            "FROM a\nCOPY --\"from\"=b / /", "FROM a\nCOPY --fr\\om=b / /", "FROM a\nCOPY --chown=1\u{a0}--from=b / /",
            "FROM a\nONBUILD COPY --from=b / /", "FROM a\nonbuild copy --chown=1 --from=b / /", "FROM a b", "FROM",
            "FROM $", "FROM ${A:?x}", "FROM ${A", "FROM ${}", "FROM ${A:-${B}",
            "FROM \(String(repeating: "${A:-", count: 40))a\(String(repeating: "}", count: 40))", "FROM 'a'",
            "\u{a0}FROM a", "FROM a\n\u{85}FROM b",
            "FROM a\nRUN cat <<X\nFROM b\nX\n", "FROM a\nONBUILD RUN <<EXPOSE\nFROM b AS r/c:1\nEXPOSE\nFROM r/c:1",
            "FROM a\nRUN 3<<-EXPOSE cat\nEXPOSE", "FROM a\nCOPY <<EXPOSE /x\nEXPOSE", "FROM a AS r/c:1", "FROM a AS 1",
            "FROM any\nRUN true \\\r\r\nFROM any AS a3e1\nFROM a3e1", "FROM a\nRUN true \\ \r\r\nFROM b",
            "FROM a\rFROM b", "FROM a\nRUN echo x\ry", "FROM a\nRUN echo x\r\r\nRUN y",
            "FROM a\nRUN true \\\u{0b}\nFROM b AS c\nFROM c", "FROM a\nCOPY --from=0 / /",
            "FROM a\nFROM b\nCOPY --from=7 / /",
            "FROM a\nFROM b\nCOPY --from=99999999999999999999 / /", "FROM --mount=a b", "BUILD a",
            "FROM a\nRUN printf '\\\\\nFROM b AS r/c:1",
        ])
    func refusals(_ text: String) {
        let failure = #expect(throws: JobFailure.self) { try images(text) }
        #expect(failure?.reason.contains("of the Dockerfile") == true)
    }

    @Test func whatAnImageCopiesWhenOthersBuildUponIt() throws {
        #expect(try Dockerfile.copiesFromImage("COPY --from=a / /"))
        #expect(try Dockerfile.copiesFromImage("add --chown=1 --from=a / /"))
        #expect(try !Dockerfile.copiesFromImage("COPY . /app"))
        #expect(try !Dockerfile.copiesFromImage("RUN echo --from=a"))
    }
}
