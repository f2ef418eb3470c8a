import Contracts
import Testing

@Suite("Forges")
struct ForgeTests {
    @Test(
        "are told by the host where it is obvious, else GitLab",
        arguments: [
            ("https://github.com/shop/web.git", Forge.github), ("git@github.com:shop/web.git", .github),
            ("ssh://git@github.example.com:2222/shop/web", .github), ("https://GitHub.com/shop/web", .github),
            ("https://gitea.example/shop/web.git", .gitea), ("http://gitea:3000/shop/web.git", .gitea),
            ("https://codeberg.org/shop/web.git", .gitea), ("https://forgejo.example/shop/web", .gitea),
            ("https://gitlab.com/shop/web.git", .gitlab), ("https://git.example/github/web.git", .gitlab),
            ("https://notgithub.com/shop/web", .gitlab), ("https://gitlab.example/github.com/web", .gitlab),
            ("file:///srv/github.com/web.git", .gitlab), ("", .gitlab), (nil, .gitlab),
        ] as [(String?, Forge)])
    func guess(_ cloneURL: String?, _ forge: Forge) { #expect(Forge.guess(cloneURL: cloneURL) == forge) }

    @Test("each has a name and an address that no other has, and says how to set its hooks up")
    func registry() {
        #expect(Set(Forge.all.map(\.hookPath)).count == Forge.all.count)
        for forge in Forge.all {
            #expect(Forge.named(forge.name) == forge)
            #expect(forge.hookPath == "/hooks/\(forge.name)")
            for gateway in ["https://hooks.example", "https://hooks.example/"] {
                #expect(forge.hookURL(at: gateway) == "https://hooks.example\(forge.hookPath)")
            }
            #expect(forge.hookHelp.contains(forge.product))
        }
        #expect(Forge.named("GitHub") == nil)
    }

    @Test("the command that adds a repository names a forge that its address does not tell")
    func command() {
        let path = RepositoryPath(rawValue: "shop/web")
        let github = "https://github.com/shop/web.git"
        #expect(path.addCommand(cloneURL: github, forge: "github") == "slipway repo add shop/web \(github)")
        #expect(
            path.addCommand(cloneURL: "https://git.example/shop/web.git", forge: "gitea")
                == "slipway repo add shop/web https://git.example/shop/web.git --forge=gitea")
        #expect(
            path.addCommand(cloneURL: "https://git.example/a.git", forge: "$(id)")
                == "slipway repo add shop/web https://git.example/a.git")
    }
}
