/// Turns what people write into a ``Process``: a pipeline file (YAML in Drone's format or Slipway's, or JSON) or a
/// process component. It reads text and nothing else.
public enum Compiler {
    /// What the compiler may have to know besides the text.
    public struct Context: Sendable {
        /// The process' name where the document has none.
        public var name: String?
        /// The platform's components, for `kind: template`. ``Compiler/componentNames(source:path:)`` says which ones
        /// a document needs.
        public var components: [String: Process]
        public var limits: SourceLimits

        public init(
            name: String? = nil, components: [String: Process] = [:], limits: SourceLimits = .standard
        ) {
            self.name = name
            self.components = components
            self.limits = limits
        }
    }

    /// A process, and what there is to say about its source.
    public struct Compilation: Sendable, Hashable {
        public var process: Process
        /// Accepted, but probably not what was meant.
        public var warnings: [Diagnostic]
    }

    /// Compiles a pipeline file.
    /// - Parameters:
    ///   - source: The file's text.
    ///   - path: Its name, for diagnostics; `.json` makes it JSON, `.yml` and `.yaml` YAML, any other JSON if it
    ///     begins like it.
    /// - Throws: Everything that is wrong with it, warnings included.
    public static func compile(
        source: String, path: String, context: Context = Context()
    ) throws(DiagnosticList) -> Compilation {
        let sink = DiagnosticSink(file: path, text: source, limits: context.limits)
        let draft = read(source, path: path, context, sink)
        if !sink.repeats.isEmpty { includeRepeats(source, path: path, context, in: sink) }
        guard let draft, !sink.hasErrors else { throw sink.list }
        let process = Process(
            name: draft.name ?? context.name ?? draft.stages.first?.baseName.withoutExpressions ?? "default",
            parameters: draft.parameters, environments: draft.environments, secrets: draft.secrets,
            stages: draft.stages.map(\.stage))
        return Compilation(process: process, warnings: sink.list.diagnostics)
    }

    /// What is wrong with the value of a key that is there a second time is told as well, by reading the text once more with
    /// that value in place of the first.
    private static func includeRepeats(_ source: String, path: String, _ context: Context, in sink: DiagnosticSink) {
        let other = DiagnosticSink(file: path, text: source, limits: context.limits, takesRepeats: true)
        _ = read(source, path: path, context, other)
        sink.include(
            other.list.diagnostics.filter { diagnostic in
                sink.repeats.contains {
                    $0.keyMark.line == diagnostic.line && $0.keyMark.column < diagnostic.column
                        || $0.keyMark.line < diagnostic.line && diagnostic.line <= $0.value.lastLine
                }
            })
    }

    /// What a text says, or `nil` where it cannot be read; what is wrong with it is told to the sink.
    private static func read(
        _ source: String, path: String, _ context: Context, _ sink: DiagnosticSink
    ) -> ProcessDraft? {
        guard let documents = documents(source, path: path, sink: sink, limits: context.limits) else { return nil }
        guard !documents.isEmpty else {
            sink.error(.missingField, "the document is empty; a pipeline has at least one step", at: .start)
            return nil
        }
        let reader = DocumentReader(sink: sink, limits: context.limits)
        let draft = reader.process(documents, components: context.components)
        if !sink.hasErrors, draft.stages.isEmpty {
            sink.error(.missingField, "there is no document of “kind: pipeline”", at: documents[0])
        }
        // What the steps say is checked even where something else is wrong: all is told at once.
        var validator = DraftValidator(draft, sink: sink, limits: context.limits)
        validator.validate()
        return validator.draft
    }

    /// Compiles a process component, JSON.
    /// - Throws: Everything that is wrong with it.
    public static func compile(
        json: String, name: String? = nil, context: Context = Context()
    ) throws(DiagnosticList) -> Process {
        var context = context
        context.name = context.name ?? name
        return try compile(source: json, path: "\(name ?? "component").json", context: context).process
    }

    /// Compiles a file that may not even be text.
    /// - Throws: As ``compile(source:path:context:)``; besides, that the bytes are not UTF-8.
    public static func compile(
        bytes: some Collection<UInt8>, path: String, context: Context = Context()
    ) throws(DiagnosticList) -> Compilation {
        guard bytes.count <= context.limits.bytes else { throw tooLong(path, context.limits) }
        guard let source = String(validating: bytes, as: UTF8.self) else {
            let text = String(decoding: bytes, as: UTF8.self)
            let sink = DiagnosticSink(file: path, text: text, limits: context.limits)
            sink.error(.encoding, "the document is not UTF-8", at: firstMark(of: "\u{FFFD}", in: text))
            throw sink.list
        }
        return try compile(source: source, path: path, context: context)
    }

    /// The names of the components a document loads with `kind: template`; empty for one that cannot be read.
    public static func componentNames(
        source: String, path: String, limits: SourceLimits = .standard
    ) -> [String] {
        let sink = DiagnosticSink(file: path, text: source, limits: limits)
        var names: [String] = []
        for document in documents(source, path: path, sink: sink, limits: limits) ?? [] {
            guard case .scalar(let kind)? = document.member("kind")?.content, kind.text == "template",
                case .scalar(let load)? = document.member("load")?.content
            else { continue }
            let name = DocumentReader.componentName(load.text)
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// The documents of a text, or `nil` (reported) where it cannot be read. What is wrong in a document that can be
    /// read does not keep it from being looked at.
    private static func documents(
        _ source: String, path: String, sink: DiagnosticSink, limits: SourceLimits
    ) -> [SourceNode]? {
        guard source.utf8.count <= limits.bytes else {
            sink.error(.limit, "the document has more than \(limits.bytes) bytes", at: .start)
            return nil
        }
        guard !source.utf8.contains(0) else {
            sink.error(.encoding, "the document has a NUL in it", at: firstMark(of: "\0", in: source))
            return nil
        }
        let text = source.unicodeScalars.first == "\u{FEFF}" ? String(source.unicodeScalars.dropFirst()) : source
        if let line = ConflictMarkers.firstLine(in: text) {
            sink.error(.syntax, ConflictMarkers.advice, at: SourceMark(line: line, column: 1), length: 7)
            return nil
        }
        if isJSON(text, path: path) {
            return JSONSource.document(of: text, sink: sink, limits: limits).map { [$0] }
        }
        if let foreign = ForeignFormat(text: text) ?? ForeignFormat(workflow: text) {
            foreign.report(to: sink)
            return nil
        }
        return YAMLSource.documents(of: text, sink: sink, limits: limits)
    }

    private static func isJSON(_ text: String, path: String) -> Bool {
        if path.hasSuffix(".json") { return true }
        if path.hasSuffix(".yml") || path.hasSuffix(".yaml") { return false }
        let first = text.utf8.first { !" \t\r\n".utf8.contains($0) }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }

    private static func firstMark(of scalar: Unicode.Scalar, in text: String) -> SourceMark {
        var mark = SourceMark.start
        for other in text.unicodeScalars {
            if other == scalar { break }
            mark.column += 1
            if other == "\n" { mark = SourceMark(line: mark.line + 1, column: 1) }
        }
        return mark
    }

    private static func tooLong(_ path: String, _ limits: SourceLimits) -> DiagnosticList {
        let sink = DiagnosticSink(file: path, text: "", limits: limits)
        sink.error(.limit, "the document has more than \(limits.bytes) bytes", at: .start)
        return sink.list
    }
}

extension String {
    /// The text, or `nil` where a matrix has yet to complete it.
    fileprivate var withoutExpressions: String? { contains("${") ? nil : self }
}
