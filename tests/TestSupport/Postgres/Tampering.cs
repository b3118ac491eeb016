namespace Messaging.TestSupport.Postgres;

/// <summary>
/// What somebody does who may do anything in the database: rows that are kept as they were recorded have triggers,
/// which their owner takes off.
/// </summary>
public static class Tampering
{
    // In the order in which the product locks them.
    private static readonly string[] s_tables =
        ["mt_events", "audit_salts", "audit_subjects", "audit_leaves", "audit_nodes", "audit_trees"];

    /// <summary>The statements that take them off, in the transaction of what they keep from happening.</summary>
    public static string Begin { get; } = All("disable");

    /// <summary>The statements that put them on again.</summary>
    public static string End { get; } = All("enable");

    /// <summary>Statements without parameters, and the triggers off meanwhile.</summary>
    public static string With(string sql) => $"{Begin}; {sql}; {End}";

    private static string All(string what) =>
        string.Join(
            "; ", s_tables.Select(t => $"alter table messaging.{t} {what} trigger kept, {what} trigger kept_whole"));
}
