import SystemPackage

/// Where the tests' sources are, and with them the rig's scripts and what was built.
enum SourceTree {
    /// The folder of `Package.swift`.
    static let root = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        .removingLastComponent()
}
