import PipelineLanguage

/// A pipeline file named on the command line, or standard input for `-`.
struct PipelineSource {
    /// What diagnostics call it.
    let name: String
    let bytes: [UInt8]

    /// - Throws: ``CommandError`` (a wrong command line) if the file cannot be read.
    init(path: String) throws {
        name = path == "-" ? "standard input" : path
        bytes = try path == "-" ? StandardInput.readAll() : InputFile.read(path)
    }

    /// The process it compiles to. Templates are looked for among the component files given.
    func compile(components: [String]) throws -> Result<Compiler.Compilation, DiagnosticList> {
        var context = Compiler.Context()
        for path in components {
            let source = try PipelineSource(path: path)
            let file = path.split(separator: "/").last.map(String.init) ?? path
            let name = file.split(separator: ".").first.map(String.init) ?? file
            do throws(DiagnosticList) {
                context.name = name
                context.components[name] = try Compiler.compile(
                    bytes: source.bytes, path: source.name, context: context
                ).process
            } catch {
                return .failure(error)
            }
        }
        context.name = nil
        do throws(DiagnosticList) {
            return .success(try Compiler.compile(bytes: bytes, path: name, context: context))
        } catch {
            return .failure(error)
        }
    }
}
