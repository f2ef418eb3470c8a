import Glibc
import PipelineLanguage
import SystemPackage
import Threading
import Worker

/// The first line of a script (`#!/bin/bash`) that a step's commands call. Where the program it names is missing, a shell says
/// of the script, which is there, that it was not found.
struct Shebang: Hashable {
    /// As the command calls it.
    let file: String
    /// What its first line names, a carriage return at the end of that line included.
    let program: String
    /// Whether the first line ends with `\r\n`.
    let endsWithReturn: Bool

    /// Those of the files in the workspace that the commands call by a relative path.
    static func all(in step: Step, folder: JobFolder, stage: Stage) -> [Shebang] {
        let calls = step.commands.flatMap { $0.split { "\n;&|()`".contains($0) } }
        // What is called, not what it is called with: `sh ./script` needs no first line.
        let words = calls.compactMap { $0.split { " \t\"'".contains($0) }.first { !$0.contains("=") && $0 != "exec" } }
        return words.filter { $0.contains("/") && !$0.hasPrefix("/") }.compactMap { word in
            do {
                guard let file = try WorkspacePath.open(file: String(word), of: step, in: folder, stage: stage) else {
                    return nil
                }
                return Shebang(String(word), try BoundedFile.read(FileDescriptor(rawValue: file), limit: 256))
            } catch {
                // What cannot be read gives no hint.
                return nil
            }
        }
    }

    init?(_ file: String, _ bytes: [UInt8]) {
        guard bytes.starts(with: Array("#!".utf8)) else { return nil }
        let line = bytes.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        self.file = file
        program = String(decoding: line.drop(while: isBlank).prefix { !isBlank($0) }, as: UTF8.self)
        endsWithReturn = line.last == UInt8(ascii: "\r")
    }

    /// Why the script cannot be executed; `nil` where its first line is no reason.
    /// - Parameters:
    ///   - owner: What lacks the program, such as `the image`.
    ///   - isThere: Whether there is a file of this name.
    func problem(_ owner: String, isThere: (String) async -> Bool) async -> String? {
        if endsWithReturn {
            return "the lines of “\(file)” end with \\r\\n, and no program has a \\r in its name; let them end with "
                + "\\n, as by “*.sh text eol=lf” in .gitattributes"
        }
        guard program.hasPrefix("/"), await !isThere(program) else { return nil }
        return "“\(file)” asks in its first line for \(program), which \(owner) does not have"
    }
}
