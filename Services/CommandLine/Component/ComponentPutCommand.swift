import ArgumentParser
import Contracts

struct ComponentPutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put",
        abstract: "Save a pipeline as a component, or change one.",
        discussion: """
            The platform checks the document first, says everything that is wrong with it, and saves only what is \
            right. A change makes a new revision; runs name the content they ran, so earlier ones stay explained.

              slipway component put web web.json
              slipway component put web - < web.json
              slipway component put web .drone.yml        compiled to JSON first
            """)

    @Argument(help: "The component's name.")
    var name: String

    @Argument(help: "A file with the pipeline, as JSON or YAML; - reads standard input.")
    var file: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let document = try DocumentFile.read(file)
        try await connection.withPlatform { client in
            let view: ComponentView = try await client.put(.component, [name], body: document)
            let console = Console.current
            if connection.json { return try console.write(json: view) }
            console.write(line: "\(view.name) revision \(view.revision)  \(view.digest.prefix(19))")
            if view.repositories.isEmpty {
                Console.remark(
                    console.style.paint("next: slipway repo associate REPO \(view.name)", .faint))
            }
        }
    }
}
