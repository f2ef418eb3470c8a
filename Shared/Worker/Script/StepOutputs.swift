import PipelineLanguage
public import SystemPackage

/// What a step hands on: what it appends to the file `$SLIPWAY_OUTPUT`.
///
/// The file is a list of `name=value`, a line each. A value of several lines is written between two marks, as GitHub's
/// runner takes it, or in quotes, as a dotenv file has it; see ``OutputText``.
public enum StepOutputs {
    /// The variable that names the file.
    public static let variable = "SLIPWAY_OUTPUT"
    /// The most that is read, in bytes.
    public static let limit = 64 * 1024

    /// Reads the file a step was given.
    /// - Returns: nothing where the step wrote none.
    /// - Throws: ``JobFailure`` that names the line that is wrong.
    public static func read(_ file: FilePath) throws(JobFailure) -> [String: String] {
        let bytes: [UInt8]
        do {
            bytes = try BoundedFile.read(file, limit: limit + 1)
        } catch {
            if (error as? Errno) == .noSuchFileOrDirectory { return [:] }
            throw JobFailure("the step's outputs cannot be read: \(error)")
        }
        guard bytes.count <= limit else {
            let longest = OutputText.longestName(in: bytes).map { ", the longest of them “\($0)”" } ?? ""
            throw JobFailure(
                "the step's outputs are longer than \(limit) bytes\(longest); leave what is large in a file, and hand on its "
                    + "path")
        }
        return try parse(bytes)
    }

    /// Reads what is to be UTF-8; of a name given twice the last counts.
    /// - Throws: ``JobFailure`` that names the line that is wrong, and the output.
    public static func parse(_ bytes: some Collection<UInt8>) throws(JobFailure) -> [String: String] {
        var reader = OutputText(bytes)
        var outputs: [String: String] = [:]
        while let entry = try reader.next() { outputs[entry.name] = entry.value }
        return outputs
    }
}

extension StepRun {
    /// What the step wrote to its file, without what it does not list where it lists any; the log says what that is.
    /// - Throws: ``JobFailure`` that names the line that is wrong.
    public func outputs(in file: FilePath) async throws(JobFailure) -> [String: String] {
        let written = try StepOutputs.read(file)
        let listed = step.outputs
        guard !listed.isEmpty else { return written }
        for name in written.keys.sorted() where !listed.contains(name) {
            await log.line("the output “\(name)” is not among the step's “outputs”, and is dropped")
        }
        return written.filter { listed.contains($0.key) }
    }
}
