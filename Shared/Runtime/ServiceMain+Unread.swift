import Logging
import Text

extension ServiceMain {
    /// A variable that is named as a setting is, and that nobody reads here.
    struct UnreadVariable: Equatable {
        var name: String
        /// What was most likely meant.
        var meant: String?
    }

    /// Tells of variables that do nothing here: most often of a name that was written wrong.
    func tellUnread(_ environment: [String: String], _ logger: Logger) {
        for variable in unread(environment) {
            if let meant = variable.meant {
                logger.warning("\(variable.name) is no setting of \(name); did you mean \(meant)?")
            } else {
                logger.notice("\(variable.name) is no setting of \(name)")
            }
        }
    }

    func unread(_ environment: [String: String]) -> [UnreadVariable] {
        let own = Set((settings + CommonSettings.all + commands.flatMap(\.all)).map(\.variable))
        return environment.keys.sorted().compactMap { name in
            guard name.hasPrefix(Self.prefix), !own.contains(name), !Self.isOfCluster(name) else { return nil }
            if name.hasSuffix("_FILE"), own.contains(String(name.dropLast(5))) { return nil }
            return UnreadVariable(
                name: name, meant: Nearest.variable(to: name, among: own.sorted(), prefix: Self.prefix))
        }
    }

    /// Kubernetes gives every container such variables of the services beside it: `SLIPWAY_SYNC_PORT_8081_TCP_ADDR`.
    private static func isOfCluster(_ name: String) -> Bool {
        ["_SERVICE_HOST", "_PORT"].contains(where: name.hasSuffix) || name.contains("_SERVICE_PORT")
            || ["_TCP", "_UDP"].contains { name.contains($0) && name.contains("_PORT_") }
    }

    private static let prefix = "SLIPWAY_"
}
