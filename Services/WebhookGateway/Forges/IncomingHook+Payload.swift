import Contracts
import NIOHTTP1

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
            guard let payload = FormField.value("payload", in: body) else {
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

/// A field of a form in the encoding of HTML's URLs (`application/x-www-form-urlencoded`).
enum FormField {
    /// The first value of a field; `nil` where it is not there or not encoded well.
    static func value(_ name: StaticString, in form: [UInt8]) -> [UInt8]? {
        let name = name.withUTF8Buffer(Array.init) + [UInt8(ascii: "=")]
        for field in form.split(separator: UInt8(ascii: "&")) where field.starts(with: name) {
            return decode(field.dropFirst(name.count))
        }
        return nil
    }

    private static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count)
        var rest = text[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): decoded.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                decoded.append(high << 4 | low)
            default: decoded.append(byte)
            }
        }
        return decoded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
