extension Workspace {
    /// Where the steps' containers have what they share, and the place of the source below it: `path` below `base`. A path
    /// that is absolute or leads out of the base is by itself, and so is one below `/`, where nothing can be mounted.
    /// Neither has a part such as `..`; the second is empty where the source is all of it.
    public var place: (base: String, path: String) {
        let base = Self.components(self.base ?? "/drone/src", below: [])
        let whole = Self.components(path ?? "", below: base)
        guard !base.isEmpty, whole.starts(with: base) else { return ("/" + whole.joined(separator: "/"), "") }
        return ("/" + base.joined(separator: "/"), whole.dropFirst(base.count).joined(separator: "/"))
    }

    /// Why no container can have it; `nil` for one that can be.
    public var problem: String? {
        let base = place.base
        if base == "/" {
            return "a workspace at “/” would hide all that is in an image; name a folder, such as /drone/src"
        }
        if base == "/slipway" || base.hasPrefix("/slipway/") {
            return "/slipway is where a step finds its script and its outputs; name another folder for the workspace"
        }
        return nil
    }

    private static func components(_ path: String, below base: [Substring]) -> [Substring] {
        path.split(separator: "/").reduce(into: path.hasPrefix("/") ? [] : base) { parts, part in
            switch part {
            case ".": break
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
    }
}
