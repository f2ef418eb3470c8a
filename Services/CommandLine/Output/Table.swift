/// Rows aligned in columns. The columns that may shrink give way where the terminal is narrow.
struct Table: Sendable {
    struct Column: Sendable {
        var title: String
        var alignsRight: Bool
        var shrinks: Bool

        init(_ title: String, alignsRight: Bool = false, shrinks: Bool = false) {
            self.title = title
            self.alignsRight = alignsRight
            self.shrinks = shrinks
        }
    }

    struct Cell: Sendable, ExpressibleByStringInterpolation {
        var text: String
        var tone: Tone

        init(_ text: String, _ tone: Tone = .plain) {
            self.text = PlainText.singleLine(text)
            self.tone = tone
        }

        init(stringLiteral value: String) { self.init(value) }
    }

    var columns: [Column]
    var rows: [[Cell]] = []
    /// Whether the titles are shown.
    var hasHeader = true
    /// Columns of space before each row.
    var indent = 0

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ cells: Cell...) { rows.append(cells) }

    /// The lines of the table.
    /// - Parameter width: the terminal's columns, or `nil` where nothing is cut.
    func lines(style: Style, width: Int? = nil) -> [String] {
        let header = columns.map { Cell($0.title, .faint) }
        let all = hasHeader ? [header] + rows : rows
        var widths = columns.indices.map { index in
            all.map { index < $0.count ? TextWidth.of($0[index].text) : 0 }.max() ?? 0
        }
        if let width { shrink(&widths, to: width) }
        return all.map { row in
            var line = String(repeating: " ", count: indent)
            for (index, cell) in row.enumerated() where index < columns.count {
                let text = TextWidth.truncate(cell.text, to: widths[index])
                let padding = String(repeating: " ", count: max(0, widths[index] - TextWidth.of(text)))
                if index > 0 { line += "  " }
                if columns[index].alignsRight { line += padding }
                line += style.paint(text, cell.tone)
                if !columns[index].alignsRight, index < row.count - 1 { line += padding }
            }
            return line.trimmingEnd()
        }
    }

    private func shrink(_ widths: inout [Int], to width: Int) {
        let least = 8
        var excess = indent + widths.reduce(0, +) + 2 * max(0, columns.count - 1) - width
        for index in columns.indices.reversed() where columns[index].shrinks && excess > 0 {
            let given = min(excess, max(0, widths[index] - least))
            widths[index] -= given
            excess -= given
        }
    }
}

extension String {
    /// Without the spaces at its end.
    fileprivate func trimmingEnd() -> String {
        var end = endIndex
        while end > startIndex, self[index(before: end)] == " " { end = index(before: end) }
        return String(self[..<end])
    }
}
