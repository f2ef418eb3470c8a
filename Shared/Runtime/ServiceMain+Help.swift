extension ServiceMain {
    private var all: [any AnySetting] { settings + CommonSettings.all }

    /// What `--help` prints.
    var help: String {
        """
        \(name): \(summary)

        Usage: \(name) [--setting value …]
        \(commands.map { "       \(name) \($0.name) [--setting value …]    \($0.summary)\n" }.joined())
        Every setting is a flag, an environment variable or a member of the configuration file, in this order.
        With _FILE added, a variable names a file that holds the value.


        """ + Self.help(of: all)
    }

    /// What `--help` prints after a command.
    func help(of command: ServiceCommand) -> String {
        """
        \(name) \(command.name): \(command.summary)

        Usage: \(name) \(command.name) [--setting value …]


        """ + Self.help(of: command.all)
    }

    private static func help(of settings: [any AnySetting]) -> String {
        var text = ""
        for setting in settings {
            text += "  \(setting.flag)  \(setting.variable)\n      \(setting.summary)"
            if let value = setting.defaultText { text += " (default \(value))" }
            text += "; for example \(setting.example)\n"
        }
        return text
    }

    /// The command that the arguments begin with, if any.
    func command(in arguments: [String]) -> ServiceCommand? {
        commands.first { arguments.starts(with: $0.words) }
    }

    /// Why the arguments after the command are wrong, or `nil`.
    func unknownArgument(in arguments: [String], of command: ServiceCommand? = nil) -> String? {
        if command == nil, let word = arguments.first, !commands.isEmpty, !word.hasPrefix("-") {
            let names = commands.map { "\(name) \($0.name)" }.joined(separator: ", ")
            return "“\(word)” is not a command; the commands are \(names)"
        }
        let flags = Set((command?.all ?? all).flatMap { [$0.flag, $0.flag + "-file"] })
        var expectsValue = false
        for argument in arguments {
            if argument.hasPrefix("--") {
                let flag = String(argument.prefix { $0 != "=" })
                guard flags.contains(flag) else {
                    return "there is no flag “\(flag)”; \(name) --help lists them all"
                }
                expectsValue = !argument.contains("=")
            } else if expectsValue {
                expectsValue = false
            } else {
                return "“\(argument)” is not a flag; \(name) --help lists them all"
            }
        }
        return expectsValue ? "“\(arguments.last ?? "")” needs a value after it" : nil
    }
}
