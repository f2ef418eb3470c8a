import Text

/// Where a log is cut into chunks.
enum LogCut {
    /// The length of the chunk to cut from the front of `bytes`, which hold whole characters: whole lines where there
    /// is a line end within `limit` bytes, else as much as fits without cutting a character in two.
    static func length(of bytes: ArraySlice<UInt8>, limit: Int) -> Int {
        let window = bytes.prefix(limit)
        if let newline = window.lastIndex(of: UInt8(ascii: "\n")) {
            return newline - bytes.startIndex + 1
        }
        guard bytes.count > limit else { return bytes.count }
        return max(1, window.count - UTF8Boundary.incompleteSuffix(of: window))
    }
}
