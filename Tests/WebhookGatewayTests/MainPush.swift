import Contracts
import Testing

/// The push that the fixtures of all forges are: Ada's to the branch main of shop/web.
func expectMain(
    _ push: PushReceived, from cloneURL: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(push.cloneURL == cloneURL, sourceLocation: sourceLocation)
    #expect(push.defaultBranch == "main", sourceLocation: sourceLocation)
    let trigger = push.trigger
    #expect(trigger.event == .push, sourceLocation: sourceLocation)
    #expect(trigger.repository.rawValue == "shop/web", sourceLocation: sourceLocation)
    #expect(trigger.ref == "refs/heads/main", sourceLocation: sourceLocation)
    #expect(trigger.branch == "main", sourceLocation: sourceLocation)
    #expect(trigger.commit == Hook.sha, sourceLocation: sourceLocation)
    #expect(trigger.before == Hook.before, sourceLocation: sourceLocation)
    #expect(trigger.sender == "ada", sourceLocation: sourceLocation)
    #expect(!trigger.skip, sourceLocation: sourceLocation)
}
