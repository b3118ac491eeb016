using System.Diagnostics;
using Messaging.Application.Tests.Support;
using Messaging.TestSupport;
using Messaging.TestSupport.Smtp;
using Npgsql;

namespace Messaging.Application.Tests.Notifications;

/// <summary>
/// Numbers of the event sequence that are no events: those that will never be hold nobody's mail up, those that may
/// still be are waited for.
/// </summary>
public sealed class GapsTests : IAsyncLifetime
{
    private RunningProduct _product = null!;
    private Office _office = null!;

    private SmtpServer Mails => _product.Mails;

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _office = await Office.OpenAsync(_product.Executor);
    }

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    public enum End
    {
        RolledBack,
        Killed,
    }

    [Theory]
    [InlineData(End.RolledBack)]
    [InlineData(End.Killed)]
    public async Task A_transaction_that_ended_without_its_events_holds_no_mail_up_whatever_else_is_open(End end)
    {
        var (lost, ours) = (
            await _office.ConverseAsync(_product.Executor), await _office.ConverseAsync(_product.Executor));
        await Mails.WaitForCountAsync(2);
        await using var report = await _product.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var reading = await report.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await ExecuteAsync(report, "select count(*) from messaging.mt_events");
        var connection = await _product.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using (var writing = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken))
        {
            await AppendAsync(connection, lost, "never");
            if (end == End.Killed)
                (
                    await _product.ScalarAsync<bool>("select pg_terminate_backend($1)", connection.ProcessID)
                ).ShouldBeTrue();
            var closed = await Record.ExceptionAsync(async () => await connection.CloseAsync());
            (closed is not null).ShouldBe(end == End.Killed);
        }

        await Waiting.UntilAsync(async () =>
            await _product.ScalarAsync<long>(
                "select count(*) from pg_locks where relation = 'messaging.mt_events'::regclass and mode = "
                    + "'RowExclusiveLock'"
            ) == 0
        );
        var clock = Stopwatch.StartNew();
        await _product.Executor.DoAsync(Office.Comment(_office.Dieter, ours, "what follows"));
        await Mails.WaitForMailAsync(m => m.Message.TextBody!.Contains("what follows"));
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(2.5));
    }

    [Fact]
    public async Task An_event_whose_transaction_is_still_open_is_planned_when_it_commits_and_before_those_after_it()
    {
        var (slow, ours) = (
            await _office.ConverseAsync(_product.Executor), await _office.ConverseAsync(_product.Executor));
        await Mails.WaitForCountAsync(2);
        await using var connection = await _product.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var writing = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await AppendAsync(connection, slow, "slow");
        await _product.Executor.DoAsync(Office.Comment(_office.Dieter, ours, "what follows"));

        // Longer than Marten waits by itself, with others who write all the time.
        var other = await Office.OpenAsync(_product.Executor);
        var theirs = await other.ConverseAsync(_product.Executor);
        for (var i = 0; i < 50; i++)
        {
            await _product.Executor.DoAsync(
                Office.Comment(other.Anna, theirs, $"{i}", visibility: Domain.Conversations.CommentVisibility.Internal)
            );
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Mails.Received.Count.ShouldBe(2);
        await writing.CommitAsync(TestContext.Current.CancellationToken);
        var clock = Stopwatch.StartNew();
        await Mails.WaitForMailAsync(m => m.Message.TextBody!.Contains("what follows"));
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(2.5));
        await Waiting.UntilAsync(async () =>
            await _product.ScalarAsync<long>(
                "select count(*) from messaging.deliveries where tenant_id = $1 and kind = 'CustomerCommented'",
                _office.TenantId) == 2
        );
    }

    // As the executor does, as far as the log is concerned.
    private static async Task AppendAsync(NpgsqlConnection connection, Guid conversation, string body)
    {
        await ExecuteAsync(
            connection, "update messaging.mt_streams set version = version + 1 where id = $1", conversation);
        await ExecuteAsync(
            connection,
            """
            insert into messaging.mt_events (seq_id, id, stream_id, version, data, type, tenant_id, timestamp,
                mt_dotnet_type, headers, is_archived)
            select nextval('messaging.mt_events_sequence'), gen_random_uuid(), s.id, s.version,
                jsonb_build_object('commentId', gen_random_uuid(), 'body', $2, 'visibility', 'Public', 'author',
                    jsonb_build_object('kind', 'Contact', 'id', gen_random_uuid())),
                'comment_added', s.tenant_id, clock_timestamp(), e.mt_dotnet_type, e.headers, false
            from messaging.mt_streams s join messaging.mt_events e on e.stream_id = s.id and e.version = 2
                where s.id = $1
            """,
            conversation, body);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, params object[] arguments)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var argument in arguments) command.Parameters.Add(new NpgsqlParameter { Value = argument });
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
