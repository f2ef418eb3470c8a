extension ServiceMain {
    private var all: [any AnySetting] { settings + CommonSettings.all }

    /// What `--help` prints.
    var help: String {
        var text = """
            \(name): \(summary)

            Usage: \(name) [--setting value …]

            Every setting is a flag, an environment variable or a member of the configuration file, in this order.
            With _FILE added, a variable names a file that holds the value.


            """
        for setting in all {
            text += "  \(setting.flag)  \(setting.variable)\n      \(setting.summary)"
            if let value = setting.defaultText { text += " (default \(value))" }
            text += "; for example \(setting.example)\n"
        }
        return text
    }

    /// Why the arguments are wrong, or `nil`.
    func unknownArgument(in arguments: [String]) -> String? {
        let flags = Set(all.flatMap { [$0.flag, $0.flag + "-file"] })
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
                return "“\(argument)” is no flag; \(name) --help lists them all"
            }
        }
        return expectsValue ? "“\(arguments.last ?? "")” needs a value after it" : nil
    }
}
