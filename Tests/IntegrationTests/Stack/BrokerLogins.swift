import Contracts
import FoundationEssentials
import Messaging
import TestSupport

/// A login of the broker for each service, as an installation has them, on a virtual host of the tests' broker.
enum BrokerLogins {
    /// Makes them and what they need to be there.
    /// - Returns: the broker's address for each service.
    static func make(
        on host: VirtualHost, pools: [String] = ["default"], clusters: [String] = ["default", "host"]
    ) async throws -> [String: String] {
        let users = BrokerUser.all(pools: pools, clusters: [clusters])
        // Of the password “apart”; the logins are those of all virtual hosts.
        let definitions = BrokerDefinitions(users: users, virtualHost: host.name) { _ in
            "d2FsbOnHtRwyshBi+IuPMZ8TI7ufJm/8GiOAqZvH8pvL/C1a"
        }
        try await host.management.send(
            "POST", "/api/definitions", body: String(decoding: try Wire.encode(definitions), as: UTF8.self))
        let place = host.url.split(separator: "@").last ?? ""
        return Dictionary(
            users.compactMap { user in
                BrokerUser.service(of: user.name).map { ($0, "amqp://\(user.name):apart@\(place)") }
            }, uniquingKeysWith: { first, _ in first })
    }
}
