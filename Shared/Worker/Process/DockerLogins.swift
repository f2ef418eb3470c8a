public import Contracts
import FoundationEssentials
public import SystemPackage

/// The registry logins of a step's own `docker` commands.
public enum DockerLogins {
    private struct Configuration: Encodable {
        struct Login: Encodable {
            var auth: String
        }
        var auths: [String: Login]
    }

    /// Writes the file `docker` reads its logins from, for one step alone.
    /// - Returns: the value for `DOCKER_CONFIG`.
    /// - Throws: ``JobFailure`` where the directory or the file cannot be made.
    public static func write(
        _ registries: [String: RegistryLogin], to directory: FilePath
    ) throws(JobFailure) -> FilePath {
        do {
            try FileTree.make(directory)
            let logins = registries.mapValues { login in
                Configuration.Login(auth: Data("\(login.username):\(login.password)".utf8).base64EncodedString())
            }
            let json = try Wire.encode(Configuration(auths: logins))
            let file = try FileDescriptor.open(
                directory.appending("config.json"), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: .ownerReadWrite)
            try file.closeAfter { _ = try file.writeAll(json) }
            return directory
        } catch {
            throw JobFailure("the registry logins cannot be written for the step: \(error)")
        }
    }
}
