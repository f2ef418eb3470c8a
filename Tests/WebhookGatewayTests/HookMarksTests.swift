import Contracts
import NIOHTTP1
import Secrets
import Testing

@testable import WebhookGateway

@Suite("Marks of hooks")
struct HookMarksTests {
    /// A forge with no more than its marks.
    struct Reader: ForgeHooks {
        var forge: Forge
        var marks: [HookMark]

        func read(_ hook: IncomingHook, now: Timestamp) throws(HookRefusal) -> HookReading { .foreign }
    }

    static let registry = ForgeRegistry.all(HookSecrets(token: HookToken(key: Hook.key), groups: GroupSecrets()))

    @Test("do not depend on the order of the registry")
    func order() {
        for forges in [Self.registry, Self.registry.reversed()] {
            let marks = HookMarks(forges)
            var headers: HTTPHeaders = [:]
            // Each borrows those above it.
            for (name, product) in [
                ("X-GitHub-Event", "GitHub"), ("X-Gogs-Event", "Gogs"), ("X-Gitea-Event", "Gitea"),
                ("X-Forgejo-Event", "Forgejo"),
            ] {
                headers.add(name: name, value: "push")
                #expect(marks.sender(of: headers)?.product == product)
            }
            // A token may be anybody's.
            #expect(marks.sender(of: ["X-Gitlab-Token": "a", "X-Gitee-Event": "Push Hook"])?.product == "Gitee")
            #expect(marks.sender(of: ["X-Gitlab-Token": "a"])?.product == "GitLab")
        }
    }

    @Test("whoever borrows a header borrows those that its hooks borrow")
    func borrowing() {
        let all = Self.registry.flatMap(\.marks) + HookMark.unserved
        for mark in all {
            for other in all {
                guard case .header(let name) = other.sign, mark.borrowed.contains(name) else { continue }
                #expect(Set(other.borrowed).isSubset(of: mark.borrowed), "\(mark.product) and \(other.product)")
            }
        }
    }

    @Test("of a forge that has a reader are its own, whatever was known of it before")
    func served() {
        let reader = Reader(
            forge: .gitea,
            marks: [
                HookMark("Gitea", forge: "gitea", .header("X-New-Event"), borrowing: ["X-Gitee-Event"]),
                HookMark("Gitea", forge: "gitea", .member("new")),
            ])
        let marks = HookMarks([reader])
        #expect(marks.sender(of: ["X-Gitee-Event": "push", "x-new-event": "push"])?.product == "Gitea")
        #expect(marks.sender(of: Array(#"{"a": 1, "new": 2}"#.utf8))?.forge == "gitea")
        #expect(marks.sender(of: ["X-Gitea-Event": "push"]) == nil)
        let gogs = HookMarks([Reader(forge: .gitea, marks: []), Reader(forge: .github, marks: [])])
        #expect(gogs.sender(of: ["X-Gogs-Event": "push"])?.product == "Gogs")
        #expect(gogs.addressed(by: "/hooks/azure")?.product == "Azure DevOps")
    }
}
