import Contracts
import Testing

@testable import CommandLine

@Suite struct OutputTests {
    @Test(arguments: [
        ("one", "one"), ("one\n", "one"), ("a\nb\n\nc\n", "a … (3 more lines)"),
        ("a\u{C}b", "a b"), ("x\u{2028}y", "x\u{2028}y"),
        ("\n\nb", "b"), ("\n", ""), ("", ""), ("a\u{1B}[2J\r\nb", "a [2J … (1 more line)"),
    ])
    func ofSeveralLinesTheFirstIsShownWithAMark(_ it: (text: String, shown: String)) {
        #expect(PlainText.firstLine(it.text) == it.shown)
    }

    @Test func aRunThatRanNothingNamesNoProcess() {
        var view = Samples.run(.skipped, [])
        func page() -> String {
            RunText.page(view, style: .plain, width: nil, now: Samples.begin).joined(separator: "\n")
        }
        #expect(page().contains("process  component web"))
        view.choice = ChoiceView(source: .component, name: nil, digest: "", trace: ["component: none is associated"])
        #expect(!page().contains("process ") && page().contains("why"))
    }

    @Test func aScheduleSaysWhenItStartsARunNextOrWhyNot() throws {
        var view = ScheduleView(
            repository: RepositoryPath(rawValue: "shop/web"), name: "nightly", expression: "30 3 * * *",
            zone: "Europe/Berlin", parameters: ["deep": "yes", "all": "no"], next: Samples.begin,
            upcoming: ["2026-11-28T03:30+01:00", "2026-11-29T03:30+01:00"], lastRun: RunID(rawValue: "r1"),
            lastAt: Samples.begin, updatedBy: Caller(account: "ada"), updatedAt: .now)
        func page() -> [String] { CronShowCommand.page(view, style: .plain, width: nil) }
        #expect(
            page() == [
                "nightly of shop/web", "  when        30 3 * * * in Europe/Berlin", "  branch      the default one",
                "  parameters  all=no", "              deep=yes",
                "  missed      one run makes up for what is missed", "  next        2026-11-28T03:30+01:00",
                "              2026-11-29T03:30+01:00", "  last        \(Samples.begin), run r1",
                "  changed     now by ada",
            ])
        #expect(view.outlook == "2026-11-28T03:30+01:00")
        (view.next, view.upcoming, view.problem) = (nil, [], "“Mars” is no time zone")
        #expect(page().contains("  state       starts no run any more: “Mars” is no time zone"))
        view.pausedBy = Caller(account: "ada")
        #expect(view.outlook == "paused by ada" && page().contains("  state       paused by ada"))
    }

    @Test func tablesAlign() {
        var table = Table([.init("RUN"), .init("TOOK", alignsRight: true), .init("MESSAGE", shrinks: true)])
        table.add("shop/web#1", "4s", "short")
        table.add("a#20", "1m 04s", "日本語 text")
        #expect(
            table.lines(style: .plain) == [
                "RUN           TOOK  MESSAGE",
                "shop/web#1      4s  short",
                "a#20        1m 04s  日本語 text",
            ])
    }

    @Test func tablesGiveWayWhereTheTerminalIsNarrow() {
        var table = Table([.init("A"), .init("B", shrinks: true)])
        table.add("123456", "a message that is far too long")
        #expect(table.lines(style: .plain, width: 20).last == "123456  a message t…")
        for line in table.lines(style: .plain, width: 20) { #expect(TextWidth.of(line) <= 20) }
    }

    @Test func cellsCannotDriveTheTerminal() {
        #expect(Table.Cell("a\u{1B}[31mb\nc").text == "a [31mb")
        #expect(Table.Cell("safe\u{202E}evil").text == "safe evil")
    }

    @Test func discoveredRepositoriesComeWithTheirCommandWhole() {
        let view = DiscoveredRepositoryView(
            path: RepositoryPath(rawValue: "new/app"), cloneURL: "https://git.example/new/app.git",
            defaultBranch: "main", ref: "refs/heads/main", sender: nil, pushes: 2,
            firstPushAt: Timestamp(milliseconds: 0), lastPushAt: Timestamp(milliseconds: 60_000))
        #expect(
            RepositoryListCommand.page(of: [view], now: Timestamp(milliseconds: 240_000), style: .plain) == [
                "Discovered, pushed to and not registered:", "  new/app  2 pushes, 3m ago",
                "    slipway repo add new/app https://git.example/new/app.git",
            ])
    }

    @Test func coloursAreOnlyThereWhereTheyAreWanted() {
        #expect(Style.plain.paint("x", .bad) == "x")
        #expect(Style(colours: true).paint("x", .bad) == "\u{1B}[31mx\u{1B}[0m")
        #expect(Style(colours: true).paint("x", .plain) == "x")
    }

    @Test(arguments: [
        ("\u{1B}[31mred\u{1B}[0m", "red"), ("\u{1B}]0;title\u{07}text", "text"),
        ("\u{1B}]8;;http://x\u{1B}\\link", "link"),
        ("10%\r50%\r100%", "100%"), ("line\r", "line"), ("a\u{1B}[2Jb\u{1B}[10;3Hc", "abc"), ("a\tb", "a\tb"),
        ("bell\u{07}", "bell"), ("\u{1B}", ""), ("\u{1B}[", ""), ("\u{1B}[31", ""),
    ])
    func logLinesLoseWhatMovesTheCursor(line: String, expected: String) {
        #expect(PlainText.logLine(line, colours: false) == expected)
    }

    @Test func logLinesKeepTheirColoursOnATerminal() {
        #expect(PlainText.logLine("\u{1B}[31mred", colours: true) == "\u{1B}[31mred\u{1B}[0m")
        #expect(PlainText.logLine("\u{1B}[2Kx", colours: true) == "x")
    }

    @Test(
        arguments: [
            (0, "0.0s"), (449, "0.4s"), (9_940, "9.9s"), (9_960, "9s"), (59_999, "59s"), (64_000, "1m 04s"),
            (7_500_000, "2h 05m"), (-5, "0.0s"),
        ] as [(Int64, String)])
    func durations(milliseconds: Int64, expected: String) {
        #expect(TimeText.duration(milliseconds: milliseconds) == expected)
    }

    @Test func wideCharactersTakeTwoColumns() {
        #expect(TextWidth.of("日本") == 4)
        #expect(TextWidth.of("é") == 1)
        #expect(TextWidth.truncate("日本語", to: 5) == "日本…")
        #expect(TextWidth.truncate("abc", to: 3) == "abc")
        #expect(TextWidth.truncate("abcd", to: 1) == "…")
    }

    @Test func errorsSayWhatAndWhatToDo() {
        let error = CommandError("no run x", remedy: "see y", details: ["a", "b"])
        #expect(error.lines(style: .plain) == ["slipway: no run x", "  a", "  b", "  → see y"])
    }
}

@Suite struct LineBlocksTests {
    @Test func onlyWholeLinesGoOnAndTheLastOneIsKnown() {
        var blocks = LineBlocks()
        func receive(_ text: String) -> String? {
            blocks.receive(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(receive("{\"id\"") == nil && blocks.last == nil)
        #expect(receive(":1}\n{\"id\":2}\n{\"i") == "{\"id\":1}\n{\"id\":2}\n")
        #expect(blocks.last.map { String(decoding: $0, as: UTF8.self) } == "{\"id\":2}")
        #expect(receive("d\":3}") == nil)
        #expect(receive("\n") == "{\"id\":3}\n")
        #expect(blocks.last.map { String(decoding: $0, as: UTF8.self) } == "{\"id\":3}")
    }
}
