/// One pattern of a `.dockerignore`, with the meaning the engine's own client gives it (moby/patternmatcher): `*` and `?`
/// within a segment, `[…]`, `\` before a character that stands for itself, `**` across segments.
///
/// That client turns a pattern into a regular expression, and some of its habits follow from that alone. They are kept,
/// since a file more in an image can be a secret more: `**.log` ends with `.log` at any depth, while `**.l?g` is a whole
/// name; `[^a]` also stands for `/`; after the first of `*`, `?` and `[`, `^` is the beginning of the path.
struct IgnorePattern: Sendable, Hashable {
    /// A part of a path.
    enum Part: Sendable, Hashable {
        case one(ScalarSet)
        case many(ScalarSet)
        /// Any folders, or none: `**/` at the beginning or in the middle.
        case folders
        /// Nothing, at the beginning of the path.
        case beginning
        /// What no path has.
        case nothing
    }

    enum Meaning: Sendable, Hashable {
        case exactly
        /// What comes before its last two bytes, `**`.
        case beginsWith
        /// What comes after its first two bytes, `**`.
        case endsWith
        case parts([Part])
        /// Found out only when a path is compared with it.
        case broken
    }

    /// Cleaned, without the leading `!`.
    let text: [UInt8]
    /// Whether what matches is taken back into the context (`!`).
    let takesBack: Bool
    let meaning: Meaning

    /// `nil` for a pattern that the engine's client does not take either, such as `[a`.
    init?(_ text: [UInt8], takesBack: Bool) {
        let scalars = Scalars.decode(text)
        guard !text.isEmpty, Self.isWellFormed(scalars) else { return nil }
        self.text = text
        self.takesBack = takesBack
        meaning = Self.meaning(scalars)
    }

    /// - Parameter scalars: Those of the path, see ``Scalars``.
    /// - Throws: ``DockerError/Code/context`` for a pattern such as `[z-a]`.
    func matches(_ path: [UInt8], _ scalars: @autoclosure () -> [UInt32]) throws(DockerError) -> Bool {
        switch meaning {
        case .broken:
            throw DockerError(
                .context, "“\(String(decoding: text, as: UTF8.self))” is not a pattern of a .dockerignore")
        case .exactly: return path == text
        case .beginsWith: return path.starts(with: text.dropLast(2))
        case .endsWith:
            let end = text.dropFirst(2)
            // `**/name` is also the name alone.
            return path.suffix(end.count) == end || (end.first == UInt8(ascii: "/") && path[...] == end.dropFirst())
        case .parts(let parts): return PartsMatcher(parts).matches(scalars())
        }
    }

    // MARK: - Reading

    /// Whether every `[` is closed and holds something, and no `\` is the last character. What comes after the first `*`
    /// in the middle is not looked at.
    private static func isWellFormed(_ pattern: [UInt32]) -> Bool {
        var rest = pattern[...]
        func takeMember() -> Bool {
            guard let first = rest.popFirst(), first != Scalars.hyphen, first != Scalars.close else { return false }
            if first == Scalars.backslash, rest.popFirst() == nil { return false }
            return !rest.isEmpty
        }
        while rest.first == Scalars.star { rest.removeFirst() }
        while let scalar = rest.popFirst() {
            switch scalar {
            case Scalars.star: return true
            case Scalars.backslash: guard rest.popFirst() != nil else { return false }
            case Scalars.open:
                if rest.first == Scalars.caret { rest.removeFirst() }
                repeat {
                    guard takeMember() else { return false }
                    if rest.first == Scalars.hyphen {
                        rest.removeFirst()
                        guard takeMember() else { return false }
                    }
                } while rest.first != Scalars.close
                rest.removeFirst()
            default: break
            }
        }
        return true
    }

    private static func meaning(_ pattern: [UInt32]) -> Meaning {
        var expression: [UInt32] = []
        var (isLiteral, meaning) = (true, Meaning.exactly)
        var rest = pattern[...]
        while let scalar = rest.popFirst() {
            let isFirst = rest.startIndex == pattern.startIndex + 1
            switch scalar {
            case Scalars.star where rest.first == Scalars.star:
                rest.removeFirst()
                if rest.first == Scalars.slash { rest.removeFirst() }
                if isFirst {
                    (isLiteral, meaning) = (true, .endsWith)
                    expression += rest.isEmpty ? Scalars.anything : Scalars.folders
                } else if rest.isEmpty, isLiteral, meaning == .exactly {
                    meaning = .beginsWith
                } else {
                    isLiteral = false
                    expression += rest.isEmpty ? Scalars.anything : Scalars.folders
                }
            case Scalars.star:
                isLiteral = false
                expression += Scalars.inSegment + [Scalars.star]
            case Scalars.question:
                isLiteral = false
                expression += Scalars.inSegment
            case Scalars.backslash:
                // At the end it takes the `$` that ends the expression.
                isLiteral = isLiteral && rest.isEmpty
                expression += [scalar, rest.popFirst() ?? Scalars.dollar]
            case Scalars.open, Scalars.close:
                isLiteral = false
                expression.append(scalar)
            case _ where Scalars.special.contains(scalar): expression += [Scalars.backslash, scalar]
            default: expression.append(scalar)
            }
        }
        if isLiteral { return meaning }
        return PartsReader.read(expression).map { .parts($0) } ?? .broken
    }
}
