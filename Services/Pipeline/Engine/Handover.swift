import Contracts
import Secrets

/// Opens what the platform keeps, and seals it for the one service that it is sent to.
struct Handover: Sendable {
    let keys: KeyRing
    /// The ids of the keys that the service has; `nil` for one of an earlier version.
    let receiver: [String]?
    /// Whether the service is of an earlier version, which opens what is bound to its purpose alone.
    let isUnbound: Bool

    /// Why nothing can be sealed for the service; `nil` where it can.
    func problem(of audience: SealAudience) -> String? {
        guard let receiver else {
            return isUnbound ? nil : "it is of an earlier version, which opens nothing that is sealed now: replace it"
        }
        guard !keys.keys(of: .platform).contains(where: receiver.contains) else { return nil }
        let own = keys.keys(of: .platform).joined(separator: ", ")
        return
            "it has none of the platform's keys (\(own)), but \(receiver.joined(separator: ", ")): restart it with the file "
            + "\(KeyFolder.file(of: audience.name)) that slipway keys make writes"
    }

    func seal(_ text: String, for binding: SealBinding) throws -> SealedSecret {
        isUnbound
            ? try keys.sealUnbound(text, as: binding.purpose) : try keys.seal(text, for: binding, with: receiver)
    }

    func reseal(_ kept: SealStore.Kept, for binding: SealBinding) throws -> SealedSecret {
        do {
            return try seal(try keys.open(kept.sealed, for: kept.binding), for: binding)
        } catch {
            throw Problem(
                code: "sealed", message: "\(kept.binding.place) cannot be opened: \(error)",
                remedy: "enter it again, or give the platform the key it was sealed with (slipway keys list)")
        }
    }
}

extension Secret {
    /// As it is kept.
    var kept: SealStore.Kept { .init(sealed: sealed, binding: .kept(secret: name, of: owner.key)) }
}

extension RegistryAccess {
    /// As it is kept.
    var kept: SealStore.Kept { .init(sealed: sealed, binding: .kept(registry: place.description)) }
}
