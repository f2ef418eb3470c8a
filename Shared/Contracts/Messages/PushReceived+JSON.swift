extension PushReceived {
    /// Made for every hook: written by hand, in the bytes of ``Wire/encode(_:)``.
    public func json() -> [UInt8] {
        var text = JSONText(capacity: 640)
        text.object { push in
            push.member("cloneURL", cloneURL)
            push.member("defaultBranch", defaultBranch)
            push.member("secretOf", secretOf?.rawValue)
            push.member("trigger") { trigger.write(to: &$0) }
        }
        return text.bytes
    }
}

extension Trigger {
    fileprivate func write(to text: inout JSONText) {
        text.member("action", action)
        text.member("before", before)
        text.member("branch", branch)
        text.member("commit", commit)
        text.member("cron", cron)
        text.member("defaultBranch", defaultBranch)
        text.member("event", event.rawValue)
        if let eventFollowsRef { text.member("eventFollowsRef", eventFollowsRef) }
        text.member("id", id.rawValue)
        if let madeUp { text.member("madeUp", madeUp) }
        text.member("message", message)
        if let origin { text.member("origin") { origin.write(to: &$0) } }
        text.member("parameters", parameters)
        text.member("parent", parent)
        text.member("receivedAt", receivedAt.description)
        text.member("ref", ref)
        text.member("repository", repository.rawValue)
        text.member("run", run?.rawValue)
        text.member("sender", sender)
        text.member("skip", skip)
        text.member("target", target)
    }
}

extension Trigger.Origin {
    fileprivate func write(to text: inout JSONText) {
        text.member("avatarURL", avatarURL)
        text.member("forge", forge)
        text.member("projectID", projectID)
        text.member("projectURL", projectURL)
        text.member("sshURL", sshURL)
        text.member("userName", userName)
        text.member("visibility", visibility)
    }
}
