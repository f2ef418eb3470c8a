public import Contracts
import FoundationEssentials
public import SystemPackage

/// Registry logins as the file of Docker's that holds them, `config.json`.
public enum DockerLogins {
    /// What Docker calls the registry of images that name none.
    private static let hub = "https://index.docker.io/v1/"

    private struct Configuration: Codable {
        struct Login: Codable {
            var auth: String?
            var username: String?
            var password: String?
        }
        var auths: [String: Login]
    }

    /// The logins of such a file, by the registry's host.
    /// - Parameter secret: the name of the secret that holds it.
    /// - Throws: ``JobFailure`` that does not show the text.
    static func read(_ text: String, secret: String) throws(JobFailure) -> [String: RegistryLogin] {
        let configuration: Configuration
        do {
            configuration = try JSONDecoder().decode(Configuration.self, from: Data(text.utf8))
        } catch {
            throw JobFailure(
                "the secret “\(secret)” of image_pull_secrets is not a Docker configuration such as {\"auths\": {…}}")
        }
        var logins: [String: RegistryLogin] = [:]
        for (address, login) in configuration.auths {
            let host = address.split(separator: "/").last { $0.contains(".") || $0.contains(":") } ?? address[...]
            let key = host == "index.docker.io" ? "docker.io" : String(host)
            if let username = login.username, let password = login.password {
                logins[key] = RegistryLogin(username: username, password: password)
            } else if let auth = login.auth, let data = Data(base64Encoded: auth) {
                let parts = String(decoding: data, as: UTF8.self).split(separator: ":", maxSplits: 1)
                guard parts.count == 2 else { continue }
                logins[key] = RegistryLogin(username: String(parts[0]), password: String(parts[1]))
            }
        }
        return logins
    }

    /// Writes the file a step's own `docker` commands read, for one step alone.
    /// - Parameter registries: by the registry's host.
    /// - Returns: the value for `DOCKER_CONFIG`.
    /// - Throws: ``JobFailure`` where the directory or the file cannot be made.
    public static func write(
        _ registries: [String: RegistryLogin], to directory: FilePath
    ) throws(JobFailure) -> FilePath {
        do {
            try FileTree.make(directory)
            var logins: [String: Configuration.Login] = [:]
            for (host, login) in registries {
                let auth = Data("\(login.username):\(login.password)".utf8).base64EncodedString()
                logins[host == "docker.io" ? hub : host] = Configuration.Login(auth: auth)
            }
            let json = try Wire.encode(Configuration(auths: logins))
            let file = try FileDescriptor.open(
                directory.appending("config.json"), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: .ownerReadWrite)
            try file.closeAfter { _ = try file.writeAll(json) }
            return directory
        } catch {
            throw JobFailure("the registry logins cannot be written for the step: \(error)", of: error)
        }
    }
}
