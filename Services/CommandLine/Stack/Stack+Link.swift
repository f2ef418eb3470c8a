import FoundationEssentials
import Subprocess
import SystemPackage

extension Stack {
    /// A link that signs whoever runs this command in, once: the platform's own program makes it, beside the service.
    func link() async throws -> String {
        let said = try await pipeline(
            ["link", "make", "--name", MachineName.account], failing: "no link to sign in with could be made")
        guard let link = said.split(separator: "\n").last(where: { $0.contains("code=") }) else {
            throw CommandError("no link to sign in with could be made", details: [said])
        }
        return String(link)
    }

    /// Has the platform's own program do something on its state, beside the service or without it.
    /// - Parameters:
    ///   - variables: more of its environment.
    ///   - failing: what it means where it fails.
    /// - Returns: what it says.
    /// - Throws: ``CommandError`` with what it says of a failure.
    func pipeline(
        _ arguments: [String], with variables: [String: String] = [:], failing: String
    ) async throws -> String {
        guard let service = StackService.all.first(where: { $0.name == "pipeline" }) else { return "" }
        let program = "\(binaries)/\(service.name)"
        let settings = service.environment(
            layout: layout, broker: brokerAddress(of: service.name), inherited: inherited, settings: settings,
            engine: nil, processes: false
        ).merging(variables) { $1 }
        var environment: [Environment.Key: String] = [:]
        for (name, value) in settings {
            if let key = Environment.Key(rawValue: name) { environment[key] = value }
        }
        let done = try await run(
            .path(FilePath(program)), arguments: Arguments(arguments), environment: .custom(environment),
            output: .string(limit: 1 << 20), error: .string(limit: 64 << 10))
        guard case .exited(0) = done.terminationStatus else {
            throw CommandError(
                failing, remedy: "see what \(program) said",
                details: done.standardError.split(separator: "\n").map(String.init))
        }
        return done.standardOutput
    }
}
