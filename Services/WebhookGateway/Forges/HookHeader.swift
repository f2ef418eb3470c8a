/// Headers of hooks.
enum HookHeader {
    // GitLab's; the last three are the Standard Webhooks specification's.
    static let idempotencyKey = "Idempotency-Key"
    static let gitlabEventUUID = "X-Gitlab-Event-UUID"
    static let gitlabEvent = "X-Gitlab-Event"
    static let gitlabToken = "X-Gitlab-Token"
    static let id = "webhook-id"
    static let timestamp = "webhook-timestamp"
    static let signature = "webhook-signature"

    static let githubEvent = "X-GitHub-Event"
    static let githubDelivery = "X-GitHub-Delivery"
    /// `sha256=` and hexadecimal digits; Gitea sends it too.
    static let hubSignature = "X-Hub-Signature-256"

    static let giteaEvent = "X-Gitea-Event"
    static let giteaDelivery = "X-Gitea-Delivery"
    static let giteaSignature = "X-Gitea-Signature"
    static let forgejoEvent = "X-Forgejo-Event"
    static let forgejoDelivery = "X-Forgejo-Delivery"
    static let forgejoSignature = "X-Forgejo-Signature"
}
