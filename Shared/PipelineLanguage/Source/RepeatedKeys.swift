/// Gives keys that a mapping has twice distinct names, so that the rest of the document can be read.
///
/// The YAML library refuses a mapping with the same key twice and tells where the first of them is. Every later one
/// gets another first character, which no document has; what stands where stays as it is.
struct RepeatedKeys {
    private(set) var text: String
    private var originals: [String: String] = [:]
    /// The next character of the private use area, or `nil` where the document has such characters itself.
    private var next: UInt32?

    private static let area: ClosedRange<UInt32> = 0xE000...0xF8FF

    init(_ text: String) {
        self.text = text
        next = text.unicodeScalars.contains { Self.area.contains($0.value) } ? nil : Self.area.lowerBound
    }

    /// What a renamed key was, or `nil` for one that is as it is written.
    func original(_ key: String) -> String? { originals.isEmpty ? nil : originals[key] }

    /// Renames all but the first of a mapping's keys of this name.
    /// - Parameter mark: Where the first is.
    /// - Returns: Whether another was found.
    mutating func rename(_ key: String, after mark: SourceMark) -> Bool {
        guard next != nil, !key.isEmpty else { return false }
        var scalars = Array(text.unicodeScalars)
        guard let first = Self.offset(of: mark, in: scalars) else { return false }
        let forms = [key, "\"\(key)\"", "'\(key)'"].map { Array($0.unicodeScalars) }
        var places = Self.placesInBlock(forms, scalars, first, column: mark.column)
        if places.isEmpty { places = Self.placesInFlow(forms, scalars, first) }
        for place in places {
            guard let number = next, let replacement = Unicode.Scalar(number) else { break }
            let isQuoted = scalars[place] == "\"" || scalars[place] == "'"
            scalars[place + (isQuoted && forms[0].first != scalars[place] ? 1 : 0)] = replacement
            var renamed = String.UnicodeScalarView([replacement])
            renamed.append(contentsOf: forms[0].dropFirst())
            originals[String(renamed)] = key
            next = number < Self.area.upperBound ? number + 1 : nil
        }
        guard !places.isEmpty else { return false }
        text = String(String.UnicodeScalarView(scalars))
        return true
    }

    private static func offset(of mark: SourceMark, in scalars: [Unicode.Scalar]) -> Int? {
        var line = 1
        var offset = 0
        while line < mark.line {
            guard let end = scalars[offset...].firstIndex(of: "\n") else { return nil }
            offset = end + 1
            line += 1
        }
        offset += mark.column - 1
        return offset < scalars.count ? offset : nil
    }

    /// Keys of a block mapping: each at the beginning of a line, in the column of the first.
    private static func placesInBlock(
        _ forms: [[Unicode.Scalar]], _ scalars: [Unicode.Scalar], _ first: Int, column: Int
    ) -> [Int] {
        var places: [Int] = []
        var position = first
        while let end = scalars[position...].firstIndex(of: "\n"), end + 1 < scalars.count {
            position = end + 1
            let text = scalars[position...].firstIndex { $0 != " " } ?? scalars.count
            guard text < scalars.count, scalars[text] != "\n", scalars[text] != "\r", scalars[text] != "#" else {
                continue
            }
            let indentation = text - position
            if indentation < column - 1 { break }
            if indentation == 0, isMarker(scalars, text) { break }
            if indentation == column - 1, isKey(forms, scalars, text) { places.append(text) }
        }
        return places
    }

    /// Whether the document ends in this line.
    private static func isMarker(_ scalars: [Unicode.Scalar], _ place: Int) -> Bool {
        let word = scalars[place...].prefix(3)
        return word.elementsEqual(["-", "-", "-"]) || word.elementsEqual([".", ".", "."])
    }

    /// Keys of a mapping in braces: each behind a comma.
    private static func placesInFlow(
        _ forms: [[Unicode.Scalar]], _ scalars: [Unicode.Scalar], _ first: Int
    ) -> [Int] {
        var places: [Int] = []
        var depth = 0
        var position = first
        var quote: Unicode.Scalar?
        while position < scalars.count {
            let scalar = scalars[position]
            if let open = quote {
                if scalar == "\\", open == "\"" { position += 1 }
                if scalar == open { quote = nil }
            } else {
                switch scalar {
                case "\"", "'": quote = scalar
                case "{", "[": depth += 1
                case "}", "]":
                    depth -= 1
                    if depth < 0 { return places }
                case "," where depth == 0:
                    let blank: Set<Unicode.Scalar> = [" ", "\t", "\n", "\r"]
                    let next = scalars[(position + 1)...].firstIndex { !blank.contains($0) } ?? scalars.count
                    if next < scalars.count, isKey(forms, scalars, next) { places.append(next) }
                default: break
                }
            }
            position += 1
        }
        return places
    }

    private static func isKey(_ forms: [[Unicode.Scalar]], _ scalars: [Unicode.Scalar], _ place: Int) -> Bool {
        forms.contains { form in
            guard scalars[place...].starts(with: form) else { return false }
            let rest = scalars[(place + form.count)...].drop { $0 == " " }
            return rest.first == ":"
        }
    }
}
