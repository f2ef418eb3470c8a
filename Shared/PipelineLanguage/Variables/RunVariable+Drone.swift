import Contracts

extension RunVariable {
    private static let noMergeRequests = "merge requests start no runs yet"

    /// Those of Drone's reference, in its order.
    static let drone: [RunVariable] = [
        run(.drone, "CI", "true") { _ in "true" },
        run(.drone, "DRONE", "true") { _ in "true" },
        run(.drone, "DRONE_BRANCH", "the pushed branch, or a merge request's target", "not on tags") { $0.branch },
        run(.drone, "DRONE_BUILD_ACTION", "what happened to the merge request", "for `pull_request`") {
            $0.trigger.action
        },
        run(.drone, "DRONE_BUILD_CREATED", "when the run was made, in seconds since 1970") { seconds($0.createdAt) },
        run(.drone, "DRONE_BUILD_EVENT", "the event") { $0.trigger.event.rawValue },
        step(.drone, "DRONE_BUILD_FINISHED", "the moment the step starts: the run has no end yet") { seconds($0.now) },
        run(.drone, "DRONE_BUILD_LINK", "the run's page") { $0.page },
        run(.drone, "DRONE_BUILD_NUMBER", "the run's number in its repository") { $0.number.map { "\($0)" } },
        run(.drone, "DRONE_BUILD_PARENT", "the number of the run that this one runs again, else 0") {
            "\($0.trigger.parent ?? 0)"
        },
        run(.drone, "DRONE_BUILD_STARTED", "when its first job began, in seconds since 1970") { seconds($0.startedAt) },
        step(.drone, "DRONE_BUILD_STATUS", "`success` or `failure`: how the run stands when the step starts") {
            $0.hasFailed ? "failure" : "success"
        },
        run(.drone, "DRONE_BUILD_TRIGGER", "who or what caused the run", "where it is known") {
            $0.startedBy ?? $0.trigger.sender
        },
        run(.drone, "DRONE_CALVER", "a tag such as v2026.11.1 without its `v`", onCalendar) {
            $0.calendarVersion?.text
        },
        run(.drone, "DRONE_COMMIT", "the commit's id") { $0.commit?.sha },
        run(.drone, "DRONE_COMMIT_AFTER", "the commit's id") { $0.commit?.sha },
        run(.drone, "DRONE_COMMIT_AUTHOR", "the user name of who pushed, else the author's name") {
            $0.trigger.sender ?? $0.commit?.authorName
        },
        run(.drone, "DRONE_COMMIT_AUTHOR_AVATAR", "the picture of who pushed", toldByForge) {
            $0.trigger.origin?.avatarURL
        },
        run(.drone, "DRONE_COMMIT_AUTHOR_EMAIL", "the author's address") { $0.commit?.authorEmail },
        run(.drone, "DRONE_COMMIT_AUTHOR_NAME", "the author's name") { $0.commit?.authorName },
        run(.drone, "DRONE_COMMIT_BEFORE", "the commit before the push", "unless the branch is new") {
            $0.trigger.before
        },
        run(.drone, "DRONE_COMMIT_BRANCH", "as DRONE_BRANCH", "not on tags") { $0.branch },
        run(.drone, "DRONE_COMMIT_LINK", "the commit's page at the forge", overHTTP) { $0.commitURL },
        run(.drone, "DRONE_COMMIT_MESSAGE", "the commit's message") { $0.message },
        run(.drone, "DRONE_COMMIT_REF", "the whole ref") { $0.trigger.ref.nonEmpty },
        run(.drone, "DRONE_COMMIT_SHA", "the commit's id") { $0.commit?.sha },
        run(.drone, "DRONE_DEPLOY_TO", "the environment", "for `promote` and `rollback`") { $0.trigger.target },
        step(.drone, "DRONE_FAILED_STAGES", "the pipelines that have failed, this one included", afterFailure) {
            $0.failedStages.joined(separator: ",").nonEmpty
        },
        step(.drone, "DRONE_FAILED_STEPS", "the steps of this pipeline that have failed", afterFailure) {
            $0.failedSteps.joined(separator: ",").nonEmpty
        },
        run(.drone, "DRONE_GIT_HTTP_URL", "where the repository is fetched, without credentials") { $0.publicCloneURL },
        run(.drone, "DRONE_GIT_SSH_URL", "the same for SSH", toldByForge) { $0.trigger.origin?.sshURL },
        refused(.drone, "DRONE_PULL_REQUEST", because: noMergeRequests),
        refused(.drone, "DRONE_PULL_REQUEST_TITLE", because: noMergeRequests),
        run(.drone, "DRONE_REMOTE_URL", "as DRONE_GIT_HTTP_URL") { $0.publicCloneURL },
        run(.drone, "DRONE_REPO", "the repository's path") { $0.path },
        run(.drone, "DRONE_REPO_BRANCH", "its default branch") { $0.defaultBranch },
        run(.drone, "DRONE_REPO_LINK", "its page at the forge", overHTTP) { $0.projectURL },
        run(.drone, "DRONE_REPO_NAME", "the last part of its path") { $0.pathParts.last },
        run(.drone, "DRONE_REPO_NAMESPACE", "the parts before") { $0.namespace },
        run(.drone, "DRONE_REPO_OWNER", "the parts before") { $0.namespace },
        run(.drone, "DRONE_REPO_PRIVATE", "`false` for a public repository, else `true`", toldByForge) {
            $0.trigger.origin?.visibility.map { $0 == "public" ? "false" : "true" }
        },
        run(.drone, "DRONE_REPO_SCM", "git") { _ in "git" },
        run(.drone, "DRONE_REPO_VISIBILITY", "`public`, `internal` or `private`", toldByForge) {
            $0.trigger.origin?.visibility
        },
        run(.drone, "DRONE_SEMVER", "a tag such as v1.2.3-rc.1 without its `v`", onVersion) { $0.version?.text },
        run(.drone, "DRONE_SEMVER_BUILD", "what is behind its `+`", onVersion) { $0.version?.build },
        run(.drone, "DRONE_SEMVER_ERROR", "why a tag is not a semantic version", "on other tags") { $0.versionProblem },
        run(.drone, "DRONE_SEMVER_MAJOR", "its first number", onVersion) { $0.version.map { "\($0.major)" } },
        run(.drone, "DRONE_SEMVER_MINOR", "its second", onVersion) { $0.version.map { "\($0.minor)" } },
        run(.drone, "DRONE_SEMVER_PATCH", "its third", onVersion) { $0.version.map { "\($0.patch)" } },
        run(.drone, "DRONE_SEMVER_PRERELEASE", "what is behind its `-`", onVersion) { $0.version?.prerelease },
        run(.drone, "DRONE_SEMVER_SHORT", "its three numbers", onVersion) { $0.version?.short },
        run(.drone, "DRONE_SOURCE_BRANCH", "as DRONE_BRANCH", "not on tags and for `pull_request`") {
            $0.trigger.event == .pullRequest ? nil : $0.branch
        },
        stage(.drone, "DRONE_STAGE_ARCH", "`platform.arch` of the pipeline, else amd64") { stage, _ in
            stage.platform.arch ?? Platform.usualArch
        },
        stage(.drone, "DRONE_STAGE_DEPENDS_ON", "the pipelines it waits for", "where it waits for any") { stage, _ in
            stage.dependsOn.joined(separator: ",").nonEmpty
        },
        step(.drone, "DRONE_STAGE_FINISHED", "the moment the step starts: the pipeline has no end yet") {
            seconds($0.now)
        },
        stage(.drone, "DRONE_STAGE_KIND", "pipeline") { _, _ in "pipeline" },
        step(.drone, "DRONE_STAGE_MACHINE", "the host name of the worker") { $0.machine },
        stage(.drone, "DRONE_STAGE_NAME", "the pipeline's name") { stage, _ in stage.name },
        stage(.drone, "DRONE_STAGE_NUMBER", "its place in the file, from 1") { _, run in
            run.stageNumber.map { "\($0)" }
        },
        stage(.drone, "DRONE_STAGE_OS", "`platform.os` of the pipeline, else linux") { stage, _ in
            stage.platform.os ?? Platform.usualOS
        },
        stage(.drone, "DRONE_STAGE_STARTED", "when it began, in seconds since 1970") { _, run in
            seconds(run.stageStartedAt)
        },
        step(.drone, "DRONE_STAGE_STATUS", "`success` or `failure`: how the pipeline stands when the step starts") {
            $0.stageHasFailed ? "failure" : "success"
        },
        stage(.drone, "DRONE_STAGE_TYPE", "`docker` or `exec`") { stage, _ in stage.kind.rawValue },
        stage(.drone, "DRONE_STAGE_VARIANT", "`platform.variant` of the pipeline", "where it has one") { stage, _ in
            stage.platform.variant
        },
        step(.drone, "DRONE_STEP_NAME", "the step's name") { $0.step.name },
        step(.drone, "DRONE_STEP_NUMBER", "its place in the pipeline, from 1, services first") { $0.number },
        run(.drone, "DRONE_SYSTEM_HOST", "the platform's host, with a port that is not the usual one") {
            $0.instance?.host
        },
        run(.drone, "DRONE_SYSTEM_HOSTNAME", "as DRONE_SYSTEM_HOST") { $0.instance?.host },
        run(.drone, "DRONE_SYSTEM_PROTO", "`https` or `http`") { $0.instance?.scheme },
        run(.drone, "DRONE_SYSTEM_VERSION", "Slipway's version") { $0.platformVersion },
        run(.drone, "DRONE_TAG", "the tag", "on tags") { $0.tag },
        run(.drone, "DRONE_TARGET_BRANCH", "as DRONE_BRANCH", "not on tags") { $0.branch },
    ]

    /// Those that Drone sets and does not document, or documents elsewhere.
    static let droneBeyond: [RunVariable] = [
        run(.drone, "DRONE_CALVER_MAJOR", "the year of DRONE_CALVER", onCalendar) { $0.calendarVersion?.major },
        run(.drone, "DRONE_CALVER_MAJOR_MINOR", "its year and its second part", onCalendar) {
            $0.calendarVersion.map { "\($0.major).\($0.minor)" }
        },
        run(.drone, "DRONE_CALVER_MICRO", "its third part", onCalendar) { $0.calendarVersion?.micro },
        run(.drone, "DRONE_CALVER_MINOR", "its second part", onCalendar) { $0.calendarVersion?.minor },
        run(.drone, "DRONE_CALVER_MODIFIER", "what is behind its `-`", onCalendar) { $0.calendarVersion?.modifier },
        run(.drone, "DRONE_CALVER_SHORT", "it without what is behind its `-`", onCalendar) {
            $0.calendarVersion?.short
        },
        run(.drone, "DRONE_CRON", "the name of the schedule", "for `cron`") { $0.trigger.cron },
        place(.drone, "DRONE_WORKSPACE", "the folder of the source"),
        place(.drone, "CI_WORKSPACE", "the folder of the source"),
        place(.drone, "DRONE_WORKSPACE_BASE", "the folder that the steps share, `workspace.base`"),
        place(.drone, "CI_WORKSPACE_BASE", "the same"),
        place(.drone, "DRONE_WORKSPACE_PATH", "the place of the source below it, `workspace.path`"),
        place(.drone, "CI_WORKSPACE_PATH", "the same"),
    ]

    static let toldByForge = "where the forge's hook told it"
    static let overHTTP = "where the forge's hook told it, or the repository is fetched over HTTP"
    private static let onVersion = "on tags that are semantic versions"
    private static let onCalendar = "on tags that begin with a year"
    private static let afterFailure = "when something has failed"

    static func seconds(_ moment: Timestamp?) -> String? { moment.map { "\($0.milliseconds / 1000)" } }
}

extension String {
    /// The text, or `nil` where it is empty.
    var nonEmpty: String? { isEmpty ? nil : self }
}
