import Contracts
import NIOHTTP1
import Text

extension IncomingHook {
    /// The body of a hook, read.
    /// - Parameters:
    ///   - takesForms: whether the forge may also send the JSON as the field `payload` of a form.
    ///   - read: reads the JSON.
    /// - Throws: ``HookRefusal``: 415 for another content type, 400 for what is no JSON object.
    func payload<Payload>(
        of forge: Forge, takesForms: Bool = false, read: ([UInt8]) throws(JSONScanError) -> Payload
    ) throws(HookRefusal) -> Payload {
        let json = try json(takesForms: takesForms)
        do {
            return try read(json)
        } catch {
            throw HookRefusal(
                .badRequest, "malformed_json", "the body is no JSON object of a hook: \(error)",
                remedy: "send the hook as \(forge.product) does")
        }
    }

    private func json(takesForms: Bool) throws(HookRefusal) -> [UInt8] {
        let type = headers.first(name: "Content-Type") ?? ""
        if type == "application/json" { return body }
        switch type.prefix(while: { $0 != ";" }).filter({ $0 != " " }).lowercased() {
        case "application/json": return body
        case "application/x-www-form-urlencoded" where takesForms:
            guard let payload = PercentCoding.field("payload", ofForm: body) else {
                throw HookRefusal(
                    .badRequest, "malformed_form", "the form has no field payload, or what it has is cut off",
                    remedy: "send the hook as application/json")
            }
            return payload
        default:
            throw HookRefusal(
                .unsupportedMediaType, "unsupported_media_type",
                "the content type is \(type.isEmpty ? "missing" : "“\(type.prefix(100))”"), not application/json",
                remedy: "send the hook as application/json")
        }
    }
}
