import Contracts

extension RunVariable {
    private static let secret = "a credential; name what you need with `from_secret`"

    /// Those that scripts written for GitLab CI ask for.
    static let gitlab: [RunVariable] = [
        run(.gitlab, "CI_API_V4_URL", "the address of GitLab's API", "where GitLab's hook told it") { run in
            guard run.trigger.origin != nil, run.host == .gitlab else { return nil }
            return run.server.map { "\($0.url)/api/v4" }
        },
        run(.gitlab, "CI_COMMIT_AUTHOR", "the author as `Name <address>`") { run in
            run.commit.map { "\($0.authorName) <\($0.authorEmail)>" }
        },
        run(.gitlab, "CI_COMMIT_BEFORE_SHA", "the commit before the push, or zeros") { run in
            run.commit.map { run.trigger.before ?? String(repeating: "0", count: $0.sha.count) }
        },
        run(.gitlab, "CI_COMMIT_BRANCH", "the pushed branch", "not on tags") { $0.branch },
        run(.gitlab, "CI_COMMIT_DESCRIPTION", "the commit's message without its first line") { $0.description },
        run(.gitlab, "CI_COMMIT_MESSAGE", "the commit's message") { $0.message },
        run(.gitlab, "CI_COMMIT_REF_NAME", "the branch or the tag") { $0.tag ?? $0.branch },
        run(.gitlab, "CI_COMMIT_REF_SLUG", "the same with nothing but `a-z`, `0-9` and `-`, of at most 63") {
            ($0.tag ?? $0.branch).map(slug)
        },
        run(.gitlab, "CI_COMMIT_SHA", "the commit's id") { $0.commit?.sha },
        run(.gitlab, "CI_COMMIT_SHORT_SHA", "its first eight digits") { $0.commit?.short },
        run(.gitlab, "CI_COMMIT_TAG", "the tag", "on tags") { $0.tag },
        run(.gitlab, "CI_COMMIT_TIMESTAMP", "when it was committed, as in RFC 3339") {
            $0.commit?.committedAt.description
        },
        run(.gitlab, "CI_COMMIT_TITLE", "the first line of the commit's message") { $0.title },
        run(.gitlab, "CI_DEFAULT_BRANCH", "the repository's default branch") { $0.defaultBranch },
        run(.gitlab, "CI_ENVIRONMENT_NAME", "the environment", "for `promote` and `rollback`") { $0.trigger.target },
        step(.gitlab, "CI_JOB_ID", "the id of the job that the step is part of") { $0.job },
        step(.gitlab, "CI_JOB_IMAGE", "the step's image", "in containers") { $0.step.image },
        step(.gitlab, "CI_JOB_NAME", "the step's name") { $0.step.name },
        step(.gitlab, "CI_JOB_NAME_SLUG", "the same with nothing but `a-z`, `0-9` and `-`, of at most 63") {
            slug($0.step.name)
        },
        stage(.gitlab, "CI_JOB_STAGE", "the pipeline's name") { stage, _ in stage.name },
        step(.gitlab, "CI_JOB_STARTED_AT", "when the step starts, as in RFC 3339") { $0.now.description },
        step(.gitlab, "CI_JOB_STATUS", "`success` or `failed`: how the pipeline stands when the step starts") {
            $0.stageHasFailed ? "failed" : "success"
        },
        run(.gitlab, "CI_JOB_URL", "the run's page") { $0.page },
        run(.gitlab, "CI_PIPELINE_CREATED_AT", "when the run was made, as in RFC 3339") { $0.createdAt?.description },
        run(.gitlab, "CI_PIPELINE_ID", "the run's id") { $0.run?.rawValue },
        run(.gitlab, "CI_PIPELINE_IID", "the run's number in its repository") { $0.number.map { "\($0)" } },
        run(.gitlab, "CI_PIPELINE_SOURCE", "`push`, `schedule`, `web`, `api` or `merge_request_event`") { run in
            switch run.trigger.event {
            case .push, .tag: "push"
            case .cron: "schedule"
            case .custom: "web"
            case .promote, .rollback: "api"
            case .pullRequest: "merge_request_event"
            }
        },
        run(.gitlab, "CI_PIPELINE_URL", "the run's page") { $0.page },
        place(.gitlab, "CI_PROJECT_DIR", "the folder of the source"),
        run(.gitlab, "CI_PROJECT_ID", "the project's number at the forge", toldByForge) { run in
            run.trigger.origin?.projectID.map { "\($0)" }
        },
        run(.gitlab, "CI_PROJECT_NAME", "the last part of the repository's path") { $0.pathParts.last },
        run(.gitlab, "CI_PROJECT_NAMESPACE", "the parts before") { $0.namespace },
        run(.gitlab, "CI_PROJECT_PATH", "the repository's path") { $0.path },
        run(.gitlab, "CI_PROJECT_PATH_SLUG", "the same with nothing but `a-z`, `0-9` and `-`, of at most 63") {
            $0.path.map(slug)
        },
        run(.gitlab, "CI_PROJECT_ROOT_NAMESPACE", "the first part of the repository's path") {
            $0.pathParts.count > 1 ? $0.pathParts.first : nil
        },
        run(.gitlab, "CI_PROJECT_TITLE", "the last part of the repository's path") { $0.pathParts.last },
        run(.gitlab, "CI_PROJECT_URL", "the repository's page at the forge", overHTTP) { $0.projectURL },
        run(.gitlab, "CI_PROJECT_VISIBILITY", "`public`, `internal` or `private`", toldByForge) {
            $0.trigger.origin?.visibility
        },
        run(.gitlab, "CI_REPOSITORY_URL", "where the repository is fetched, without credentials") {
            $0.publicCloneURL
        },
        run(.gitlab, "CI_SERVER", "yes") { _ in "yes" },
        run(.gitlab, "CI_SERVER_FQDN", "the forge's host, with a port that is not the usual one", overHTTP) {
            $0.server?.host
        },
        run(.gitlab, "CI_SERVER_HOST", "the forge's host", overHTTP) { $0.server?.name },
        run(.gitlab, "CI_SERVER_PORT", "its port", overHTTP) { $0.server?.port },
        run(.gitlab, "CI_SERVER_PROTOCOL", "`https` or `http`", overHTTP) { $0.server?.scheme },
        run(.gitlab, "CI_SERVER_URL", "the forge's address", overHTTP) { $0.server?.url },
        run(.gitlab, "GITLAB_USER_LOGIN", "the user name of who pushed", "where it is known") { $0.trigger.sender },
        run(.gitlab, "GITLAB_USER_NAME", "the name of who pushed", toldByForge) { $0.trigger.origin?.userName },
        refused(.gitlab, "CI_DEPLOY_PASSWORD", because: secret),
        refused(.gitlab, "CI_DEPLOY_USER", because: secret),
        refused(.gitlab, "CI_JOB_TOKEN", because: secret),
        refused(.gitlab, "CI_MERGE_REQUEST_ID", because: noMergeRequest),
        refused(.gitlab, "CI_MERGE_REQUEST_IID", because: noMergeRequest),
        refused(.gitlab, "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", because: noMergeRequest),
        refused(.gitlab, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", because: noMergeRequest),
        refused(.gitlab, "CI_REGISTRY", because: noRegistry),
        refused(.gitlab, "CI_REGISTRY_IMAGE", because: noRegistry),
        refused(.gitlab, "CI_REGISTRY_PASSWORD", because: secret),
        refused(.gitlab, "CI_REGISTRY_USER", because: secret),
        refused(.gitlab, "GITLAB_CI", because: "programs that find it take the builder for GitLab's own runner"),
    ]

    private static let noMergeRequest = "merge requests start no runs yet"
    private static let noRegistry = "a platform may know many registries; write the address"

    /// What GitLab makes of a name for addresses and host names.
    static func slug(_ text: String) -> String {
        let plain = text.lowercased().unicodeScalars.map { scalar -> Character in
            ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) ? Character(scalar) : "-"
        }
        let cut = plain.prefix(63).drop { $0 == "-" }
        return String(String(cut).reversed().drop { $0 == "-" }.reversed())
    }
}
