import Contracts

extension Sample {
    static let person = PersonView(
        name: "ada", displayName: "Ada L.", email: "ada@example.com", issuer: "https://login.example",
        groups: ["shop/ops"], hasPassword: true, createdAt: moment, signedInAt: moment, blockedAt: moment)

    static let personalToken = PersonalToken(
        person: "ada", name: "ada/login.laptop", token: "not a real one", expiresAt: moment)

    /// With all that a request may have, of which one holds either a name or a token.
    static let sessionRequest: SessionRequest = {
        var request = SessionRequest(name: "ada", password: "not a real one")
        request.token = "not a real one"
        return request
    }()
}
