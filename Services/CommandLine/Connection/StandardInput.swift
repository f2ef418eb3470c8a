import Glibc
import SystemPackage

/// Standard input, from a pipe or from a person.
enum StandardInput {
    /// All of it.
    static func readAll() throws -> [UInt8] { try InputFile.readAll(.standardInput) }

    /// A secret: all that a pipe has, or one line of a person at a terminal, which is not shown.
    /// - Parameter what: what is asked for, such as `The password of ci`.
    static func readSecret(_ what: String) throws -> [UInt8] {
        guard isatty(STDIN_FILENO) == 1 else { return try readAll() }
        Console.remark("\(what) (not shown, ended by Enter):")
        return Array((withoutEcho { readLine(strippingNewline: true) } ?? "").utf8)
    }

    private static func withoutEcho<Value>(_ body: () -> Value) -> Value {
        var settings = termios()
        tcgetattr(STDIN_FILENO, &settings)
        var before = settings
        settings.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
        defer { tcsetattr(STDIN_FILENO, TCSAFLUSH, &before) }
        return body()
    }
}
