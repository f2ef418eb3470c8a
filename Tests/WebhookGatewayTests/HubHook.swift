import Contracts
import Crypto
import FoundationEssentials
import NIOHTTP1
import Secrets
import Text

/// A hook in the shape GitHub gave it, as GitHub, Gitea and Forgejo send it, with what a test changes.
struct HubHook {
    var forge: Forge
    var event = "push"
    var members: [String: JSONValue]
    var form = false
    /// Headers beside those of the event and the signature.
    var extra: [String: String?] = [:]
    /// What it is signed with.
    var secret: String? = HookToken(key: Hook.key).token(for: RepositoryPath(rawValue: "shop/web"))
    var isForgejo = false

    static let tagObject = "1111111111111111111111111111111111111111"

    /// The shape of GitHub's documentation of the event `push`.
    static func github() -> HubHook {
        HubHook(
            forge: .github,
            members: [
                "ref": "refs/heads/main", "before": .string(Hook.before), "after": .string(Hook.sha), "created": false,
                "deleted": false, "forced": false, "base_ref": .null,
                "compare": "https://github.com/shop/web/compare/95790bf891e7...da1560886d4f",
                "commits": [commit], "head_commit": commit,
                "pusher": ["name": "ada", "email": "ada@example.org"],
                "repository": [
                    "id": 1_296_269, "node_id": "MDEwOlJlcG9zaXRvcnkxMjk2MjY5", "name": "web", "full_name": "shop/web",
                    "private": true, "owner": ["name": "shop", "login": "shop", "id": 4, "type": "Organization"],
                    "html_url": "https://github.com/shop/web", "description": .null, "fork": false,
                    "url": "https://github.com/shop/web", "created_at": 1_763_000_000,
                    "pushed_at": 1_764_000_000, "git_url": "git://github.com/shop/web.git",
                    "ssh_url": "git@github.com:shop/web.git", "clone_url": "https://github.com/shop/web.git",
                    "visibility": "private", "default_branch": "main", "master_branch": "main",
                    "organization": "shop", "topics": [], "license": ["key": "mit", "full_name": "evil/one"],
                ],
                "organization": ["login": "shop", "id": 4],
                "sender": [
                    "login": "ada", "id": 583_231, "avatar_url": "https://avatars.githubusercontent.com/u/583231?v=4",
                    "type": "User", "site_admin": false,
                ],
            ])
    }

    /// The shape of Gitea's documentation.
    static func gitea(isForgejo: Bool = false) -> HubHook {
        let user: JSONValue = [
            "id": 1, "login": "ada", "full_name": "Ada Lovelace", "email": "ada@example.org",
            "avatar_url": "https://gitea.example/avatars/1", "username": "ada",
        ]
        return HubHook(
            forge: .gitea,
            members: [
                "ref": "refs/heads/main", "before": .string(Hook.before), "after": .string(Hook.sha),
                "compare_url": "https://gitea.example/shop/web/compare/a...b", "commits": [commit],
                "total_commits": 1, "head_commit": commit,
                "repository": [
                    "id": 140, "owner": user, "name": "web", "full_name": "shop/web", "description": "", "empty": false,
                    "private": false, "fork": false, "html_url": "https://gitea.example/shop/web",
                    "ssh_url": "ssh://git@gitea.example/shop/web.git",
                    "clone_url": "https://gitea.example/shop/web.git", "default_branch": "main", "internal": false,
                    "permissions": ["admin": true],
                ],
                "pusher": user, "sender": user,
            ], isForgejo: isForgejo)
    }

    private static let commit: JSONValue = [
        "id": .string(Hook.sha), "message": "Sell more\n\n\"quoted\" 50 % + ü 🚢", "distinct": true,
        "timestamp": "2026-11-24T02:23:38+01:00",
        "author": ["name": "Ada", "email": "ada@example.org", "username": "ada"], "added": [], "removed": [],
        "modified": ["a & b.txt"],
    ]

    mutating func tag() {
        members["ref"] = "refs/tags/v1.2"
        members["before"] = .string(Hook.zero)
        members["after"] = .string(Self.tagObject)
        members["created"] = true
    }

    mutating func set(_ value: JSONValue?, in object: String, _ member: String) {
        guard case .object(var members)? = self.members[object] else { return }
        members[member] = value
        self.members[object] = .object(members)
    }

    var json: [UInt8] {
        get throws { Array(try Wire.encode(JSONValue.object(members))) }
    }

    var body: [UInt8] {
        get throws {
            guard form else { return try json }
            let encoded = try json.map { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    String(UnicodeScalar(byte))
                case UInt8(ascii: " "): "+"
                default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
                }
            }
            return Array("payload=\(encoded.joined())".utf8)
        }
    }

    var headers: HTTPHeaders {
        get throws {
            var headers: HTTPHeaders = [
                "Content-Type": form ? "application/x-www-form-urlencoded" : "application/json",
                "X-GitHub-Event": event, "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            ]
            let signature = try secret.map { secret in
                Hex.encode(
                    HMAC<SHA256>.authenticationCode(
                        for: Data(try body), using: SymmetricKey(data: Data(secret.utf8))
                    ).withUnsafeBytes(Array.init))
            }
            if forge == .github {
                if let signature {
                    headers[one: "X-Hub-Signature"] = "sha1=7d38cdd689735b008b3c702edd92eea23791c5f6"
                    headers[one: "X-Hub-Signature-256"] = "sha256=\(signature)"
                }
            } else {
                headers[one: "X-Gogs-Event"] = event
                for name in ["Gitea"] + (isForgejo ? ["Forgejo"] : []) {
                    headers[one: "X-\(name)-Event"] = event
                    headers[one: "X-\(name)-Delivery"] = "f6266f16-1bf3-46a5-9ea4-602e06ead473"
                    // Without a secret it is there, and empty.
                    headers[one: "X-\(name)-Signature"] = signature ?? ""
                }
            }
            for (name, value) in extra { headers[one: name] = value }
            return headers
        }
    }
}
