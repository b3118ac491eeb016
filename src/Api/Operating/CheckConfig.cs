using System.CommandLine;
using System.Globalization;
using Messaging.Api.Auth;
using Messaging.Api.Email;
using Messaging.Api.Email.Inbound;
using Messaging.Api.Files;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.History;
using Messaging.Api.Hosting;
using Messaging.Api.Notifications;
using Npgsql;

namespace Messaging.Api.Operating;

/// <summary>
/// Reads the settings as a start would, and reports errors in them and the values that would be used. Changes and
/// starts nothing.
/// </summary>
internal static class CheckConfig
{
    // Wrong values of one group that are looked for: more than any has settings.
    private const int MostOfAGroup = 100;

    // Values that other settings need, instead of a wrong one.
    private static readonly Dictionary<string, string> s_standIns = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Messaging:Smtp:Host"] = "localhost",
        ["Messaging:Smtp:From"] = "noreply@messaging.example",
        ["Messaging:Inbound:Host"] = "localhost",
        ["Messaging:Inbound:Address"] = "answers@messaging.example",
        ["Messaging:Auth:Oidc:Authority"] = "https://issuer.example",
    };

    /// <summary>The command.</summary>
    public static Command Command() =>
        CommandLine.Create(
            "check-config",
            "Says what is wrong with the settings and what would be used, and starts nothing. Exit code 1 when "
                + "something is wrong",
            RunAsync
        );

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var builder = Product.CreateBuilder([.. parsed.UnmatchedTokens]);
        var configuration = builder.Configuration;
        var wrong = Settings.Unknown(configuration).Select(unknown => $"There is no setting {unknown}.").ToList();
        wrong.AddRange(WrongValues(configuration));
        Say("environment", builder.Environment.EnvironmentName);
        SayGiven(configuration);
        var directory = DataDirectory.Find(configuration);
        if (wrong.Count == 0)
            SayUsed(configuration, directory);
        if (IsBelowAFile(directory))
            wrong.Add($"The data directory {directory} cannot be: there is a file in its place.");
        try
        {
            await SayDatabaseAsync(builder, directory, cancellation);
        }
        catch (Exception e) when (StartFailure.Of(e) is { } why)
        {
            if (!wrong.Contains(why)) wrong.Add(why);
        }

        foreach (var line in wrong)
            await Console.Error.WriteLineAsync(line);
        if (wrong.Count > 0)
            return await CommandLine.RefuseAsync(
                $"The product would not start: {(wrong.Count == 1 ? "that is" : $"these {wrong.Count} are")} wrong.");
        await Console.Out.WriteLineAsync("The settings are right.");
        return CommandLine.Done;
    }

    /// <summary>Every value that cannot be right, in a sentence each.</summary>
    internal static IReadOnlyList<string> WrongValues(IConfiguration configuration)
    {
        var wrong = new List<string>();
        foreach (var read in Readers)
        {
            // A group reports its first error only: without that one it reports the next.
            var left = configuration
                .AsEnumerable()
                .Where(pair => pair.Value is not null)
                .ToDictionary(StringComparer.OrdinalIgnoreCase);
            for (var i = 0; i < MostOfAGroup && Failure(read, left) is { } failure; i++)
            {
                wrong.Add(failure);
                var named = left
                    .Keys.Where(key =>
                        Settings.IsKnown(key) && failure.Contains(key, StringComparison.OrdinalIgnoreCase)
                    )
                    .OrderByDescending(key => key.Length)
                    .FirstOrDefault();
                if (named is null || !left.Remove(named))
                    break;
                if (s_standIns.TryGetValue(named, out var other))
                    left[named] = other;
            }
        }

        return [.. wrong.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>All that reads settings, as a start does, without what a start makes.</summary>
    internal static IReadOnlyList<Action<IConfiguration>> Readers { get; } =
    [
        c => SecretFiles.FolderOf(c),
        c => DataDirectory.Find(c),
        c => c.GetValue<bool>(Durability.AllowUnsafe),
        c => c.AreNodesSeveral(),
        c => WebServer.ReadProxies(c),
        c => WebServer.ReadUrls(c),
        c => ForeignOrigins.Read(c),
        c => EmailOptions.Read(c, ""),
        c => InboundOptions.Read(c),
        c => new ServiceCollection().AddMailLimits(c),
        c => PushOptions.Read(c),
        c => CheckpointOptions.Read(c),
        c => FileStoreOptions.Read(c, ""),
        c => FileStoreOptions.ReadQuotas(c),
        c => RefusedTypes.Read(c),
        c => AuthOptions.Read(WithKey(c), ""),
        c => PasskeyOptions.Read(c, EmailOptions.Read(c, "").PublicUrl),
        c => _ = new TrustedDocuments(GraphQLOptions.Read(c, SchemaServices.BoundsOf(c))),
        c => MetricsAccess.Read(c, isDevelopment: false),
        c => _ = Database.Configured(c) is { } given ? new NpgsqlConnectionStringBuilder(given) : null,
        c => _ = Database.Configured(c) is { } given ? OwnerConnection.Of(c, given) : OwnerConnection.OfOwn(c, ""),
    ];

    // Without one it would be made; several nodes are refused.
    private static IConfiguration WithKey(IConfiguration configuration) =>
        configuration["Messaging:Auth:SigningKey"] is not null || configuration.AreNodesSeveral() ? configuration
        : new ConfigurationBuilder().AddConfiguration(configuration)
            .AddInMemoryCollection([new("Messaging:Auth:SigningKey", Convert.ToBase64String(new byte[48]))]).Build();

    private static string? Failure(Action<IConfiguration> read, Dictionary<string, string?> settings)
    {
        try
        {
            read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
            return null;
        }
        catch (Exception e) when (StartFailure.Of(e) is { } why)
        {
            return why;
        }
    }

    private static void SayGiven(IConfigurationRoot configuration)
    {
        foreach (var (path, value) in configuration.AsEnumerable().OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!string.IsNullOrEmpty(value) && Settings.IsKnown(path))
                Say(path, Settings.IsSecret(path) ? "(given, not shown)" : value);
        }
    }

    private static void SayUsed(ConfigurationManager configuration, string directory)
    {
        var (files, email) = (
            FileStoreOptions.Read(configuration, directory), EmailOptions.Read(configuration, directory));
        Say("listens on", string.Join(", ", WebServer.ReadUrls(configuration)));
        Say("people come by", email.PublicUrl);
        Say("data directory", $"{directory}{(Directory.Exists(directory) ? "" : " (to be made)")}");
        Say(
            "files in",
            $"{files.Directory}{(Directory.Exists(files.Directory) ? "" : " (to be made)")}, of at most "
                + $"{files.MaximumBytes} bytes each"
        );
        Say(
            "mails",
            email.Host is { } host
                ? $"from {email.From} by {host}:{email.Port.ToString(CultureInfo.InvariantCulture)} ({email.Security})"
                : $"become files in {email.Folder}"
        );
        var key = Path.Combine(directory, AuthOptions.KeyFile);
        Say(
            "tokens signed by",
            configuration["Messaging:Auth:SigningKey"] is not null
                ? "the key of the settings"
                : $"{key}{(File.Exists(key) ? "" : " (to be made)")}"
        );
    }

    private static async Task SayDatabaseAsync(
        WebApplicationBuilder builder, string directory, CancellationToken cancellation)
    {
        await using var installation = await Installation.JoinAsync(builder, directory, cancellation);
        if (installation is null)
        {
            var options = new EmbeddedPostgresOptions(Path.Combine(directory, "postgres"));
            var binaries = await EmbeddedPostgres.FindBinariesAsync(options, cancellation);
            Say(
                "database",
                $"PostgreSQL {binaries.Major} ({binaries.Directory}) on {options.DataDirectory}, which does not "
                    + $"run now: what is in it is not looked at"
            );
            return;
        }

        await using (var connection = await installation.Database.OpenConnectionAsync(cancellation))
            Say(
                "database",
                $"PostgreSQL {connection.PostgreSqlVersion} at "
                    + $"{connection.Host}:{connection.Port.ToString(CultureInfo.InvariantCulture)}, "
                    + $"{connection.Database} as {connection.UserName}"
            );
        if (!Database.IsOwn(builder.Configuration))
            await installation.Database.CheckDurabilityAsync(
                builder.Configuration.GetValue<bool>(Durability.AllowUnsafe), installation.Logger, cancellation);
        await installation.Store.RefuseNewerAsync(installation.Database, cancellation);
        var older = await installation.WhatIsOlderAsync(cancellation);
        Say("a start would", older is not null ? $"bring it up to date ({older})" : "change nothing in it");
        await RefusePowerlessAsync(installation.Database, isToChange: older is not null, cancellation);
        Say("it is served now", await installation.IsServedAsync(cancellation) ? "yes" : "no");
    }

    /// <summary>Refuses a role whose missing rights a start would notice only while it changes the database.</summary>
    private static async Task RefusePowerlessAsync(
        NpgsqlDataSource database, bool isToChange, CancellationToken cancellation)
    {
        const string Setting = "ConnectionStrings__Messaging";
        await using var command = database.CreateCommand(
            """
            select current_setting('transaction_read_only')::boolean, has_database_privilege(current_database(),
                'create')
                and not exists (select from pg_namespace where nspname = any($1) and not pg_has_role(nspowner, 'usage'))
            """);
        command.Parameters.Add(new() { Value = Installation.Schemas.ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        if (reader.GetBoolean(0))
            throw new InvalidOperationException(
                $"The PostgreSQL of {Setting} can only be read. Name the one that is written to.");
        if (isToChange && !reader.GetBoolean(1))
            throw new InvalidOperationException(
                $"The role of {Setting} may not create what the product needs. Let it own the database.");
    }

    private static bool IsBelowAFile(string directory)
    {
        for (var at = directory; at is not null; at = Path.GetDirectoryName(at))
        {
            if (File.Exists(at)) return true;
        }

        return false;
    }

    private static void Say(string what, string value) => Console.Out.WriteLine($"{what}: {value}");
}
