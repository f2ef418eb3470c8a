import FoundationEssentials
import Subprocess
import SystemPackage
import Text

/// Which settings the services of a stack read, as their programs tell with `--help`.
struct KnownSettings: Sendable, Equatable {
    /// The variables of each service that told any.
    var variables: [String: Set<String>]

    /// Asks the programs.
    static func ask(_ binaries: String) async throws -> KnownSettings {
        try await withThrowingTaskGroup { group in
            for service in StackService.all.map(\.name) {
                group.addTask {
                    let help = try await run(
                        .path(FilePath("\(binaries)/\(service)")), arguments: ["--help"],
                        environment: .custom([:] as [Environment.Key: String]), output: .string(limit: 1 << 20),
                        error: .discarded)
                    return (service, read(help.standardOutput))
                }
            }
            var variables: [String: Set<String>] = [:]
            for try await (service, names) in group where !names.isEmpty { variables[service] = names }
            return KnownSettings(variables: variables)
        }
    }

    /// The variables of a help's lines such as `  --broker-url  SLIPWAY_BROKER_URL`.
    static func read(_ help: String) -> Set<String> {
        var names: Set<String> = []
        for line in help.split(separator: "\n") where line.hasPrefix("  --") {
            let words = line.split(separator: " ")
            if words.count == 2, words[1].hasPrefix(prefix) { names.insert(String(words[1])) }
        }
        return names
    }

    /// Whether a service reads a variable; of one that has told nothing, and of what is not named as a setting is, that is
    /// not known.
    func reads(_ variable: String, _ service: String) -> Bool {
        guard variable.hasPrefix(Self.prefix), let names = variables[service] else { return true }
        return names.contains(variable) || variable.hasSuffix("_FILE") && names.contains(String(variable.dropLast(5)))
    }

    /// - Throws: ``CommandError`` for a setting that nobody it is given to reads.
    func check(_ settings: [StackSetting]) throws {
        for setting in settings {
            let services = setting.service.map { [$0] } ?? StackService.all.map(\.name)
            let full = Self.prefix + setting.name.uppercased()
            let lacksPrefix = !setting.name.hasPrefix(Self.prefix) && services.contains { isSetting(full, $0) }
            let isRead = services.contains { service in
                setting.name(for: service).map { reads($0, service) } ?? false
            }
            guard lacksPrefix || !isRead else { continue }
            let given = "--set \(setting.service.map { "\($0):" } ?? "")\(setting.name)"
            let nobody = setting.service.map { "\($0) has no such setting" } ?? "no service has such a setting"
            let others = StackService.all.map(\.name).filter { isSetting(setting.name, $0) }
            let remedy =
                if lacksPrefix {
                    "did you mean \(full)?"
                } else if let meant = nearest(setting.name, services) {
                    "did you mean \(meant)?"
                } else if !others.isEmpty {
                    "it is a setting of \(others.joined(separator: " and ")): --set \(others[0]):\(setting.name)=…"
                } else {
                    "`\(services.count == 1 ? services[0] : "builder") --help` lists those there are"
                }
            throw CommandError("\(given): \(nobody)", remedy: remedy, isUsage: true)
        }
    }

    /// What is to be said of variables that no service reads; `nil` where there are none.
    func remark(on environment: [String: String]) -> String? {
        let names = environment.filter { name, value in
            name.hasPrefix(Self.prefix) && !value.isEmpty && !Self.ofCommands.contains(name)
                && !StackService.all.contains { service in
                    StackService.variable(name, of: service.name).map { reads($0, service.name) } ?? false
                }
        }.keys.sorted()
        guard !names.isEmpty else { return nil }
        let shown = names.map { name in
            nearest(name, StackService.all.map(\.name)).map { "\(name) (did you mean \($0)?)" } ?? name
        }
        return "No service has a setting of this name, so it does nothing: \(shown.joined(separator: ", "))"
    }

    private func isSetting(_ variable: String, _ service: String) -> Bool {
        variables[service] != nil && variable.hasPrefix(Self.prefix) && reads(variable, service)
    }

    private func nearest(_ name: String, _ services: [String]) -> String? {
        Nearest.variable(to: name, among: Set(services.flatMap { variables[$0] ?? [] }).sorted(), prefix: Self.prefix)
    }

    private static let prefix = "SLIPWAY_"
    /// What commands read themselves, or `up` gives on under another name.
    private static let ofCommands: Set = [
        "SLIPWAY_SERVER", "SLIPWAY_TOKEN", "SLIPWAY_TOKEN_FILE", "SLIPWAY_BROKER_URL", "SLIPWAY_DEPLOYER_POOL",
    ]
}
