/// What commands answer with: JSON where it is asked for, else text for people.
extension ConnectionOptions {
    /// Writes a list.
    /// - Parameters:
    ///   - none: what is said where there is nothing.
    ///   - row: the cells of one.
    func write<Item: Encodable>(
        _ items: [Item], _ columns: [Table.Column], none: @autoclosure () -> String? = nil, row: (Item) -> [Table.Cell]
    ) throws {
        let console = Console.current
        if json { return try console.write(json: items) }
        if items.isEmpty, let none = none() { return Console.remark(none) }
        var table = Table(columns)
        table.rows = items.map(row)
        console.write(lines: table.lines(style: console.style, width: console.width))
    }

    /// Writes what was done.
    func write(_ value: some Encodable, _ line: @autoclosure () -> String) throws {
        if json { return try Console.current.write(json: value) }
        Console.current.write(line: line())
    }
}
