/// What is known of `config.toml` without one: for people who write it, and for their editors.
public enum ConfigurationForm {
    /// A file with comments that shows every setting.
    public static var example: String { ConfigurationTemplate.example.text }

    /// A JSON schema (draft 2020-12).
    public static func schema() throws(Failure) -> String {
        try PrettyJSON.text(of: ConfigurationSchema.document)
    }
}
