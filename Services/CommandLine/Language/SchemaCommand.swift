import ArgumentParser
import PipelineLanguage

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of processes.",
        discussion: """
            The schema describes the compiled form and the forms people write, the bare array of steps included. \
            Editors that know JSON Schema complete and check files with it, YAML as well:

              slipway schema > slipway.schema.json
              # yaml-language-server: $schema=slipway.schema.json
            """)

    func run() throws {
        try Console.current.write(json: ProcessSchema.document)
    }
}
