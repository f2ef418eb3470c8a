import Testing

@testable import DockerEngine

@Suite struct ArchiveTests {
    @Test(arguments: [
        ("*.log", "a.log", true), ("*.log", "x/a.log", false), ("**/*.log", "x/y/a.log", true),
        ("**/*.log", "a.log", true), ("node_modules", "node_modules/x/y.js", true), ("/build/", "build/x", true),
        ("a/**", "a/b/c", true), ("a/**", "a", false), ("a/**/z", "a/z", true), ("a/**/z", "a/b/c/z", true),
        ("a?c", "abc", true), ("a?c", "a/c", false), ("[a-c]x", "bx", true), ("[^a-c]x", "bx", false),
        (#"\*"#, "*", true),
        (#"\*"#, "a", false), ("# comment", "# comment", false), ("./a/../b", "b", true),
        ("**", "anything/at/all", true),
        ("*\n!keep", "keep", false), ("*\n!keep", "other", true), ("*\n!a/b", "a/b/c", false),
        ("!x\nx", "x", true), ("dir\n!dir/file", "dir/file", false), ("dir\n!dir/file", "dir/other", true),
    ])
    func ignoreRules(_ rules: String, _ path: String, _ ignored: Bool) throws {
        #expect(try IgnoreRules(rules.utf8).ignores(Array(path.utf8)) == ignored, "\(rules) \(path)")
    }

    @Test func headersAreUstar() {
        let entry = TarEntry(path: Array("a/b.txt".utf8), kind: .file(5), mode: 0o100644, modifiedAt: 1)
        let header = entry.header
        #expect(header.count == 512)
        #expect(Array(header[0..<8]) == Array("a/b.txt\0".utf8))
        #expect(Array(header[100..<108]) == Array("0000644\0".utf8))
        #expect(Array(header[124..<136]) == Array("00000000005\0".utf8))
        #expect(header[156] == UInt8(ascii: "0"))
        #expect(Array(header[257..<265]) == Array("ustar\u{0}00".utf8))
        var blank = header
        for index in 148..<156 { blank[index] = 32 }
        let sum = blank.reduce(0) { $0 + Int($1) }
        #expect(Int(String(decoding: header[148..<154], as: UTF8.self), radix: 8) == sum)
    }

    @Test func longNamesGoIntoRecords() {
        let path = String(repeating: "ä", count: 60)
        let header = TarEntry(path: Array(path.utf8), kind: .folder, mode: 0o755, modifiedAt: 0).header
        #expect(header.count == 3 * 512)
        #expect(header[156] == UInt8(ascii: "x"))
        let record = "131 path=\(path)/\n"
        #expect(record.utf8.count == 131)
        #expect(Array(header[512..<512 + 131]) == Array(record.utf8))
        #expect(header[1024 + 156] == UInt8(ascii: "5"))
    }

    @Test func padding() {
        #expect(TarEntry.padding(0) == 0)
        #expect(TarEntry.padding(1) == 511)
        #expect(TarEntry.padding(512) == 0)
    }
}
