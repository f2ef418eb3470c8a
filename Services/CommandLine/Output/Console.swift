import Contracts
import FoundationEssentials
import Glibc
import SystemPackage

/// Where a command writes: what it was asked for to standard output, what it has to say about it to standard error.
struct Console: Sendable {
    let style: Style
    /// Whether standard output is a terminal that lines can be redrawn on.
    let isTerminal: Bool

    /// The console of this process.
    static var current: Console { Console(for: STDOUT_FILENO) }

    /// The terminal's columns; `nil` where there is no terminal and nothing should be cut.
    var width: Int? { isTerminal ? Self.size()?.columns : nil }

    /// The terminal's size as it is now: people resize it.
    static func size(of descriptor: Int32 = STDOUT_FILENO) -> (columns: Int, rows: Int)? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    func write(line: String = "") { write(text: line + "\n") }

    func write(lines: [String]) {
        guard !lines.isEmpty else { return }
        write(text: lines.joined(separator: "\n") + "\n")
    }

    func write(text: String) { Self.write(Array(text.utf8), to: .standardOutput) }

    func write(bytes: [UInt8]) { Self.write(bytes, to: .standardOutput) }

    func write(json value: some Encodable) throws {
        write(bytes: Array(try Wire.encodePretty(value)) + [UInt8(ascii: "\n")])
    }

    /// One JSON document on one line, for streams of them.
    func write(jsonLine value: some Encodable) throws {
        write(bytes: Array(try Wire.encode(value)) + [UInt8(ascii: "\n")])
    }

    /// A remark that is not part of the answer.
    static func remark(_ text: String) { write(Array((text + "\n").utf8), to: .standardError) }

    private static func write(_ bytes: [UInt8], to descriptor: FileDescriptor) {
        do {
            try descriptor.writeAll(bytes)
        } catch Errno.brokenPipe {
            // The reader went away (`slipway runs | head`): there is nobody left to tell.
            exit(0)
        } catch {
            if descriptor != .standardError { remark("slipway: what was asked for cannot be written: \(error)") }
            exit(1)
        }
    }
}

extension Console {
    /// How one of this process' outputs is to be written to. Colours only on a terminal, and not with `NO_COLOR`
    /// (no-color.org) or `TERM=dumb`.
    init(for descriptor: Int32) {
        let environment = ProcessInfo.processInfo.environment
        let isTerminal = isatty(descriptor) == 1 && environment["TERM"] != "dumb"
        let refused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        self.init(style: Style(colours: isTerminal && !refused), isTerminal: isTerminal)
    }
}
