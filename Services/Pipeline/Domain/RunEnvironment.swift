import Contracts

/// The variables every step of a run sees: `CI`, Drone's names, for the files and plugins written for them, and
/// Slipway's own.
enum RunEnvironment {
    static func variables(
        run: RunSummary, trigger: Trigger, cloneURL: String, defaultBranch: String, stage: String, page: String,
        instance: String
    ) -> [String: String] {
        let commit = run.commit
        let sha = commit?.sha ?? ""
        let owner = run.repository.rawValue.split(separator: "/").dropLast().joined(separator: "/")
        let name = run.repository.rawValue.split(separator: "/").last.map(String.init) ?? ""
        var values = [
            "CI": "true", "DRONE": "true",
            "CI_COMMIT_SHA": sha, "CI_PIPELINE_ID": "\(run.number)", "CI_PROJECT_PATH": run.repository.rawValue,
            "DRONE_BRANCH": run.branch ?? "", "DRONE_BUILD_NUMBER": "\(run.number)",
            "DRONE_BUILD_EVENT": run.event.rawValue, "DRONE_BUILD_LINK": page,
            "DRONE_BUILD_CREATED": "\(run.createdAt.milliseconds / 1000)",
            "DRONE_BUILD_STARTED": "\((run.startedAt ?? run.createdAt).milliseconds / 1000)",
            "DRONE_COMMIT": sha, "DRONE_COMMIT_SHA": sha, "DRONE_COMMIT_BEFORE": trigger.before ?? "",
            "DRONE_COMMIT_AFTER": sha, "DRONE_COMMIT_REF": run.ref, "DRONE_COMMIT_BRANCH": run.branch ?? "",
            "DRONE_COMMIT_MESSAGE": commit?.message ?? "", "DRONE_COMMIT_AUTHOR": commit?.authorName ?? "",
            "DRONE_COMMIT_AUTHOR_NAME": commit?.authorName ?? "",
            "DRONE_COMMIT_AUTHOR_EMAIL": commit?.authorEmail ?? "",
            "DRONE_GIT_HTTP_URL": cloneURL, "DRONE_REMOTE_URL": cloneURL, "DRONE_REPO": run.repository.rawValue,
            "DRONE_REPO_BRANCH": defaultBranch, "DRONE_REPO_NAME": name, "DRONE_REPO_NAMESPACE": owner,
            "DRONE_REPO_OWNER": owner, "DRONE_REPO_SCM": "git", "DRONE_STAGE_NAME": stage,
            "DRONE_SYSTEM_HOST": instance, "DRONE_SYSTEM_HOSTNAME": instance,
            "DRONE_TARGET_BRANCH": run.branch ?? "",
            "SLIPWAY_COMMIT_SHORT": commit?.short ?? "", "SLIPWAY_RUN_ID": run.id.rawValue, "SLIPWAY_RUN_URL": page,
            "SLIPWAY_SENDER": run.sender ?? "",
        ]
        if let tag = tag(of: run.ref) { values["DRONE_TAG"] = tag }
        if let action = trigger.action { values["DRONE_BUILD_ACTION"] = action }
        if let target = trigger.target { values["DRONE_DEPLOY_TO"] = target }
        if let cron = trigger.cron { values["DRONE_CRON"] = cron }
        return values
    }

    static func tag(of ref: String) -> String? {
        ref.hasPrefix("refs/tags/") ? String(ref.dropFirst("refs/tags/".count)) : nil
    }

    /// The names of the secrets a compiled stage refers to, found by their one shape: `{"from_secret": "name"}`.
    static func secretNames(in stage: JSONValue) -> Set<String> {
        switch stage {
        case .object(let members):
            if members.count == 1, let name = members["from_secret"]?.string { return [name] }
            return members.reduce(into: Set<String>()) { names, member in
                if member.key == "image_pull_secrets", case .array(let list) = member.value {
                    names.formUnion(list.compactMap(\.string))
                }
                names.formUnion(secretNames(in: member.value))
            }
        case .array(let elements): return elements.reduce(into: Set<String>()) { $0.formUnion(secretNames(in: $1)) }
        default: return []
        }
    }
}
