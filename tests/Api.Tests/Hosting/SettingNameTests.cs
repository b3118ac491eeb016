using Messaging.Api.Hosting;
using Messaging.Api.Operating;
using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>
/// The names that <see cref="Settings"/> knows are those that the product reads, no more and no fewer.
/// </summary>
public sealed class SettingNameTests
{
    // So that nothing is left unread because something else is not set.
    private static readonly Dictionary<string, string?> s_everything = new()
    {
        ["Messaging:Auth:Oidc:Authority"] = "https://issuer.example",
        ["Messaging:Auth:Oidc:Audience"] = "messaging-api",
        ["Messaging:Files:Scanner:Address"] = "localhost:3310",
        ["Messaging:GraphQL:FieldLimits:signIn"] = "1",
        ["Messaging:GraphQL:Origins:0"] = "https://app.example",
        ["Messaging:Metrics:Token"] = "0123456789abcdef",
    };

    // Those whose last part an operator chooses, without it.
    private static readonly List<string> s_chosen =
    [
        .. Settings.All.Where(known => known.EndsWith(":*", StringComparison.Ordinal)).Select(known => known[..^2]),
    ];

    private static readonly HashSet<string> s_known = new(
        [.. Settings.All.Where(known => !known.EndsWith(":*", StringComparison.Ordinal)), .. s_chosen],
        StringComparer.OrdinalIgnoreCase);

    [Fact]
    public async Task A_start_reads_those_that_are_known_and_no_others()
    {
        await using var database = await TestDatabase.CreateAsync();
        using var directory = new TempDirectory();
        var asked = new Asked();
        await using var product = await Product.BuildAsync(
            [],
            builder =>
            {
                builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(s_everything)
                {
                    ["urls"] = "http://127.0.0.1:0",
                    ["ConnectionStrings:Messaging"] = database.ConnectionString,
                    ["Messaging:DataDirectory"] = directory.Path,
                    ["Messaging:Database:AllowUnsafeDurability"] = "true",
                });
                ((IConfigurationBuilder)builder.Configuration).Add(asked);
            },
            TestContext.Current.CancellationToken);
        await product.StartAsync(TestContext.Current.CancellationToken);
        asked.Names.Except(s_known).ShouldBeEmpty();

        // Where settings come from is read before there are those of this test.
        s_known.Except(asked.Names).ShouldBe(["Messaging:SecretsDirectory"]);
    }

    [Fact]
    public void The_check_reads_them_too()
    {
        var asked = new Asked();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(s_everything).Add(asked).Build();
        foreach (var read in CheckConfig.Readers) read(configuration);
        s_known.Except(asked.Names).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Messaging:Smtp:Hots", "Messaging:Smtp:Host")]
    [InlineData("Messaging:Prxies", "Messaging:Proxies")]
    [InlineData("Messaging:Auth:TokenMinute", "Messaging:Auth:TokenMinutes")]
    [InlineData("Messaging:Host", "Messaging:Smtp:Host")]
    [InlineData("Messaging:GraphQL:MaxDepht", "Messaging:GraphQL:MaxDepth")]
    [InlineData("Messaging:GraphQL:Origins", "Messaging:GraphQL:Origins:*")]
    [InlineData("Mesaging:Nodes", "Messaging:Nodes")]
    [InlineData("MESSAGING_SMTP_HOST", "Messaging:Smtp:Host")]
    [InlineData("ConnectionStrings:Mesaging", "ConnectionStrings:Messaging")]
    [InlineData("ConnectionString:Messaging", "ConnectionStrings:Messaging")]
    [InlineData("Messaging:Something:Else", null)]
    public void Another_is_named_with_the_nearest(string given, string? meant)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(given, "1")]).Build();
        var unknown = Settings.Unknown(configuration).ShouldHaveSingleItem();
        unknown.ShouldBe(meant is null ? given : $"{given} (did you mean {meant}?)");
    }

    [Theory]
    [InlineData("messaging:smtp:HOST")]
    [InlineData("Messaging:GraphQL:FieldLimits:signIn")]
    [InlineData("Messaging:GraphQL:Origins:0")]
    [InlineData("ConnectionStrings:Messaging")]
    [InlineData("ConnectionStrings:Orders")]
    [InlineData("MESSAGING_OWNER_PASSWORD")]
    [InlineData("Messenger:Host")]
    [InlineData("Logging:LogLevel:Default")]
    public void What_is_one_or_somebody_elses_is_left_alone(string given) =>
        Settings.Unknown(new ConfigurationBuilder().AddInMemoryCollection([new(given, "1")]).Build()).ShouldBeEmpty();

    /// <summary>Has no settings, and keeps what it was asked for.</summary>
    private sealed class Asked : IConfigurationSource, IConfigurationProvider
    {
        private readonly HashSet<string> _paths = new(StringComparer.OrdinalIgnoreCase);

        /// <summary>The settings among it: sections that others are in are none.</summary>
        public IReadOnlySet<string> Names
        {
            get
            {
                lock (_paths)
                {
                    return _paths
                        .Where(path => !s_known.Any(known => IsBelow(path, known)))
                        .Select(path => s_chosen.FirstOrDefault(known => IsBelow(known, path)) ?? path)
                        .ToHashSet(StringComparer.OrdinalIgnoreCase);
                }
            }
        }

        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

        public bool TryGet(string key, out string? value)
        {
            value = null;
            if (IsBelow("Messaging", key)) lock (_paths) _paths.Add(key);
            return false;
        }

        public void Set(string key, string? value)
        {
        }

        public IChangeToken GetReloadToken() => new CancellationChangeToken(CancellationToken.None);

        public void Load()
        {
        }

        public IEnumerable<string> GetChildKeys(IEnumerable<string> earlierKeys, string? parentPath) => earlierKeys;

        private static bool IsBelow(string section, string path) =>
            path.StartsWith($"{section}:", StringComparison.OrdinalIgnoreCase);
    }
}
