using System.Reflection;

namespace Messaging.Api.Hosting;

/// <summary>
/// The product's version: that of the latest git tag, as the build put it into the assembly (MinVer, see
/// CONTRIBUTING.md).
/// </summary>
internal static class ProductVersion
{
    /// <summary>Version and commit in the build's form: <c>1.2.3+3588030c…</c>.</summary>
    public static string Whole { get; }

    /// <summary>By SemVer 2.0.0: <c>1.2.3</c>, or <c>1.2.4-alpha.0.5</c> five commits later.</summary>
    public static string Number { get; }

    /// <summary>The commit it was built from, in hexadecimal; null where the build did not know: without git.</summary>
    public static string? Commit { get; }

    /// <summary>Both, for people: <c>1.2.3 (3588030c)</c>.</summary>
    public static string Text => Commit is { } commit ? $"{Number} ({commit[..8]})" : Number;

    static ProductVersion()
    {
        Whole = typeof(ProductVersion)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion;
        (Number, Commit) = Parse(Whole);
    }

    /// <summary>
    /// Reads the SDK's form: the version, and after <c>+</c> the build's other facts, the commit last.
    /// </summary>
    internal static (string Number, string? Commit) Parse(string informational)
    {
        var (number, metadata) = informational.IndexOf('+', StringComparison.Ordinal) is var plus and >= 0
            ? (informational[..plus], informational[(plus + 1)..]) : (informational, "");
        var last = metadata[(metadata.LastIndexOf('.') + 1)..];
        return (number, last.Length >= 8 && last.All(char.IsAsciiHexDigit) ? last : null);
    }
}
