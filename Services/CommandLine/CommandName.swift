import ArgumentParser
import Text

/// Looks at the names of commands before the parser does, which would speak of unexpected arguments.
enum CommandName {
    /// - Throws: ``CommandError`` for a command that there is not, and for options that stand before it.
    static func check(_ arguments: [String]) throws {
        var command: any ParsableCommand.Type = Slipway.self
        var path: [String] = []
        for argument in arguments {
            let subcommands = command.configuration.subcommands
            guard !subcommands.isEmpty, argument != "help" else { return }
            if argument.hasPrefix("-") {
                if path.isEmpty { try checkOption(argument) }
                return
            }
            let names = subcommands.compactMap { $0.configuration.commandName }
            guard let found = subcommands.first(where: { $0.configuration.commandName == argument }) else {
                let known = (["slipway"] + path).joined(separator: " ")
                let meant = Nearest.name(to: argument, among: names) ?? below(argument, subcommands)
                throw CommandError(
                    "there is no command “\((path + [argument]).joined(separator: " "))”",
                    remedy: meant.map { "did you mean `\(known) \($0)`?" }
                        ?? "`\(known) --help` lists those there are", isUsage: true)
            }
            command = found
            path.append(argument)
        }
    }

    /// `repo associate` for `associate`, where one command alone has such a subcommand.
    private static func below(_ name: String, _ commands: [any ParsableCommand.Type]) -> String? {
        let found = commands.filter { command in
            command.configuration.subcommands.contains { $0.configuration.commandName == name }
        }
        guard found.count == 1, let parent = found[0].configuration.commandName else { return nil }
        return "\(parent) \(name)"
    }

    private static func checkOption(_ option: String) throws {
        let name = String(option.prefix { $0 != "=" })
        guard ["--server", "--token-file", "--json"].contains(name) else { return }
        throw CommandError("\(name) goes after the command", remedy: "such as: slipway runs \(name) …", isUsage: true)
    }
}
