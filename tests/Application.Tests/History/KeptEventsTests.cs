using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.History;
using Messaging.Application.Tests.Support;
using Messaging.TestSupport.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Weasel.Postgresql;

namespace Messaging.Application.Tests.History;

/// <summary>Raw SQL of somebody who has the product's own password.</summary>
public sealed class KeptEventsTests(KeptEventsTests.Recorded recorded) : IClassFixture<KeptEventsTests.Recorded>
{
    private const string Kept = " was recorded, and stays as it is.";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("update messaging.mt_events set data = jsonb_set(data, '{body}', '\"Nichts.\"') where EVENT")]
    [InlineData("update messaging.mt_events set data = data || '{\"body\": \"[…]\"}' where EVENT")]
    [InlineData("update messaging.mt_events set headers = headers || '{\"actor_id\": \"0\"}' where EVENT")]
    [InlineData("update messaging.mt_events set timestamp = timestamp - interval '3 days' where EVENT")]
    [InlineData("update messaging.mt_events set type = 'status_changed' where EVENT")]
    [InlineData("update messaging.mt_events set version = version + 1000 where EVENT")]
    [InlineData("update messaging.mt_events set seq_id = -seq_id where EVENT")]
    [InlineData("update messaging.mt_events set is_archived = true where EVENT")]
    [InlineData("delete from messaging.mt_events where EVENT")]
    [InlineData("with gone as (delete from messaging.mt_events where EVENT returning 1) select count(*) from gone")]
    [InlineData("truncate messaging.mt_events")]
    [InlineData("truncate messaging.mt_streams cascade")]
    [InlineData("update messaging.audit_leaves set entry = replace(entry, 'Contact', 'Administrator')")]
    [InlineData(
        "insert into messaging.audit_leaves select * from messaging.audit_leaves on conflict (tenant_id, index) do "
            + "update set hash = sha256('another')")]
    [InlineData("delete from messaging.audit_leaves where index = 3")]
    [InlineData("truncate messaging.audit_leaves")]
    [InlineData("update messaging.audit_nodes set hash = sha256('another')")]
    [InlineData("delete from messaging.audit_nodes")]
    [InlineData("truncate messaging.audit_nodes")]
    [InlineData("update messaging.audit_trees set root = sha256('another')")]
    [InlineData("update messaging.audit_trees set size = size - 1")]
    [InlineData("delete from messaging.audit_trees")]
    [InlineData("truncate messaging.audit_trees")]
    [InlineData("update messaging.audit_subjects set key = sha256('another')")]
    [InlineData("update messaging.audit_subjects set key = ''")]
    [InlineData("delete from messaging.audit_subjects")]
    [InlineData("truncate messaging.audit_subjects")]
    [InlineData("update messaging.audit_salts set salt = sha256('another')")]
    [InlineData("delete from messaging.audit_salts")]
    [InlineData("truncate messaging.audit_salts")]
    public async Task What_was_recorded_is_neither_changed_nor_removed(string sql)
    {
        var before = await recorded.AllAsync();
        await RefusesAsync(sql.Replace("EVENT", recorded.Event, StringComparison.Ordinal), Kept);
        (await recorded.AllAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task An_erasure_masks_what_the_person_wrote_once_the_log_says_so_and_nothing_else()
    {
        var (office, conversation) = await recorded.ConverseAsync();
        var (anna, dieter) = (office.Anna.Actor.Id, office.Dieter.Actor.Id);
        var masked = "data = data || '{\"body\": \"[…]\"}'";
        var (theirs, another) = (Recorded.Comment(conversation, 1), Recorded.Comment(conversation, 2));
        string Erase(Guid who, Guid stream) =>
            $"select messaging.erase_events('{office.TenantId}', '{who}', array_agg(stream_id), array_agg(version)) "
                + $"from messaging.mt_events where stream_id = '{stream}'";

        await RefusesAsync(Erase(dieter, conversation), "the log does not say that this person is erased");
        await RefusesAsync($"update messaging.mt_events set {masked} where {theirs}", Kept);
        await recorded.Executor.DoAsync(new ErasePersonCommand(office.Anna, dieter));

        // Nothing else than that, and nothing of others.
        await RefusesAsync($"update messaging.mt_events set data = data || '{{\"body\": \"-\"}}' where {theirs}", Kept);
        await RefusesAsync($"update messaging.mt_events set {masked}, timestamp = now() where {theirs}", Kept);
        await RefusesAsync($"update messaging.mt_events set {masked}, stream_id = id where {theirs}", Kept);
        await RefusesAsync($"delete from messaging.mt_events where {theirs}", Kept);
        await RefusesAsync($"update messaging.mt_events set {masked} where {another}", Kept);
        await RefusesAsync(Erase(anna, conversation), "the log does not say that this person is erased");
        await RefusesAsync(
            Erase(dieter, conversation).Replace(office.TenantId, recorded.Office.TenantId, StringComparison.Ordinal),
            "the log does not say that this person is erased");

        // As nodes of before do it, and as this version does.
        await recorded.DoAsync($"update messaging.mt_events set {masked} where {theirs}");
        (await recorded.ScalarAsync(Erase(dieter, conversation))).ShouldBe(2L);
        (await recorded.ScalarAsync(Erase(dieter, dieter))).ShouldNotBe(0L);
        (await recorded.ScalarAsync(
            "select string_agg(data ->> 'body', ' ' order by version) from messaging.mt_events "
                + $"where stream_id = '{conversation}' and type = 'comment_added'"))
            .ShouldBe("Bitte senden Sie uns die Belege. […] Bürozeit. […] Bürozeit.");
        (await recorded.ScalarAsync(
            $"select data ->> 'displayName' || (data ->> 'email') from messaging.mt_events where stream_id = '{dieter}' "
                + "and version = 1")).ShouldBe("N. N.-");

        // The key goes with them, and nobody else's.
        string Forget(Guid who) => $"update messaging.audit_subjects set key = '' where subject_id = '{who}'";
        await RefusesAsync(Forget(anna), Kept);
        await recorded.DoAsync(Forget(dieter));
        await RefusesAsync(
            $"update messaging.audit_subjects set key = sha256('another') where subject_id = '{dieter}'", Kept);
    }

    [Fact]
    public async Task A_start_puts_on_again_what_was_taken_off()
    {
        var storage = recorded.Store.Storage;
        await recorded.DoAsync(Tampering.Begin);
        await storage.ApplyAllConfiguredChangesToDatabaseAsync();
        await storage.Database.AssertDatabaseMatchesConfigurationAsync(Cancellation);
        await RefusesAsync($"delete from messaging.mt_events where {recorded.Event}", Kept);
        await RefusesAsync("truncate messaging.audit_leaves", Kept);

        await recorded.DoAsync(
            "grant execute on function messaging.erase_events(text, uuid, uuid[], bigint[]) to public; "
                + "drop trigger kept on messaging.audit_leaves");
        await storage.ApplyAllConfiguredChangesToDatabaseAsync();
        await RefusesAsync("delete from messaging.audit_leaves", Kept);
        (await recorded.ScalarAsync(
            "select has_function_privilege('public', 'messaging.erase_events(text, uuid, uuid[], bigint[])', 'execute')"))
            .ShouldBe(false);
    }

    [Fact]
    public async Task Who_takes_it_down_takes_all_of_its_triggers_off()
    {
        var kept = recorded.Store.Storage.Database.AllObjects()
            .Where(o => o.Identifier.Name is "keep_events" or "keep_tree").ToList();
        kept.Count.ShouldBe(2);
        await using var down = new StringWriter();
        foreach (var one in kept) one.WriteDropStatement(new PostgresqlMigrator(), down);
        const string Triggers = "select count(*) from pg_trigger where tgname like 'kept%'";
        (await recorded.ScalarAsync(Triggers)).ShouldBe(12L);
        (await recorded.ScalarAsync($"begin; {down}; {Triggers}; rollback")).ShouldBe(0L);
    }

    private async Task RefusesAsync(string sql, string says)
    {
        var refused = await Should.ThrowAsync<PostgresException>(() => recorded.DoAsync(sql), sql);
        (refused.SqlState, refused.MessageText.Contains(says, StringComparison.Ordinal))
            .ShouldBe((PostgresErrorCodes.InsufficientPrivilege, true), $"{sql}: {refused.MessageText}");
    }

    /// <summary>An office with a conversation, and the tree over its events.</summary>
    public sealed class Recorded : IAsyncLifetime
    {
        private static readonly string[] s_tables =
            ["mt_events", "audit_salts", "audit_subjects", "audit_leaves", "audit_nodes", "audit_trees"];

        private static readonly string s_all = string.Join(
            " || ", s_tables.Select(
                t => $"(select md5(string_agg(t::text, ',' order by t::text)) from messaging.{t} t)"));

        private readonly StoreFixture _store = new();
        private Guid _conversation;

        internal Office Office { get; private set; } = null!;

        internal CommandExecutor Executor { get; private set; } = null!;

        internal Marten.DocumentStore Store => _store.Store;

        public async ValueTask InitializeAsync()
        {
            await _store.InitializeAsync();
            Executor = await _store.StartExecutorAsync();
            (Office, _conversation) = await ConverseAsync();

            // So few events make no node, and nobody is erased whose salts would be kept.
            await DoAsync(
                $"""
                 insert into messaging.audit_nodes (tenant_id, level, index, hash)
                 values ('{Office.TenantId}', 9, 0, '');
                 insert into messaging.audit_salts (tenant_id, event_id, salt)
                 values ('{Office.TenantId}', gen_random_uuid(), '')
                 """);
        }

        public async ValueTask DisposeAsync()
        {
            await Executor.StopAsync(CancellationToken.None);
            Executor.Dispose();
            await _store.DisposeAsync();
        }

        /// <summary>Anna begins, and Dieter and she write to one another.</summary>
        internal async Task<(Office Office, Guid Conversation)> ConverseAsync()
        {
            var office = await Office.OpenAsync(Executor);
            var conversation = await office.ConverseAsync(Executor, responsible: office.Bernd.Actor.Id);
            for (var i = 0; i < 2; i++)
            {
                await Executor.DoAsync(Office.Comment(office.Dieter, conversation, "Wann?"));
                await Executor.DoAsync(Office.Comment(office.Anna, conversation, "Bürozeit."));
            }

            using var committed = new CommitSignal();
            using var writer = new AuditWriter(_store.Database, committed, NullLogger<AuditWriter>.Instance);
            while (await writer.AppendAsync(CancellationToken.None) > 0)
            {
                // There may be more.
            }

            return (office, conversation);
        }

        internal string Event => Comment(_conversation, 1);

        /// <summary>Tells one comment, counted from 0: the first is Anna's, then Dieter's and hers by turns.</summary>
        internal static string Comment(Guid conversation, int number) =>
            "id = (select id from messaging.mt_events where type = 'comment_added' "
                + $"and stream_id = '{conversation}' order by version offset {number} limit 1)";

        internal async Task<string> AllAsync() => (string)(await ScalarAsync($"select {s_all}"))!;

        internal async Task DoAsync(string sql)
        {
            await using var command = _store.Database.CreateCommand(sql);
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        internal async Task<object?> ScalarAsync(string sql)
        {
            await using var command = _store.Database.CreateCommand(sql);
            return await command.ExecuteScalarAsync(Cancellation);
        }
    }
}
