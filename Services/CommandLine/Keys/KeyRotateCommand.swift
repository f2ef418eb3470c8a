import ArgumentParser
import Secrets

struct KeyRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Make a new key that seals from now on.",
        discussion: """
            The files in the folder change; services read theirs when they start. They may be started again in any order: a \
            service is sent what it can open. The platform seals what is stored with the new key when it starts.
            """)

    @OptionGroup var options: KeyFolderOptions

    @Flag(help: "Print JSON instead of text.")
    var json = false

    func run() async throws {
        let id = try withKeys { try options.keys.rotate() }
        if json { return try Console.current.write(json: ["made": id]) }
        Console.current.write(line: "Made the key \(id) in \(options.path)")
        Console.remark("Start pipeline, sync, the builders and the deployers again, then: slipway keys list")
    }
}
