/// Fields where an expression without a value leaves something that cannot be used.
extension TextResolver {
    /// A tag of an image.
    func tag(_ tag: String, _ field: String) throws(SubstitutionError) -> String {
        try checked(
            tag, field, "not a valid tag: 1 to 128 letters, digits, “_”, “.” and “-”, not beginning with “.” or “-”"
        ) {
            !$0.contains("$") && ImageName.problem(ofTag: $0) == nil
        }
    }

    /// Where an image is pushed to.
    func repository(_ repository: String, _ field: String) throws(SubstitutionError) -> String {
        try checked(repository, field, "not a repository such as registry.example/shop/web; tags are listed in “tags”")
        {
            Self.isName($0) && !ImageName.isTagged($0)
        }
    }

    /// The name of an image.
    func reference(_ reference: String, _ field: String) throws(SubstitutionError) -> String {
        try checked(reference, field, "not an image such as registry.example/shop/web:1.4") {
            Self.isName($0)
        }
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && !text.contains("$") && ImageName.problem(text) == nil
    }

    /// A text that names something, and so is not empty.
    /// - Parameter what: Such as `port`.
    func name(_ name: String, _ field: String, _ what: String) throws(SubstitutionError) -> String {
        try checked(name, field, "not a valid \(what)") { !$0.isEmpty }
    }

    func names(_ names: [String], _ field: String, _ what: String) throws(SubstitutionError) -> [String] {
        try names.map { text throws(SubstitutionError) in try name(text, field, what) }
    }

    /// The text with its expressions replaced, or an error that names them where the result cannot be used.
    ///
    /// A platform does not know whether the step runs at all, so it leaves such a text as it is written: the worker, which
    /// has every value that the platform has, finds the same and says so.
    private func checked(
        _ written: String, _ field: String, _ problem: String, _ isUsable: (String) -> Bool
    ) throws(SubstitutionError) -> String {
        let result = try text(written, field)
        guard result != written, !isUsable(result) else { return result }
        if scope.isPartial, isForWorker || Substitution.hasExpression(result) { return isForWorker ? written : result }
        throw SubstitutionError(
            code: .unusable, expression: written, problem: "“\(result)” is \(problem)", field: field)
    }
}
