using System.Collections.Frozen;
using Messaging.Api.GraphQL.Transport;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;

namespace Messaging.Api.Hosting;

/// <summary>
/// All settings below <c>Messaging</c>: the one place that knows them. An unknown name is somebody's mistake, and the
/// product would run otherwise than they think; so it is refused, with the nearest known name. Tests hold the list
/// against the code and the documents.
/// </summary>
internal static class Settings
{
    /// <summary>Section above all of them.</summary>
    public const string Section = "Messaging";

    /// <summary>The connection string.</summary>
    public const string ConnectionString = "ConnectionStrings:Messaging";

    private const string AnyName = "*";

    // A name that misses "Messaging" by more letters than this may be somebody else's.
    private const int SlipOfTheSection = 2;

    /// <summary>All of them, as configuration has them; <c>*</c> stands for a name that the operator chooses.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "Messaging:DataDirectory",
        "Messaging:Checkpoints:Directory",
        "Messaging:Database:AllowUnsafeDurability",
        "Messaging:Database:Password",
        "Messaging:Database:Owner",
        "Messaging:Database:OwnerPassword",
        "Messaging:Metrics:Token",
        "Messaging:Nodes",
        "Messaging:Cors:Origins",
        "Messaging:Proxies",
        "Messaging:PublicUrl",
        "Messaging:Push:Services",
        "Messaging:SecretsDirectory",
        .. Below("Messaging:Smtp", "Host", "Port", "User", "Password", "Security", "From", "FromName", "Connections"),
        .. Below(
            "Messaging:Inbound", "Host", "Port", "User", "Password", "Security", "Address", "Folder", "MaximumBytes"),
        .. Below(
            "Messaging:Mail", "AtOnce", "WindowSeconds", "PerSenderAndHour", "PerRecipientAndHour", "PauseSeconds",
            "BundleSeconds"),
        .. Below("Messaging:Mail", "InvitationsPerHour", "InvitationsPerAddressAndDay"),
        .. Below("Messaging:Files", "Directory", "MaximumBytes", "ReserveBytes", "RefusedTypes"),
        .. Below("Messaging:Files", "UnattachedBytesPerPerson", "BytesPerCustomer", "BytesPerOrganisation"),
        .. Below("Messaging:Files:Scanner", "Address", "Timeout", "MaximumBytes"),
        .. Below("Messaging:Auth", "SigningKey", "PreviousSigningKey"),
        .. Below("Messaging:Auth", "PasswordRounds", "TokenMinutes", "BrowserTokenMinutes"),
        .. Below("Messaging:Auth", "SessionIdleMinutes", "SessionMinutes", "SignInAttempts", "SignInWindowMinutes"),
        .. Below("Messaging:Auth:Oidc", "Authority", "Audience", "TenantClaim", "RequireHttps"),
        .. Below("Messaging:Auth:Oidc", "ClientId", "Scope", "AcrValues"),
        .. Below("Messaging:Auth:Passkeys", "Domain", "Origins"),
        .. Below(GraphQLOptions.Section, [.. typeof(GraphQLOptions).GetProperties().Select(OptionOf)]),
    ];

    // Settings that nobody is shown.
    private static readonly FrozenSet<string> s_secrets = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "Messaging:Database:Password", "Messaging:Database:OwnerPassword",
        "Messaging:Smtp:Password", "Messaging:Inbound:Password", "Messaging:Auth:SigningKey",
        "Messaging:Auth:PreviousSigningKey", "Messaging:Metrics:Token");

    /// <summary>True when it is one, in upper or lower case.</summary>
    public static bool IsKnown(string path) => All.Any(known => Matches(known, path));

    /// <summary>True when it is one that nobody is shown.</summary>
    public static bool IsSecret(string path) => s_secrets.Contains(path);

    /// <summary>The one that was probably meant; null when none is like it.</summary>
    public static string? NearestTo(string path) => Nearest.To(path, All.Append(ConnectionString), ':');

    /// <summary>
    /// Returns the given names that are no settings, as they were written, each with the name that was probably meant.
    /// </summary>
    public static IReadOnlyList<string> Unknown(IConfigurationRoot configuration) =>
        [
            .. configuration
                .Providers.SelectMany(provider =>
                    Leaves(provider, null)
                        .Where(IsMistaken)
                        .Select(path => Written(provider, path, NearestTo(Separated(path))))
                )
                .Distinct(StringComparer.Ordinal),
        ];

    /// <summary>Refuses names that are no settings.</summary>
    /// <exception cref="InvalidOperationException">There are some; the message names all of them.</exception>
    public static void RefuseUnknown(IConfigurationRoot configuration)
    {
        if (Unknown(configuration) is not { Count: > 0 } unknown) return;
        throw new InvalidOperationException(
            $"{(unknown.Count == 1 ? "A setting is" : "Settings are")} given that the product does not have, so "
                + $"that nothing would come of"
            + $" {(unknown.Count == 1 ? "it" : "them")}: {string.Join("; ", unknown)}.");
    }

    private static IEnumerable<string> Below(string section, params IEnumerable<string> names) =>
        names.Select(n => $"{section}:{n}");

    private static string OptionOf(System.Reflection.PropertyInfo option) =>
        option.PropertyType == typeof(Dictionary<string, int>) || option.PropertyType == typeof(string[])
            ? $"{option.Name}:{AnyName}" : option.Name;

    private static bool Matches(string known, string path) =>
        known.EndsWith(AnyName, StringComparison.Ordinal)
            ? path.StartsWith(known[..^1], StringComparison.OrdinalIgnoreCase) && path.Length >= known.Length
                && !path[known.Length..].Contains(':', StringComparison.Ordinal)
            : known.Equals(path, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// True when it is no setting and was meant to be one: a name below <c>Messaging</c>, or below a slip of the pen
    /// for it, or with all the letters of a setting and other signs in between, such as MESSAGING_SMTP_HOST.
    /// </summary>
    private static bool IsMistaken(string path)
    {
        if (path.Split(':') is not [var first, _, ..] parts)
            return !IsKnown(path) && All.Append(ConnectionString).Any(known => Letters(known) == Letters(path));
        if (first.Equals(Section, StringComparison.OrdinalIgnoreCase)) return !IsKnown(path);
        if (parts is not [_, var name] || Nearest.Distance(first, "ConnectionStrings") > SlipOfTheSection)
            return Nearest.Distance(first, Section) <= SlipOfTheSection;

        // Others may have connection strings, too; what Azure says beside ours is not one.
        return !path.Equals(ConnectionString, StringComparison.OrdinalIgnoreCase)
            && Nearest.Distance(name, Section) <= SlipOfTheSection;
    }

    private static string Letters(string path) =>
        string.Concat(path.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();

    // A name with other signs in between is found by its letters.
    private static string Separated(string path) =>
        path.Contains(':', StringComparison.Ordinal)
            ? path : All.Append(ConnectionString).FirstOrDefault(known => Letters(known) == Letters(path)) ?? path;

    private static IEnumerable<string> Leaves(IConfigurationProvider provider, string? parent)
    {
        foreach (var key in provider.GetChildKeys([], parent).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var path = parent is null ? key : $"{parent}:{key}";
            if (provider.TryGet(path, out var value) && value is not null) yield return path;
            foreach (var leaf in Leaves(provider, path)) yield return leaf;
        }
    }

    private static string Written(IConfigurationProvider provider, string path, string? meant)
    {
        Func<string, string> write = provider switch
        {
            EnvironmentVariablesConfigurationProvider => name => name.Replace(":", "__", StringComparison.Ordinal),
            CommandLineConfigurationProvider => name => $"--{name}",
            _ => name => name,
        };
        var where = provider is JsonConfigurationProvider { Source.Path: { } file } ? $" in {file}" : "";
        return $"{write(path)}{where}{(meant is null ? "" : $" (did you mean {write(meant)}?)")}";
    }
}
