import Contracts
import NIOHTTP1

/// Tells whose hook a request is, by the marks of the forges that have a reader and of those that have none.
struct HookMarks: Sendable {
    private let all: [HookMark]
    private let headers: [(name: String, mark: HookMark)]

    /// - Parameter forges: those with a reader. What ``HookMark/unserved`` has of them does not count.
    init(_ forges: [any ForgeHooks]) {
        let served = Set(forges.map(\.forge.name))
        all = forges.flatMap(\.marks) + HookMark.unserved.filter { !served.contains($0.forge) }
        // A header comes behind those that borrow it: whoever borrows one borrows what that one's hooks borrow, so that
        // it has more borrowers than they have.
        let borrowers = Dictionary(all.flatMap(\.borrowed).map { ($0.lowercased(), 1) }, uniquingKeysWith: +)
        headers = all.enumerated().compactMap { place, mark in
            switch mark.sign {
            case .header(let name): (borrowers[name.lowercased()] ?? 0, place, name, mark)
            case .weakHeader(let name): (Int.max, place, name, mark)
            case .agent, .member: nil
            }
        }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map { (name: $0.2, mark: $0.3) }
    }

    /// Whose hook this is, or `nil` where no header tells.
    func sender(of headers: HTTPHeaders) -> HookMark? {
        if let found = self.headers.first(where: { headers.contains(name: $0.name) }) { return found.mark }
        guard let agent = headers.first(name: "User-Agent") else { return nil }
        return all.first { if case .agent(let start) = $0.sign { agent.hasPrefix(start) } else { false } }
    }

    /// The product that an address is called after, such as `azure` at its end.
    func addressed(by path: String) -> HookMark? {
        let name = path.split(separator: "/").last?.lowercased()
        return all.first { $0.forge == name || $0.product.lowercased() == name }
    }

    /// Whose hook this is, or `nil` where its JSON does not tell.
    func sender(of body: [UInt8]) -> HookMark? {
        var found: HookMark?
        var scanner = JSONScanner(body)
        do throws(JSONScanError) {
            try scanner.object { (key, scanner) throws(JSONScanError) in
                found = found ?? all.first { if case .member(let name) = $0.sign { key == name } else { false } }
                try scanner.skip()
            }
        } catch {
            // What cannot be read to its end tells by what came before.
            return found
        }
        return found
    }
}
