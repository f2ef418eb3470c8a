extension Character {
    /// Whether it ends a line: `\n` or `\r\n`. To Git, to a shell and in outputs a form feed and U+2028, which are
    /// `isNewline` too, are letters of a line like any other.
    public var endsLine: Bool { self == "\n" || self == "\r\n" }
}
