using System.Security.Cryptography;
using Messaging.Api.Files;
using Messaging.Application.Commands;
using Messaging.Application.History;
using Messaging.Application.Tests.Support;
using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace Messaging.Application.Tests.History;

/// <summary>
/// Somebody who may do anything in the database alters the log. Each test begins with what was recorded.
/// </summary>
public sealed class AuditCheckTests(StoreFixture store) : IClassFixture<StoreFixture>, IAsyncLifetime
{
    private static readonly string[] s_tables =
    [
        "mt_streams", "mt_events", "audit_progress", "audit_trees", "audit_leaves", "audit_nodes", "audit_subjects"
    ];

    private readonly CheckpointKey _key = new(RandomNumberGenerator.GetBytes(32));
    private Office _office = null!;
    private Guid _conversation;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // One event of many: the fourth of the conversation.
    private string Target =>
        $"(select id from messaging.mt_events where stream_id = '{_conversation}' and version = 4)";

    public async ValueTask InitializeAsync()
    {
        var executor = await store.StartExecutorAsync();
        _office = await Office.OpenAsync(executor);
        _conversation = await _office.ConverseAsync(executor);
        for (var i = 0; i < 8; i++)
        {
            await executor.DoAsync(Office.Comment(
                i % 2 == 0 ? _office.Anna : _office.Dieter, _conversation, $"Anbei der Vertrag, Nr. {i}."));
        }

        await executor.StopAsync(CancellationToken.None);
        await AppendAllAsync();
        await DoAsync("drop schema if exists kept cascade; create schema kept");
        foreach (var table in s_tables) await DoAsync($"create table kept.{table} as table messaging.{table}");
    }

    // Altered rows are no other test's.
    public async ValueTask DisposeAsync()
    {
        await DoAsync($"truncate {string.Join(", ", s_tables.Select(t => $"messaging.{t}"))} cascade");
        foreach (var table in s_tables) await DoAsync($"insert into messaging.{table} select * from kept.{table}");
    }

    [Fact]
    public async Task What_nobody_touched_is_proved_and_so_are_copies()
    {
        var copy = await CopyAsync();
        var outcome = await CheckAsync(copy);
        outcome.Verdict.ShouldBe(AuditVerdict.Proved, outcome.Sentence);
        outcome.Sentence.ShouldContain("1 kept checkpoints say the same");
    }

    [Theory]
    [InlineData(
        "update messaging.mt_events set data = jsonb_set(data, '{body}', '\"Der Vertrag ist nicht dabei.\"') where id = "
            + "TARGET", "is not what was recorded: its content")]
    [InlineData(
        "update messaging.mt_events set headers = jsonb_set(headers, '{actor_id}', to_jsonb(gen_random_uuid()::text)) "
            + "where id = TARGET", "is not what was recorded: its actor was changed")]
    [InlineData(
        "update messaging.mt_events set headers = headers || '{\"api_token\": \"0\"}' where id = TARGET",
        "is not what was recorded: its content")]
    [InlineData(
        "update messaging.mt_events set timestamp = timestamp - interval '3 days' where id = TARGET",
        "is not what was recorded: its time was changed")]
    [InlineData(
        "update messaging.mt_events set type = 'status_changed' where id = TARGET",
        "is not what was recorded: its type was changed")]
    [InlineData(
        "update messaging.mt_events set correlation_id = 'another' where id = TARGET",
        "is not what was recorded: its correlation was changed")]
    [InlineData("delete from messaging.mt_events where id = TARGET", "was removed")]
    [InlineData(
        "update messaging.mt_events set version = version + 1000 where id = TARGET",
        "is not what was recorded: its stream or version was changed")]
    [InlineData(
        "update messaging.mt_events set seq_id = -seq_id where id = TARGET", "was moved: its number in the log")]
    [InlineData(
        "update messaging.audit_subjects set key = decode(repeat('00', 32), 'hex') where subject_id = (select "
            + "subject_id from messaging.audit_leaves where event_id = TARGET)",
        "or the salt they were hashed with) was changed", false)]
    [InlineData(
        "update messaging.audit_leaves set hash = sha256('another') where event_id = TARGET",
        "is not what was recorded")]
    [InlineData(
        "update messaging.audit_leaves set entry = replace(entry, 'comment_added', 'status_changed') where event_id = "
            + "TARGET", "is not what was recorded: its type was changed")]
    public async Task One_that_was_altered_is_named_with_what_was_altered(string sql, string what, bool isOne = true)
    {
        var target = await store.ScalarAsync<Guid>($"select {Target}");
        await DoAsync(sql.Replace("TARGET", Target, StringComparison.Ordinal));
        var outcome = await CheckAsync();
        outcome.Verdict.ShouldBe(AuditVerdict.Altered);
        outcome.Sentence.ShouldContain(what);
        if (isOne) outcome.Sentence.ShouldContain($"{target}");
    }

    [Fact]
    public async Task Two_that_were_swapped_are_found_at_the_first_of_them()
    {
        var target = await store.ScalarAsync<Guid>($"select {Target}");
        await DoAsync(
            $"""
             create table kept.two as select * from messaging.mt_events
                 where stream_id = '{_conversation}' and version in (4, 5);
             update messaging.mt_events e set data = t.data from kept.two t
                 where e.stream_id = t.stream_id and e.version = 9 - t.version
             """);
        var outcome = await CheckAsync();
        outcome.Sentence.ShouldContain($"{target}");
        outcome.Findings.ShouldBe(2);
    }

    [Fact]
    public async Task One_that_was_put_in_between_is_named()
    {
        await DoAsync(
            $"""
             insert into messaging.mt_events (
                 seq_id, id, stream_id, version, data, type, tenant_id, timestamp, headers, is_archived)
             select 0, '0193a000-0000-7000-8000-000000000001', stream_id, 5000, data, type, tenant_id, timestamp,
                 headers, false from messaging.mt_events where id = {Target}
             """);
        var outcome = await CheckAsync();
        outcome.Verdict.ShouldBe(AuditVerdict.Altered);
        outcome.Sentence.ShouldContain("0193a000-0000-7000-8000-000000000001");
        outcome.Sentence.ShouldContain("was inserted later");
    }

    [Fact]
    public async Task A_last_one_that_was_removed_with_its_leaf_and_its_version_is_missed_by_a_copy()
    {
        var copy = await CopyAsync();
        await DoAsync(
            $"""
             delete from messaging.mt_events where id = (
                 select id from messaging.mt_events where stream_id = '{_conversation}' order by version desc limit 1);
             update messaging.mt_streams set version = version - 1 where id = '{_conversation}'
             """);
        (await CheckAsync()).Sentence.ShouldContain("was removed");
        await RewriteTreesAsync();
        (await CheckAsync()).Verdict.ShouldBe(AuditVerdict.Proved);
        var outcome = await CheckAsync(copy);
        outcome.Verdict.ShouldBe(AuditVerdict.Altered);
        outcome.Sentence.ShouldContain(
            $"the copy says that organisation {_office.TenantId} had {copy.Note.Size} events");
    }

    [Fact]
    public async Task A_tree_that_was_rewritten_and_signed_with_the_key_itself_contradicts_a_copy_of_before()
    {
        var copy = await CopyAsync();
        await DoAsync(
            "update messaging.mt_events set data = jsonb_set(data, '{body}', '\"Nichts.\"') where id = " + Target);
        await RewriteTreesAsync();
        var forged = await CopyAsync();
        (await CheckAsync(forged)).Verdict.ShouldBe(AuditVerdict.Proved);
        var outcome = await CheckAsync(forged, copy);
        outcome.Verdict.ShouldBe(AuditVerdict.Altered);
        outcome.Sentence.ShouldContain("history was rewritten, the tree with it");
        outcome.Sentence.ShouldContain(
            $"has another root for the first {copy.Note.Size} events of organisation {_office.TenantId}");
    }

    [Theory]
    [InlineData("update messaging.audit_trees set root = sha256('another') where tenant_id = 'TENANT'", "another root")]
    [InlineData("update messaging.audit_trees set size = size - 1 where tenant_id = 'TENANT'", "and says that it has")]
    [InlineData("delete from messaging.audit_leaves where tenant_id = 'TENANT' and index = 3", "has no leaf 3")]
    [InlineData(
        "insert into messaging.audit_nodes (tenant_id, level, index, hash) values ('TENANT', 1, 0, '')", "more nodes")]
    public async Task A_tree_that_was_altered_is_told(string sql, string what)
    {
        await DoAsync(sql.Replace("TENANT", _office.TenantId, StringComparison.Ordinal));
        var outcome = await CheckAsync();
        outcome.Verdict.ShouldBe(AuditVerdict.Altered);
        outcome.Sentence.ShouldContain(what);
    }

    [Fact]
    public async Task A_hash_above_the_leaves_that_is_another_or_gone_is_told_and_so_it_is_of_an_archive()
    {
        var executor = await store.StartExecutorAsync();
        for (var i = 0; i < Merkle.TileWidth; i++)
            await executor.DoAsync(Office.Comment(_office.Anna, _conversation, $"Nr. {i}."));
        await executor.StopAsync(CancellationToken.None);
        using var directory = new TempDirectory();
        (await ExportAsync("untouched")).Verdict.ShouldBe(AuditVerdict.Proved);
        (await CheckAsync()).Verdict.ShouldBe(AuditVerdict.Proved);

        var those = $"where tenant_id = '{_office.TenantId}' and level = 1 and index = 0";
        await DoAsync($"update messaging.audit_nodes set hash = sha256('another') {those}");
        var outcome = await CheckAsync();
        outcome.Verdict.ShouldBe(AuditVerdict.Altered);
        outcome.Sentence.ShouldContain("has other leaves than it was made of, in the events from number 0 to 255");
        outcome.Findings.ShouldBe(1);
        outcome = await ExportAsync("altered");
        outcome.Verdict.ShouldBe(AuditVerdict.Altered);
        outcome.Sentence.ShouldContain("tile/1/000.p/1 is not what the hashes in tile/0 make.");

        await DoAsync($"delete from messaging.audit_nodes {those}");
        (await CheckAsync()).Sentence.ShouldContain("lacks a node, in the events from number 0 to 255");

        async Task<AuditOutcome> ExportAsync(string name)
        {
            var exporter = new ArchiveExport(
                store.Database, new FolderFileStore(new FileStoreOptions(directory["files"], 1000)), _key,
                TimeProvider.System, null, "1.2.3");
            using var sink = new ExportFolder(directory[name]);
            await exporter.WriteAsync(
                _office.TenantId, await exporter.CheckpointAsync(_office.TenantId, Cancellation), null, sink,
                Cancellation);
            return await new ArchiveCheck(directory[name]).RunAsync(null, [], Cancellation);
        }
    }

    [Theory]
    [InlineData("delete from messaging.mt_events where id = TARGET", "Its tree says that it has")]
    [InlineData(
        "delete from messaging.mt_events where id = TARGET; delete from messaging.audit_leaves where event_id = TARGET; "
            + "update messaging.audit_trees set size = size - 1 where tenant_id = 'TENANT'", "is of version ")]
    [InlineData("update messaging.mt_streams set version = version + 1 where id = 'STREAM'", "is of version ")]
    public async Task Who_counts_misses_what_is_gone(string sql, string what)
    {
        var sweeps = new AuditSweeps(store.Database);
        (await sweeps.WhatIsMissingAsync(_office.TenantId, Cancellation)).ShouldBeNull();
        var target = await store.ScalarAsync<Guid>($"select {Target}");
        await DoAsync(
            sql.Replace("TARGET", $"'{target}'", StringComparison.Ordinal)
                .Replace("TENANT", _office.TenantId, StringComparison.Ordinal)
                .Replace("STREAM", $"{_conversation}", StringComparison.Ordinal));
        (await sweeps.WhatIsMissingAsync(_office.TenantId, Cancellation)).ShouldNotBeNull().ShouldContain(what);
    }

    [Fact]
    public async Task Without_a_key_or_a_tree_nothing_can_be_told()
    {
        await DoAsync(
            $"delete from messaging.audit_subjects where tenant_id = '{_office.TenantId}' and subject_id = (select "
                + $"subject_id from messaging.audit_leaves where event_id = {Target})");
        var outcome = await CheckAsync();
        outcome.Verdict.ShouldBe(AuditVerdict.Unknown);
        outcome.Sentence.ShouldContain("is gone");
        await DoAsync($"truncate {string.Join(", ", s_tables.Skip(2).Select(t => $"messaging.{t}"))}");
        outcome = await CheckAsync();
        outcome.Verdict.ShouldBe(AuditVerdict.Unknown);
        outcome.Sentence.ShouldContain("is in a tree yet");
    }

    [Fact]
    public async Task An_entry_says_who_did_what_when_and_nothing_that_was_written()
    {
        var entry = await store.ScalarAsync<string>(
            $"select entry from messaging.audit_leaves where event_id = {Target}");
        var lines = entry!.Split('\n');
        lines.Length.ShouldBe(11);
        lines[0].ShouldBe("messaging-leaf/v1");
        lines[1].ShouldBe($"org {_office.TenantId}");
        lines[4].ShouldBe($"stream {_conversation} 4");
        lines[5].ShouldEndWith(" comment_added");
        lines[6].ShouldMatch("^time [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$");
        lines[7].ShouldMatch("^actor (Administrator|Contact) [0-9a-f-]{36} (Administrator|Customer)$");
        lines[9].ShouldMatch("^commit [0-9a-f]{64}$");
        lines[10].ShouldBeEmpty();
        entry.ShouldNotContain("Vertrag");
    }

    [Fact]
    public void A_checkpoint_that_another_signed_or_somebody_changed_is_none()
    {
        var note = _key.Sign("an-organisation", 5, SHA256.HashData([]));
        var read = CheckpointNote.Read(note, _key.Public, out _).ShouldNotBeNull();
        (read.TenantId, read.Size).ShouldBe(("an-organisation", 5L));
        CheckpointNote.Read(note.Replace("\n5\n", "\n6\n", StringComparison.Ordinal), _key.Public, out var why)
            .ShouldBeNull();
        why.ShouldContain("not signed by the key");
        var another = new CheckpointKey(RandomNumberGenerator.GetBytes(32));
        CheckpointNote.Read(note, another.Public, out _).ShouldBeNull();
        foreach (var bad in (string[])["", "\n\n", "a\nb\nc\n\n", note[..40], note.Replace("messaging/", "other/")])
            CheckpointNote.Read(bad, _key.Public, out why).ShouldBeNull();
    }

    private Task<AuditOutcome> CheckAsync(params KeptCheckpoint[] kept) =>
        new AuditCheck(store.Database).RunAsync(kept, Cancellation);

    private async Task<KeptCheckpoint> CopyAsync()
    {
        var head = await new AuditTree(store.Database).HeadAsync(_office.TenantId, Cancellation);
        var note = _key.Sign(_office.TenantId, head.Size, head.Root);
        return new KeptCheckpoint("the copy", CheckpointNote.Read(note, _key.Public, out _)!);
    }

    private async Task RewriteTreesAsync()
    {
        await DoAsync("truncate messaging.audit_progress, messaging.audit_trees, messaging.audit_leaves, "
            + "messaging.audit_nodes");
        await AppendAllAsync();
    }

    private async Task AppendAllAsync()
    {
        var writer = new AuditWriter(store.Database, new CommitSignal(), NullLogger<AuditWriter>.Instance);
        while (await writer.AppendAsync(Cancellation) > 0)
        {
            // There may be more.
        }
    }

    private async Task DoAsync(string sql)
    {
        await using var command = store.Database.CreateCommand(Tampering.With(sql));
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
