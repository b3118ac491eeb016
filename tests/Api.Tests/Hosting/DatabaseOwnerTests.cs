using Messaging.Api.Hosting;
using Messaging.Api.Operating;
using Messaging.Api.Tests.Deploy;
using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.History;
using Messaging.Domain;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>The product works as one role, and the tables are another one's.</summary>
public sealed class DatabaseOwnerTests(DatabaseOwnerTests.Started started) : IClassFixture<DatabaseOwnerTests.Started>
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("update messaging.mt_events set data = data || '{\"body\": \"[…]\"}'")]
    [InlineData("update messaging.mt_events set timestamp = now()")]
    [InlineData("delete from messaging.mt_events")]
    [InlineData("truncate messaging.mt_events")]
    [InlineData("update messaging.audit_leaves set entry = ''")]
    [InlineData("delete from messaging.audit_leaves")]
    [InlineData("truncate messaging.audit_leaves")]
    [InlineData("update messaging.audit_nodes set hash = ''")]
    [InlineData("update messaging.audit_trees set root = sha256('another')")]
    [InlineData("delete from messaging.audit_trees")]
    [InlineData("truncate messaging.audit_trees")]
    [InlineData("update messaging.audit_subjects set key = ''")]
    [InlineData("delete from messaging.audit_salts")]
    [InlineData("alter table messaging.mt_events disable trigger kept")]
    [InlineData("drop trigger kept on messaging.mt_events")]
    [InlineData("drop table messaging.mt_events cascade")]
    [InlineData("drop schema messaging cascade")]
    [InlineData("alter table messaging.mt_events owner to current_user")]
    [InlineData("delete from messaging.mt_streams")]
    [InlineData("create table messaging.mine (id int)")]
    [InlineData("create rule mine as on insert to messaging.mt_events do instead nothing")]
    [InlineData(
        "create trigger mine before insert on messaging.mt_events for each row execute function messaging.keep_events()")]
    [InlineData(
        "create or replace function messaging.is_erased(tenant text, person uuid) returns boolean language sql as 'select true'")]
    [InlineData("set session_replication_role = replica")]
    [InlineData("set role OWNER")]
    [InlineData(
        "select messaging.erase_events(tenant_id, stream_id, array[stream_id], array[version]) from messaging.mt_events")]
    public async Task The_products_role_neither_changes_what_was_recorded_nor_may_come_to(string sql)
    {
        var refused = await Should.ThrowAsync<PostgresException>(
            () => DoAsync(started.Application, sql.Replace("OWNER", started.Owner, StringComparison.Ordinal)));
        refused.SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege, refused.MessageText);
    }

    [Fact]
    public async Task The_owner_is_kept_from_it_by_triggers()
    {
        foreach (var sql in (string[])["delete from messaging.mt_events", "truncate messaging.audit_leaves"])
        {
            var refused = await Should.ThrowAsync<PostgresException>(
                () => DoAsync(started.Product.ConnectionString, sql));
            refused.MessageText.ShouldEndWith("was recorded, and stays as it is.");
        }
    }

    [Fact]
    public async Task The_product_works_and_erases_and_its_history_is_proved()
    {
        var anna = await started.Product.SignInAsync(Anna);
        var dieter = await started.Product.SignInAsync(Dieter);
        var (person, customer) = (
            (await dieter.QueryAsync("{ viewer { id } }")).At("viewer.id"),
            (await anna.QueryAsync("""{ customers(search: "Krause") { nodes { id } } }""")).At("customers.nodes.0.id"));
        var conversation = (await anna.QueryAsync(
            "mutation($id: ID!) { createConversation(input: { customerId: $id, subject: \"S\", body: \"Bitte.\" }) "
                + "{ conversation { id } } }", new { id = customer })).At("createConversation.conversation.id");
        (await dieter.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }",
            new { input = new { conversationId = conversation, body = "Zwetschgen" } })).At("addComment.errors")
            .ShouldBe("[]");

        // An organisation that begins takes numbers of a sequence of its own.
        var owner = await ScalarAsync(
            "select tenant_id || ' ' || id from messaging.administrators where email = $1", Anna);
        var (tenant, id) = (((string)owner!).Split(' ')[0], Guid.Parse(((string)owner).Split(' ')[1]));
        var executor = started.Product.Services.GetRequiredService<CommandExecutor>();
        (await executor.ExecuteAsync(
            new Application.Organisation.RegisterOrganisationCommand(
                new Caller($"{customer}", new Actor.System()), "Kanzlei Neu", "neu@neu.example", "de", "Europe/Berlin",
                Guid.CreateVersion7(), "Nina Neu", "nina@neu.example", "none"), Cancellation)).Refusal.ShouldBeNull();

        // Whether the law wants it kept is asked before.
        (await executor.ExecuteAsync(
            new ErasePersonCommand(
                new Caller(tenant, new Actor.Administrator(id, true)), Guid.Parse(person)), Cancellation))
            .Refusal.ShouldBeNull();
        await started.Product.Services.GetRequiredService<Erasures>().CarryOutAsync(Cancellation);
        await Waiting.UntilAsync(async () => await ScalarAsync(
            "select count(*) from messaging.mt_events where data::text like '%Zwetschgen%' or data::text like $1",
            $"%{Dieter}%") is 0L);
        (await ScalarAsync(
            "select count(*) from messaging.mt_events where data ->> 'body' = '[…]'")).ShouldNotBe(0L);
        await Waiting.UntilAsync(async () => await ScalarAsync(
            "select (select sum(size)::bigint from messaging.audit_trees) = (select count(*) from messaging.mt_events)")
            is true);
        var outcome = await new AuditCheck(started.Product.Services.GetRequiredService<NpgsqlDataSource>())
            .RunAsync([], Cancellation);
        outcome.Verdict.ShouldBe(AuditVerdict.Proved, outcome.Sentence);

        // A start finds all as it was, rebuilds as the owner, and grants nothing more. One without the owner begins
        // nothing that it could not end.
        await DoAsync(started.Product.ConnectionString, "update messaging.read_model_formats set format = 2");
        await started.Product.StopAsync();
        var refused = await Should.ThrowAsync<Exception>(() => started.Product.StartAgainAsync(
            new()
            {
                ["ConnectionStrings:Messaging"] = started.Application,
                ["Messaging:Database:Owner"] = started.Owner,
            }));
        StartFailure.Of(refused)!.ShouldContain("run 'migrate' so first.");
        (await ScalarAsync("select bool_and(format = 2) from messaging.read_model_formats")).ShouldBe(true);
        await started.StartAgainAsync();
        (await (await started.Product.SignInAsync(Anna)).QueryAsync("{ conversations(first: 1) { totalCount } }"))
            .At("conversations.totalCount").ShouldNotBe("0");
        await The_products_role_neither_changes_what_was_recorded_nor_may_come_to("delete from messaging.mt_events");
        (await ScalarAsync(
            "select count(*) from pg_class where relnamespace = 'wolverine'::regnamespace and relkind = 'r' "
                + "and relowner <> (select oid from pg_roles where rolname = $1)", started.Role)).ShouldBe(0L);
    }

    [Fact]
    public async Task A_first_start_makes_the_tables_as_their_owner()
    {
        var settings = new Dictionary<string, string?>();
        await using var product = await RunningProduct.StartOnAsync(
            (connection, _) =>
            {
                started.Name(settings, connection);
                return Task.CompletedTask;
            },
            "Testing", settings);
        await using var database = NpgsqlDataSource.Create(product.ConnectionString);
        await using var command = database.CreateCommand(
            "select string_agg(distinct relowner::regrole::text, ' ') from pg_class where relnamespace = "
                + "'messaging'::regnamespace");
        (await command.ExecuteScalarAsync(Cancellation)).ShouldBe(started.Owner);
        (await product.Http.GetAsync("/health/ready", Cancellation)).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task A_node_that_is_not_given_the_owner_serves_what_migrate_has_brought_to_its_form()
    {
        var settings = new Dictionary<string, string?>();
        var data = "";
        string[] Words() =>
        [
            .. settings.Select(s => $"--{s.Key}={s.Value}"), "--Messaging:Database:AllowUnsafeDurability=true",
            $"--Messaging:DataDirectory={data}", "--Logging:LogLevel:Default=None",
        ];
        var node = new Dictionary<string, string?>();
        await using var product = await RunningProduct.StartOnAsync(
            async (connection, directory) =>
            {
                data = directory;
                started.Name(settings, connection);
                foreach (var name in (string[])["ConnectionStrings:Messaging", "Messaging:Database:Owner"])
                    node[name] = settings[name];
                (await Migrate.RunAsync(Words(), Cancellation)).ShouldBe(0);
            },
            "Testing", node);
        (await product.Http.GetAsync("/health/ready", Cancellation)).EnsureSuccessStatusCode();
        (await Should.ThrowAsync<PostgresException>(
            () => DoAsync(node["ConnectionStrings:Messaging"]!, "delete from messaging.mt_events"))).SqlState
            .ShouldBe(PostgresErrorCodes.InsufficientPrivilege);

        // Beside a node that runs, and with the owner's password alone.
        const string Older = "drop trigger kept on messaging.audit_leaves";
        await DoAsync(product.ConnectionString, Older);
        (await Migrate.RunAsync(Words(), Cancellation)).ShouldBe(0);
        settings.Remove("Messaging:Database:OwnerPassword");
        (await Should.ThrowAsync<InvalidOperationException>(() => Migrate.RunAsync(Words(), Cancellation))).Message
            .ShouldContain("its password is not");
        await DoAsync(product.ConnectionString, Older);
        await product.StopAsync();
        var refused = await Should.ThrowAsync<Exception>(() => product.StartAgainAsync());
        StartFailure.Of(refused)!.ShouldContain("run 'migrate' so first.");
    }

    [Theory]
    [InlineData("postgres", false)]
    [InlineData("messaging", true)]
    public async Task The_roles_that_Compose_makes_are_those_that_the_product_needs(string superuser, bool ofBefore)
    {
        await using var server = await ComposedPostgres.StartAsync(superuser);
        await server.MakeRolesAsync("Vorher");
        await server.MakeRolesAsync("Geheim; 2");
        var (owner, application) = (
            server.Reach("messaging", ComposedPostgres.OwnerPassword),
            server.Reach("messaging_application", "Geheim; 2"));
        await using var product = await RunningProduct.StartOnAsync(
            (_, _) => Task.CompletedTask, "Testing",
            new()
            {
                ["ConnectionStrings:Messaging"] = application,
                ["Messaging:Database:Owner"] = "messaging",
                ["Messaging:Database:OwnerPassword"] = ComposedPostgres.OwnerPassword,
            });
        (await product.Http.GetAsync("/health/ready", Cancellation)).EnsureSuccessStatusCode();
        foreach (var sql in (string[])
            ["delete from messaging.mt_events", "create table messaging.mine (id int)", "create role mine"])
        {
            (await Should.ThrowAsync<PostgresException>(() => DoAsync(application, sql))).SqlState
                .ShouldBe(PostgresErrorCodes.InsufficientPrivilege, sql);
        }

        // On data of before the owner is the superuser, and stays it.
        await using var database = NpgsqlDataSource.Create(owner);
        await using var command = database.CreateCommand(
            "select (select rolsuper from pg_roles where rolname = current_user), (select bool_and(relowner = "
                + "current_user::regrole) from pg_class where relnamespace = 'messaging'::regnamespace), "
                + "has_schema_privilege('messaging_reports', 'reporting', 'usage')");
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        await reader.ReadAsync(Cancellation);
        (reader.GetBoolean(0), reader.GetBoolean(1), reader.GetBoolean(2)).ShouldBe((ofBefore, true, true));
        if (ofBefore) return;
        (await Should.ThrowAsync<PostgresException>(
            () => DoAsync(server.Reach(superuser, ComposedPostgres.OwnerPassword), "select 1"))).SqlState
            .ShouldBe(PostgresErrorCodes.InvalidPassword);
    }

    [Theory]
    [InlineData(null, "geheim", "Messaging:Database:Owner is not: name the role")]
    [InlineData("messaging", null, "is to be another role than that of ConnectionStrings:Messaging")]
    public void An_owner_that_is_none_is_refused(string? role, string? password, string says)
    {
        const string Given = "Host=db;Username=messaging;Password=x";
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("ConnectionStrings:Messaging", Given), new("Messaging:Database:Owner", role),
            new("Messaging:Database:OwnerPassword", password),
        ]).Build();
        Should.Throw<InvalidOperationException>(() => OwnerConnection.Of(configuration, Given)).Message
            .ShouldContain(says);
    }

    private static async Task DoAsync(string connection, string sql)
    {
        await using var database = NpgsqlDataSource.Create(connection);
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private async Task<object?> ScalarAsync(string sql, params object[] arguments)
    {
        await using var database = NpgsqlDataSource.Create(started.Product.ConnectionString);
        await using var command = database.CreateCommand(sql);
        foreach (var argument in arguments) command.Parameters.Add(new() { Value = argument });
        return await command.ExecuteScalarAsync(Cancellation);
    }

    /// <summary>A product that had one role, and then two, as an operator gives them to it.</summary>
    public sealed class Started : IAsyncLifetime
    {
        private readonly Dictionary<string, string?> _settings = [];

        internal RunningProduct Product { get; private set; } = null!;

        /// <summary>The role that the product works as.</summary>
        internal string Role { get; } = $"application_{Guid.NewGuid():N}";

        /// <summary>The role that the tables belong to.</summary>
        internal string Owner => new NpgsqlConnectionStringBuilder(Product.ConnectionString).Username!;

        /// <summary>As whom the product reaches the database.</summary>
        internal string Application => _settings["ConnectionStrings:Messaging"]!;

        public async ValueTask InitializeAsync()
        {
            Product = await RunningProduct.StartAsync();
            await DoAsync(
                Product.ConnectionString,
                $"create role {Role} login password 'geheim'; grant {Role} to {Owner}");
            Name(_settings, Product.ConnectionString);
            await StartAgainAsync();
        }

        public async ValueTask DisposeAsync()
        {
            // A role goes when nothing is its own any more: after the database.
            var server = new NpgsqlConnectionStringBuilder(Product.ConnectionString) { Database = "postgres" };
            await Product.DisposeAsync();
            await DoAsync(server.ConnectionString, $"drop role {Role}");
        }

        internal async Task StartAgainAsync()
        {
            await Product.StopAsync();
            await Product.StartAgainAsync(_settings);
        }

        internal void Name(Dictionary<string, string?> settings, string connection)
        {
            var owner = new NpgsqlConnectionStringBuilder(connection);
            settings["Messaging:Database:Owner"] = owner.Username;
            settings["Messaging:Database:OwnerPassword"] = owner.Password;
            (owner.Username, owner.Password) = (Role, "geheim");
            settings["ConnectionStrings:Messaging"] = owner.ConnectionString;
        }
    }
}
