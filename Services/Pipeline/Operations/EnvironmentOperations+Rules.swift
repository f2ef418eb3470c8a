import Contracts
import PipelineLanguage
import Text

extension EnvironmentOperations {
    /// Why a folder of the host may not be allowed: one that is allowed on the same host is within it, or is what it is in.
    /// Whoever has the outer one could put a link in the inner one's place, and the engine would mount where that leads, also
    /// when it starts the container again by itself. What was allowed before stays so, and who has the whole host needs no
    /// link.
    static func nested(_ rules: EnvironmentRules, _ name: String, in transaction: Transaction) throws -> String? {
        let others = try transaction.environments.all()
        let known = Set(others.first { $0.name == name }.map(\.rules.folders)?.map(\.path) ?? [])
        let all =
            rules.folders.map { ($0, name) }
            + others.filter { $0.name != name }.flatMap { other in other.rules.folders.map { ($0, other.name) } }
        for folder in rules.folders where !known.contains(folder.path) {
            for (other, environment) in all where other.cluster == folder.cluster && other.path != folder.path {
                let (outer, inner) =
                    folder.path.utf8.count < other.path.utf8.count
                    ? (folder.path, other.path) : (other.path, folder.path)
                guard inner.hasPrefix(outer + "/") else { continue }
                return
                    "the folder “\(folder.path)” cannot be allowed beside “\(other.path)” of the environment “\(environment)”: "
                    + "a container that has “\(outer)” could put a link in the place of “\(inner)”; allow one of them, or "
                    + "folders that lie beside each other"
            }
        }
        return nil
    }

    /// What is wrong with rules, with what to write instead; `nil` where nothing is.
    static func problem(with rules: EnvironmentRules, zones: TimeZones = TimeZones()) -> String? {
        for repository in rules.ownRepositories {
            let path = RepositoryPath(rawValue: repository)
            if let problem = path.problem { return problem }
            if let problem = problem(with: rules.rules(for: path), zones: zones) {
                return "for \(repository): \(problem)"
            }
        }
        if !(0...100).contains(rules.approvals) { return "“\(rules.approvals)” is no number of approvals: 0 to 100" }
        for window in rules.freezes {
            do throws(Freeze.Malformed) {
                _ = try Freeze(window, zone: zones.rules(of: window.zone))
            } catch {
                return error.text
            }
        }
        let globs = [
            ("namespace", rules.namespaces), ("workload", rules.workloads), ("container", rules.containers),
            ("repository", rules.repositories), ("ref", rules.refs), ("network", rules.allows.networks),
            ("approver", rules.approvers), ("user", rules.allows.users), ("volume", rules.allows.volumes),
            ("label", rules.allows.labels), ("alias", rules.allows.aliases), ("log driver", rules.allows.logDrivers),
        ]
        for (what, patterns) in globs {
            for pattern in patterns {
                do {
                    _ = try Glob(pattern)
                } catch {
                    return "“\(pattern)” is no pattern of a \(what): \(error)"
                }
            }
        }
        if rules.clusters.isEmpty {
            return "an environment is on a cluster or a Docker host; the usual one is called default"
        }
        for cluster in rules.clusters where !WorkerScope.isCluster(cluster) {
            return "“\(cluster)” is no name of a cluster or Docker host: letters, digits and “-”"
        }
        if let pool = rules.pool, !WorkerScope.isPool(pool) {
            return "“\(pool)” is no name of a pool: up to 100 letters, digits, “_”, “-” and “.”"
        }
        // Where each repository has its own, nothing holds for all.
        let isShared = !rules.repositories.isEmpty || rules.ownRepositories.isEmpty
        if isShared, rules.workloads.isEmpty, rules.containers.isEmpty {
            return
                "an environment covers workloads such as deployment/web or containers such as web, and this one names none"
        }
        if rules.allRepositories.isEmpty {
            return "an environment is for repositories such as shop/web, and this one names none"
        }
        for ref in rules.refs where !ref.hasPrefix("refs/") {
            return "“\(ref)” is no ref: write refs/heads/\(ref) for a branch, refs/tags/\(ref) for a tag"
        }
        for workload in rules.workloads where Workload(workload) == nil && !workload.hasPrefix("*") {
            return "“\(workload)” is no workload: write deployment/NAME, statefulset/NAME or daemonset/NAME, or */NAME"
        }
        for port in rules.allows.ports where ContainerAllowances.port(port) == nil {
            return "“\(port)” is no port such as 8080, 8000-8010, 127.0.0.1:8080, or 127.0.0.1:0 for any that is free"
        }
        for volume in rules.allows.volumes where volume.hasPrefix("/") && ContainerAllowances.leadsElsewhere(volume) {
            return "“\(volume)” is no folder's whole path: it has “.”, “..” or “//” in it"
        }
        for volume in rules.allows.volumes
        where volume.hasPrefix("/") && volume.contains(where: { "*?[{".contains($0) }) {
            return
                "“\(volume)” is a pattern of folders: name each folder of the host itself, since a container can make "
                + "others in those it has"
        }
        for label in rules.allows.labels {
            if let owner = ContainerAllowances.owner(ofLabel: label) {
                return "“\(label)” is a label of \(owner)'s own, which no rollout may give"
            }
        }
        if let url = rules.url, !url.hasPrefix("https://"), !url.hasPrefix("http://") {
            return "“\(url)” is no address of a page: it begins with https:// or http://"
        }
        for name in rules.variables.keys where !isVariable(name) {
            return "“\(name)” is no name of a variable: letters, digits and “_”, and not DRONE_…, CI_… or SLIPWAY_…"
        }
        return nil
    }

    private static func isVariable(_ name: String) -> Bool {
        let isPlain = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
        }
        let isReserved = ["DRONE_", "CI_", "SLIPWAY_"].contains { name.hasPrefix($0) } || name == "CI"
        return isPlain && !isReserved && name.first.map { !$0.isNumber } ?? false
    }
}

extension EnvironmentRules {
    /// The folders of hosts that containers may have, whichever repository's.
    fileprivate var folders: [(cluster: String, path: String)] {
        let all = [ofRepository] + ownRepositories.compactMap { perRepository?[$0] }
        return all.flatMap { rules in
            rules.clusters.flatMap { cluster in
                rules.allows.volumes.filter { $0.hasPrefix("/") }.map { (cluster, $0) }
            }
        }
    }
}
