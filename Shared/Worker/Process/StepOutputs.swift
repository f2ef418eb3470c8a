import FoundationEssentials
public import SystemPackage

/// What a step hands on: lines `name=value` it appends to the file `$SLIPWAY_OUTPUT`.
public enum StepOutputs {
    /// The variable that names the file.
    public static let variable = "SLIPWAY_OUTPUT"
    /// The most that is read, in bytes.
    public static let limit = 64 * 1024

    /// Reads the file a step was given.
    /// - Returns: nothing where the step wrote none.
    /// - Throws: ``JobFailure`` that names the line that is wrong.
    public static func read(_ file: FilePath) throws(JobFailure) -> [String: String] {
        let path = file.string
        guard FileManager.default.fileExists(atPath: path) else { return [:] }
        let data: Data
        do {
            let handle = try FileDescriptor.open(file, .readOnly, options: [.closeOnExec, .noFollow, .nonBlocking])
            data = try handle.closeAfter {
                var buffer = [UInt8](repeating: 0, count: limit + 1)
                var length = 0
                while length < buffer.count {
                    let count = try buffer.withUnsafeMutableBytes { bytes in
                        try handle.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[length...]))
                    }
                    if count == 0 { break }
                    length += count
                }
                return Data(buffer.prefix(length))
            }
        } catch {
            throw JobFailure("the step's outputs cannot be read: \(error)")
        }
        guard data.count <= limit else { throw JobFailure("the step's outputs are longer than \(limit) bytes") }
        return try parse(String(decoding: data, as: UTF8.self))
    }

    /// Reads the lines; of a name given twice the last counts.
    public static func parse(_ text: String) throws(JobFailure) -> [String: String] {
        var outputs: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let equals = line.firstIndex(of: "="), equals != line.startIndex else {
                throw JobFailure("the step wrote “\(line.prefix(100))” to $\(variable); it takes lines name=value")
            }
            let name = line[..<equals]
            guard name.utf8.allSatisfy({ isNameByte($0) }) else {
                throw JobFailure("“\(name.prefix(100))” is no name of an output: letters, digits, “_” and “-”")
            }
            outputs[String(name)] = String(line[line.index(after: equals)...])
        }
        return outputs
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
