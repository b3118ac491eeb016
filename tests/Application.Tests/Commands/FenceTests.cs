using System.Diagnostics;
using Messaging.Api.Files;
using Messaging.Application.Commands;
using Messaging.Application.Files;
using Messaging.Application.Tests.Support;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Tests.Commands;

/// <summary>
/// While the read models are rebuilt, or another version keeps them, nothing is written, and nothing decided by what is
/// not there.
/// </summary>
public sealed class FenceTests(StoreFixture store) : IClassFixture<StoreFixture>, IAsyncLifetime
{
    private CommandExecutor _executor = null!;
    private Office _office = null!;
    private Guid _conversation;

    public async ValueTask InitializeAsync()
    {
        _executor = await store.StartExecutorAsync();
        _office = await Office.OpenAsync(_executor);
        _conversation = await _office.ConverseAsync(_executor);
    }

    public async ValueTask DisposeAsync() => await _executor.StopAsync(CancellationToken.None);

    [Fact]
    public async Task A_command_during_a_rebuild_is_refused_at_once_and_carried_out_once_when_it_is_repeated()
    {
        var comments = Enumerable
            .Range(0, 20)
            .Select(i => Office.Comment(_office.Anna, _conversation, $"Nr. {i}", Guid.CreateVersion7()))
            .ToList();
        await using (await ReadModelRebuild.BeginAsync(store.Database, TestContext.Current.CancellationToken))
        {
            await RefusedAsync(comments);
            await SetFormatAsync(ReadModelProjection.Format);

            // Also when it is about to begin, or is about to end: nobody has said so yet, or any more.
            await RefusedAsync(comments);
        }

        foreach (var comment in comments) await _executor.DoAsync(comment);
        (await store.BodiesAsync(_office, _conversation)).Skip(1).ShouldBe(comments.Select((_, i) => $"Nr. {i}"));
        (
            await store.ScalarAsync<long>(
                "select count(*) from messaging.comments where conversation_id = $1", _conversation)
        ).ShouldBe(21);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_command_at_a_node_of_another_format_is_refused(int other)
    {
        var comment = Office.Comment(_office.Anna, _conversation, "Wer hält das fest?", Guid.CreateVersion7());
        var format = other == 0 ? ReadModelProjection.NoFormat : ReadModelProjection.Format + other;
        await SetFormatAsync(format);
        await RefusedAsync([comment]);
        await RefusedAsync([WithoutReceipt()]);
        await SetFormatAsync(ReadModelProjection.Format);
        await _executor.DoAsync(WithoutReceipt());
        await _executor.DoAsync(comment);
        (await store.BodiesAsync(_office, _conversation)).Skip(1).ShouldBe(["Wer hält das fest?"]);
    }

    [Fact]
    public async Task A_start_lets_the_fence_see_the_format_that_the_table_has()
    {
        // A change of it that was taken back.
        await store.ScalarAsync<object>(
            $"""
            do $$ begin
                update messaging.read_model_formats set format = {ReadModelProjection.NoFormat};
                raise exception using errcode = 'division_by_zero';
            exception when division_by_zero then null;
            end $$
            """);
        await RefusedAsync([WithoutReceipt()]);
        await store.Database.RepeatFormatAsync(TestContext.Current.CancellationToken);
        await _executor.DoAsync(WithoutReceipt());

        // A database of a version that had the table only.
        await store.ScalarAsync<object>("drop trigger keep_format on messaging.read_model_formats");
        await store.ScalarAsync<object>("drop function messaging.keep_format()");
        await store.ScalarAsync<object>("drop sequence messaging.format_of_read_models");
        await store.Store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        await _executor.DoAsync(WithoutReceipt());
        await SetFormatAsync(1);
        await RefusedAsync([WithoutReceipt()]);
        await SetFormatAsync(ReadModelProjection.Format);
        await _executor.DoAsync(WithoutReceipt());
    }

    [Fact]
    public async Task A_rebuild_begins_after_what_is_being_committed()
    {
        await using var connection = await store.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var batch = new NpgsqlBatch(connection, transaction))
        {
            ReadModelFence.AddTo(batch);
            await batch.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var beginning = ReadModelRebuild.BeginAsync(store.Database, TestContext.Current.CancellationToken);
        await Task.Delay(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken);
        beginning.IsCompleted.ShouldBeFalse();
        await transaction.CommitAsync(TestContext.Current.CancellationToken);
        await using var rebuild = await beginning;
        await rebuild.GiveUpAsync();
    }

    [Fact]
    public async Task Files_are_not_taken_for_attached_to_nothing_during_a_rebuild()
    {
        var backlog = new UploadBacklog(
            store.Database, new FolderFileStore(new FileStoreOptions(Path.GetTempPath(), 1000)));
        await using (
            var rebuild = await ReadModelRebuild.BeginAsync(store.Database, TestContext.Current.CancellationToken))
        {
            (
                await Should.ThrowAsync<PostgresException>(() =>
                    backlog.DiscardUnattachedAsync(DateTimeOffset.UtcNow, CancellationToken.None)
                )
            ).SqlState.ShouldBe(ReadModelFence.Refusal);
            await rebuild.GiveUpAsync();
        }

        (await backlog.DiscardUnattachedAsync(DateTimeOffset.UtcNow, CancellationToken.None)).ShouldBe(0);
    }

    /// <summary>A command without the statement that looks at the format for others.</summary>
    private TestCommand WithoutReceipt() => new(
        _office.Anna,
        work => work.Record(_conversation, Decide.Accept<ConversationEvent>(new AdminsNotified(Guid.CreateVersion7()))),
        _conversation);

    private Task<int> SetFormatAsync(int format) =>
        store.ScalarAsync<int>("update messaging.read_model_formats set format = $1 returning 1", format);

    private async Task RefusedAsync(IReadOnlyList<Command> commands)
    {
        var events = await store.ScalarAsync<long>("select count(*) from messaging.mt_events");
        var clock = Stopwatch.StartNew();
        var answers = commands.Select(command => _executor.ExecuteAsync(command, CancellationToken.None)).ToList();
        foreach (var answer in answers)
            (await Should.ThrowAsync<PostgresException>(answer)).SqlState.ShouldBe(ReadModelFence.Refusal);
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
        (await store.ScalarAsync<long>("select count(*) from messaging.mt_events")).ShouldBe(events);
    }
}
