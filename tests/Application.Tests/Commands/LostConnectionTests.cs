using Marten;
using Messaging.Api.Hosting;
using Messaging.Application.Commands;
using Messaging.Application.Conversations;
using Messaging.Application.Tests.Support;
using Messaging.Domain.Conversations;
using Messaging.TestSupport.Postgres;
using Npgsql;

namespace Messaging.Application.Tests.Commands;

/// <summary>The connection to the database breaks at the worst moment.</summary>
public sealed class LostConnectionTests(StoreFixture store) : IClassFixture<StoreFixture>, IAsyncLifetime
{
    private CuttingProxy _proxy = null!;
    private NpgsqlDataSource _database = null!;
    private DocumentStore _store = null!;
    private CommandExecutor _executor = null!;
    private Office _office = null!;
    private Guid _conversation;

    public async ValueTask InitializeAsync()
    {
        var connection = new NpgsqlConnectionStringBuilder(store.ConnectionString);
        _proxy = new CuttingProxy(connection.Host!, connection.Port);
        (connection.Host, connection.Port) = ("127.0.0.1", _proxy.Port);
        _database = NpgsqlDataSource.Create(connection.ConnectionString);
        _store = DocumentStore.For(options =>
        {
            options.Connection(_database);
            options.UseMessaging();
        });
        _executor = await StoreFixture.StartExecutorAsync(_store, _database);
        _office = await Office.OpenAsync(_executor);
        _conversation = await _office.ConverseAsync(_executor);
    }

    public async ValueTask DisposeAsync()
    {
        await _executor.StopAsync(CancellationToken.None);
        await _store.DisposeAsync();
        await _database.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Theory]
    [InlineData(Cut.BeforeCommit)]
    [InlineData(Cut.AfterCommit)]
    public async Task A_comment_whose_commit_was_cut_off_is_there_once(Cut cut)
    {
        _proxy.CutNext(cut);
        await _executor.DoAsync(Office.Comment(_office.Anna, _conversation, "once"));

        _proxy.Cuts.ShouldBe(1);
        (await store.BodiesAsync(_office, _conversation)).Skip(1).ShouldBe(["once"]);
    }

    [Theory]
    [InlineData(Cut.BeforeCommit)]
    [InlineData(Cut.AfterCommit)]
    public async Task A_change_that_expected_a_version_is_not_refused_because_of_its_own_effect(Cut cut)
    {
        _proxy.CutNext(cut);
        var change = new ChangeStatusCommand(_office.Anna, [_conversation], ConversationStatus.Answered, 2);
        var outcome = await _executor.DoAsync(change);

        _proxy.Cuts.ShouldBe(1);
        outcome.RefusedAt.ShouldBeEmpty();
        outcome.IsRepeat.ShouldBeFalse();
        (await store.EventsAsync(_office, _conversation)).Count(e => e.Data is StatusChanged).ShouldBe(1);
    }

    [Fact]
    public async Task While_the_database_is_away_every_caller_hears_of_it_soon_and_afterwards_commands_run_again()
    {
        await _proxy.StopAsync();
        var answers = await Task.WhenAll(
                Enumerable
                    .Range(0, 64)
                    .Select(i =>
                        Answer.OfAsync(
                            _executor.ExecuteAsync(
                                Office.Comment(_office.Anna, _conversation, $"{i}"), CancellationToken.None)
                        )
                    )
            )
            .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        answers.ShouldAllBe(a => a.Fault is NpgsqlException);

        _proxy.StartAgain();
        await _executor.DoAsync(Office.Comment(_office.Anna, _conversation, "again"));
        (await store.BodiesAsync(_office, _conversation)).Skip(1).ShouldBe(["again"]);
    }

    [Fact]
    public async Task Connections_that_the_server_ends_under_load_cost_no_command_and_double_none()
    {
        // Not for ever: on a busy machine nothing may be committed between one end and the next.
        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var killing = Task.Run(
            async () =>
            {
                while (!over.IsCancellationRequested)
                {
                    await store.ScalarAsync<bool>(
                        "select bool_or(pg_terminate_backend(pid)) from pg_stat_activity where datname = "
                            + "current_database() and usename = current_user and pid <> pg_backend_pid()"
                    );
                    await Task.Delay(40);
                }
            },
            CancellationToken.None
        );

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(async caller =>
                {
                    var accepted = new List<string>();
                    for (var i = 0; i < 25; i++)
                    {
                        var body = $"{caller}/{i}";
                        var id = Guid.CreateVersion7();

                        // What a client does whose request failed: the same command id again.
                        while (
                            (
                                await Answer.OfAsync(
                                    _executor.ExecuteAsync(
                                        Office.Comment(_office.Anna, _conversation, body, id), CancellationToken.None)
                                )
                            ) != Answer.Accepted
                        )
                            await Task.Delay(20);
                        accepted.Add(body);
                    }

                    return accepted;
                })
        ).WaitAsync(TimeSpan.FromMinutes(4), TestContext.Current.CancellationToken);
        await over.CancelAsync();
        await killing;

        (await store.BodiesAsync(_office, _conversation)).Skip(1).Order().ShouldBe(answers.SelectMany(a => a).Order());
        (await store.EventsAsync(_office, _conversation)).ShouldBeContiguous();
    }
}
