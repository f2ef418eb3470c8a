/// What a sealed secret is for; bound into the seal, so that one cannot be passed off as another.
public enum SecretPurpose {
    /// A secret a pipeline names, `from_secret`.
    public static let step = "step"
    /// The token Git signs in with.
    public static let git = "git"
    /// The JSON of a registry login.
    public static let registry = "registry"
    /// A mirror token in a job's grant.
    public static let mirror = "mirror"
}
