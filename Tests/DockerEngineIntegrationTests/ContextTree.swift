import Glibc
import SystemPackage
import TestSupport

/// A folder with something for every kind of rule.
enum ContextTree {
    static let files: [[UInt8]] =
        [
            "a", "b", "ab", "aab", "a.log", ".log", ".env", "Dockerfile", "a+b", "a^b", "(p)", "a$", "{q}", "star*",
            "[x]", "with space", "#hash", "!bang", "-", "back\\slash", "deep/x.log", "deep/.log", "deep/er/x.log",
            "deep/er/y.txt", "deep/er/.env", "keep/x", "keep/.env", "dir/file", "dir/sub/file", "dir/sub/keep",
            "docker/Dockerfile", "docker/other", "x/y/z/ab", "x/b", "grün/x.log", "new\nline/b",
            String(repeating: "long/", count: 30) + "name",
        ].map { Array($0.utf8) } + [
            // Names in Latin-1 are no UTF-8.
            Array("caf".utf8) + [0xE9], Array("caf".utf8) + [0xE9] + Array("s/x".utf8),
        ]

    static func make(_ root: FilePath) throws {
        for file in files {
            let segments = file.split(separator: UInt8(ascii: "/"))
            var folder = Array(root.string.utf8)
            try folder.withTerminated { _ = mkdir($0, 0o755) }
            for segment in segments.dropLast() {
                folder += [UInt8(ascii: "/")] + segment
                try folder.withTerminated { _ = mkdir($0, 0o755) }
            }
            try write(file, root, file)
        }
        try check(chmod(root.appending("a").string, 0o4751))
        try check(symlink("/etc/hostname", root.appending("outside").string))
        try check(symlink("deep/er", root.appending("folder-link").string))
        try check(link(root.appending("b").string, root.appending("hard").string))
        try check(mkfifo(root.appending("pipe").string, 0o600))
        try check(mkdir(root.appending("empty").string, 0o700))
    }

    static func write(_ bytes: [UInt8], _ path: FilePath) throws {
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate], permissions: FilePermissions(rawValue: 0o644))
        _ = try file.closeAfter { try file.writeAll(bytes) }
    }

    private static func write(_ name: [UInt8], _ root: FilePath, _ bytes: [UInt8]) throws {
        let path = (Array(root.string.utf8) + [UInt8(ascii: "/")] + name + [0]).map { CChar(bitPattern: $0) }
        try write(bytes, FilePath(platformString: path))
    }

    private static func check(_ result: Int32) throws {
        guard result == 0 else { throw TestFailure(String(cString: strerror(errno))) }
    }
}

extension [UInt8] {
    fileprivate func withTerminated(_ body: (UnsafePointer<CChar>) throws -> Void) throws {
        try (self + [0]).map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { buffer in
            if let start = buffer.baseAddress { try body(start) }
        }
    }
}

/// `.dockerignore` files made of all that patterns can hold, the same ones for the same seed.
struct IgnoreFiles {
    private var random: SplitMix
    private let segments: [String]

    init(seed: UInt64, isModern: Bool) {
        random = SplitMix(state: seed)
        segments = Self.common + (isModern ? Self.modern : [])
    }

    private static let common = [
        "a", "b", "ab", "*", "*", "**", "**", "*.log", "?", "[a-c]", "[!a]", "deep", "er", "dir", "file", "sub", "x*",
        "..", ".", "\\*", "star\\*", "keep", "[.]x", ".env", "*env", "a**", "a**b", "caf?", "caf*", "grün", "gr?n",
        "with space", "[[]x]", "\\[x\\]", "back\\\\slash", "-", "#hash", "!bang", "Dockerfile", "docker",
        ".dockerignore",
        "x", "y", "z", "[a-c-x]", "*?", "[",
    ]
    private static let modern = [
        "**.log", "**.l?g", "**b", "***", "**?", "[^a]", "[*]", "[?]", "a+b", "a^b", "^a", "a^*", "(p)", "(*)", "a$",
        "a$*", "{q}", "{*}", "back\\slash", "[a-]", "[]a]", "a\\", "[z-a]", "[\\]a]", "dist\\css",
    ]

    mutating func dockerfile() -> String { chance(0.3) ? "docker/Dockerfile" : "Dockerfile" }

    mutating func next() -> [UInt8] {
        let lineBreak = chance(0.3) ? "\r\n" : "\n"
        var text = (0..<Int.random(in: 1...5, using: &random)).map { _ in pattern() }.joined(separator: lineBreak)
        if chance(0.1) { text = "\u{FEFF}" + text }
        if chance(0.5) { text += lineBreak }
        return Array(text.utf8)
    }

    private mutating func pattern() -> String {
        let count = [1, 1, 1, 2, 2, 3].randomElement(using: &random) ?? 1
        var pattern = (0..<count).map { _ in segments.randomElement(using: &random) ?? "a" }.joined(separator: "/")
        if chance(0.12) { pattern = "/" + pattern }
        if chance(0.1) { pattern += "/" }
        if chance(0.3) { pattern = (chance(0.1) ? "! " : "!") + pattern }
        if chance(0.08) { pattern = " \t" + pattern }
        if chance(0.08) { pattern += chance(0.5) ? " " : "\u{A0}" }
        if chance(0.03) { pattern = "#" + pattern }
        return pattern
    }

    private mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }

    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}
