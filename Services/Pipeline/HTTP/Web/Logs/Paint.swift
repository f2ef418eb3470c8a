/// How text is drawn after the colour sequences so far.
struct Paint: Sendable, Equatable {
    private var isBold = false
    private var isFaint = false
    private var isItalic = false
    private var isUnderlined = false
    private var isInverse = false
    /// 0…15, or `nil` for the page's own.
    private var foreground: Int?
    private var background: Int?

    /// The classes that draw so; empty for plain text.
    var classes: String {
        if self == Paint() { return "" }
        var names: [String] = []
        if isBold { names.append("b") }
        if isFaint { names.append("d") }
        if isItalic { names.append("i") }
        if isUnderlined { names.append("u") }
        let (front, back) = isInverse ? (background, foreground) : (foreground, background)
        if isInverse, front == nil, back == nil { names.append("inv") }
        if let front { names.append("f\(front)") }
        if let back { names.append("g\(back)") }
        return names.joined(separator: " ")
    }

    mutating func apply(_ parameters: [Int]) {
        var rest = parameters[...]
        while let code = rest.popFirst() {
            switch code {
            case 0: self = Paint()
            case 1: isBold = true
            case 2: isFaint = true
            case 3: isItalic = true
            case 4: isUnderlined = true
            case 7: isInverse = true
            case 22: (isBold, isFaint) = (false, false)
            case 23: isItalic = false
            case 24: isUnderlined = false
            case 27: isInverse = false
            case 30...37: foreground = code - 30
            case 38: foreground = Self.extended(&rest) ?? foreground
            case 39: foreground = nil
            case 40...47: background = code - 40
            case 48: background = Self.extended(&rest) ?? background
            case 49: background = nil
            case 90...97: foreground = code - 82
            case 100...107: background = code - 92
            default: break
            }
        }
    }

    /// `5;n` or `2;r;g;b`, as the nearest of the sixteen colours that light and dark pages both have.
    private static func extended(_ rest: inout ArraySlice<Int>) -> Int? {
        switch rest.popFirst() {
        case 5:
            guard let index = rest.popFirst(), (0...255).contains(index) else { return nil }
            if index < 16 { return index }
            if index >= 232 {
                let level = (index - 232) * 10 + 8
                return nearest(level, level, level)
            }
            let cube = index - 16
            let levels = [0, 95, 135, 175, 215, 255]
            return nearest(levels[cube / 36], levels[cube / 6 % 6], levels[cube % 6])
        case 2:
            guard let red = rest.popFirst(), let green = rest.popFirst(), let blue = rest.popFirst() else { return nil }
            return nearest(red, green, blue)
        default: return nil
        }
    }

    private static func nearest(_ red: Int, _ green: Int, _ blue: Int) -> Int {
        let palette = [
            (0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170),
            (170, 170, 170),
            (85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85), (85, 85, 255), (255, 85, 255), (85, 255, 255),
            (255, 255, 255),
        ]
        func distance(_ index: Int) -> Int {
            let (r, g, b) = palette[index]
            func square(_ value: Int) -> Int { value * value }
            return square(r - min(255, max(0, red))) + square(g - min(255, max(0, green)))
                + square(b - min(255, max(0, blue)))
        }
        return palette.indices.min { distance($0) < distance($1) } ?? 7
    }
}
