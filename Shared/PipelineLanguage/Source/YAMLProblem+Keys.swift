/// What is wrong with keys, their values and the entries of lists.
extension YAMLProblem {
    /// `image: golang: 1.22`: a value with a colon in it.
    func secondColon(_ mark: SourceMark) -> (String, SourceMark)? {
        let rest = rest(at: SourceMark(line: mark.line, column: 1))
        var text = rest.drop { $0 == " " || $0 == "-" }
        let key = text.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
        guard !key.isEmpty, text.dropFirst(key.count).hasPrefix(": ") else { return nil }
        text = text.dropFirst(key.count + 1).drop { $0 == " " }
        while text.last?.isWhitespace == true { text.removeLast() }
        guard text.contains(":"), !text.contains("\"") else { return nil }
        let column = rest.unicodeScalars.count - rest[text.startIndex...].unicodeScalars.count + 1
        let value = key == "image" ? text.filter { !$0.isWhitespace } : "\"\(text)\""
        return (
            "a value with “: ” in it is put in quotes; write “\(key): \(value)”",
            SourceMark(line: mark.line, column: column)
        )
    }

    /// `name:b`, `- name:b` or `-name: b`, which are texts to YAML.
    func missingBlank(in line: Int) -> (String, SourceMark)? {
        var text = rest(at: SourceMark(line: line, column: 1)).drop { $0 == " " }
        var column = lines[line - 1].unicodeScalars.count - text.unicodeScalars.count + 1
        while text.hasPrefix("- ") {
            let entry = text.dropFirst(2).drop { $0 == " " }
            column += text.unicodeScalars.count - entry.unicodeScalars.count
            text = entry
        }
        while text.last?.isWhitespace == true { text.removeLast() }
        let place = SourceMark(line: line, column: column)
        if text.first == "-", let next = text.dropFirst().first, next.isLetter {
            return ("a blank belongs behind the dash: “- \(text.dropFirst().prefix(60))”", place)
        }
        let key = text.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
        let value = text.dropFirst(key.count)
        guard key.first?.isLetter == true, value.first == ":", let next = value.dropFirst().first, next != " ",
            !value.hasPrefix("://")
        else { return nil }
        return ("a blank belongs behind the colon: “\(key): \(value.dropFirst().prefix(60))”", place)
    }

    /// A key that is indented like none of those above.
    func unevenKey(_ mark: SourceMark) -> (String, SourceMark)? {
        let text = rest(at: SourceMark(line: mark.line, column: 1))
        let own = text.prefix { $0 == " " }.count
        let key = text.dropFirst(own).prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        guard mark.column == own + 1, !key.isEmpty, text.dropFirst(own + key.count).first == ":",
            let above = lineBefore(mark.line)
        else { return nil }
        let before = lines[above - 1]
        let words = before.drop { $0 == " " || $0 == "-" }
        let column = before.count - words.count + 1
        let other = words.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        guard !other.isEmpty, words.dropFirst(other.count).first == ":", column != own + 1 else { return nil }
        return (
            "“\(key)” begins in column \(own + 1), and no key above does: “\(other)” in line \(above) begins in column "
                + "\(column); check the indentation", mark
        )
    }

    /// A line among keys that is none: `image alpine` or `image:alpine`.
    func missingColon(_ mark: SourceMark) -> (String, SourceMark) {
        if let found = missingBlank(in: mark.line) { return found }
        return ("this line has no “: ” between a key and its value; check it, and its indentation", mark)
    }

    /// An entry of a list where none can be: its dash is not below those above, or its own key is missing.
    func strayEntry(at mark: SourceMark, _ problem: String) -> (String, SourceMark)? {
        let line = rest(at: SourceMark(line: mark.line, column: 1))
        let entry = line.drop { $0 == " " }
        guard entry.hasPrefix("- "), let above = lineBefore(mark.line) else { return nil }
        let column = line.unicodeScalars.count - entry.unicodeScalars.count + 1
        let place = SourceMark(line: mark.line, column: column)
        let before = lines[above - 1].drop { $0 == " " }
        if problem.contains("mapping values are not allowed") {
            let name = before.prefix { $0.isLetter || $0 == "_" }
            guard !name.isEmpty, before.dropFirst(name.count).hasPrefix(": ") else { return nil }
        } else {
            guard problem.contains("did not find expected key"), mark.column == column else { return nil }
            if before.hasPrefix("- ") { return ("put the dash below that of line \(above)", place) }
        }
        let isStep = ["- name:", "- step:"].contains { entry.hasPrefix($0) }
        let key = isStep ? "“steps:” or “services:”" : "its key, such as “commands:”,"
        return ("a list begins here that belongs to no key: put \(key) in the line above", place)
    }
}
