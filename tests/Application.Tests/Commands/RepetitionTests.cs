using Messaging.Application.Commands;
using Messaging.Application.Conversations;
using Messaging.Application.Customers;
using Messaging.Application.Organisation;
using Messaging.Application.Tests.Support;
using Messaging.Domain;
using Messaging.Domain.Conversations;

namespace Messaging.Application.Tests.Commands;

/// <summary>The same command again, and what is remembered between commands.</summary>
public sealed class RepetitionTests(StoreFixture store) : IClassFixture<StoreFixture>, IAsyncLifetime
{
    private CommandExecutor _executor = null!;
    private Office _office = null!;

    public async ValueTask InitializeAsync()
    {
        _executor = await store.StartExecutorAsync();
        _office = await Office.OpenAsync(_executor);
    }

    public async ValueTask DisposeAsync() => await _executor.StopAsync(CancellationToken.None);

    public static TheoryData<string> Repeatable =>
        ["create", "comment", "notify", "customer", "administrator", "contact"];

    [Theory]
    [MemberData(nameof(Repeatable))]
    public async Task The_same_id_with_the_same_content_has_no_second_effect_even_after_a_restart(string kind)
    {
        var (command, other) = await TwoOfOneIdAsync(kind);
        await _executor.DoAsync(command);
        var events = await CountEventsAsync();

        await _executor.DoAsync(command with { });
        await _executor.StopAsync(CancellationToken.None);
        var restarted = await store.StartExecutorAsync();
        await restarted.DoAsync(command with { });
        (await restarted.TryAsync(other)).ShouldBeOfType<IdIsUsed>();

        (await CountEventsAsync()).ShouldBe(events);
        await restarted.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_comment_is_recognised_after_more_comments_than_the_conversation_remembers()
    {
        var conversation = await _office.ConverseAsync(_executor);
        var comment = Office.Comment(_office.Anna, conversation, "first");
        await _executor.DoAsync(comment);
        for (var i = 0; i < Conversation.RememberedIds + 1; i++)
            await _executor.DoAsync(Office.Comment(_office.Anna, conversation, $"{i}"));
        var events = await CountEventsAsync();

        await _executor.DoAsync(comment with { });
        (await CountEventsAsync()).ShouldBe(events);
    }

    [Fact]
    public async Task What_comes_to_nothing_takes_no_number_of_the_event_sequence()
    {
        var conversation = await _office.ConverseAsync(_executor);
        var comment = Office.Comment(_office.Anna, conversation, "first");
        await _executor.DoAsync(comment);
        for (var i = 0; i < Conversation.RememberedIds + 1; i++)
            await _executor.DoAsync(Office.Comment(_office.Anna, conversation, $"{i}"));
        var before = await NumbersAsync();

        await _executor.DoAsync(comment with { });
        (await _executor.TryAsync(comment with { Body = "Another" })).ShouldBeOfType<IdIsUsed>();
        (
            await _executor.TryAsync(
                Office.Comment(_office.Dieter, conversation, "secret", visibility: CommentVisibility.Internal))
        ).ShouldNotBeNull();
        (
            await Answer.OfAsync(
                _executor.ExecuteAsync(
                    TestCommand.ThatCannotBeWritten(_office.Anna, conversation), CancellationToken.None)
            )
        ).Fault.ShouldNotBeNull();
        (await NumbersAsync()).ShouldBe(before);

        // Also beside others, whose numbers are those of their events.
        var events = await CountEventsAsync();
        await Task.WhenAll(
            Enumerable
                .Range(0, 60)
                .Select(i =>
                    _executor.DoAsync(
                        i % 3 == 0 ? comment with { } : Office.Comment(_office.Dieter, conversation, $"{i}"))
                )
        );
        (await CountEventsAsync()).ShouldBe(events + 40);
        (await NumbersAsync()).ShouldBe(before + 40);
    }

    [Fact]
    public async Task A_refused_command_uses_no_id_up()
    {
        var id = Guid.CreateVersion7();
        (
            await _executor.TryAsync(Office.Comment(_office.Anna, Guid.CreateVersion7(), "nowhere", id))
        ).ShouldBeOfType<ConversationNotFound>();
        await _executor.DoAsync(Office.Comment(_office.Anna, await _office.ConverseAsync(_executor), "here", id));
    }

    [Fact]
    public async Task The_id_of_another_kind_of_thing_is_refused()
    {
        (await _executor.TryAsync(_office.Create(id: _office.CustomerId))).ShouldBeOfType<IdIsUsed>();
        (await _executor.TryAsync(_office.Create(id: _office.Id))).ShouldBeOfType<IdIsUsed>();
        (await _executor.TryAsync(_office.Create(id: Guid.Empty))).ShouldBeOfType<IdIsEmpty>();
        (
            await _executor.TryAsync(new RegisterCustomerCommand(_office.Anna, _office.Bernd.Actor.Id, "Name"))
        ).ShouldBeOfType<IdIsUsed>();
    }

    [Theory]
    [InlineData("delete from messaging.snapshots where tenant_id = $1")]
    [InlineData("update messaging.snapshots set version = version + 7 where tenant_id = $1")]
    [InlineData(
        """update messaging.snapshots set format = format + 1, state = '{ "of": "another format" }' where """
            + """tenant_id = $1"""
    )]
    [InlineData("""update messaging.snapshots set kind = 'of another version', state = '{}' where tenant_id = $1""")]
    public async Task A_snapshot_that_is_missing_impossible_or_of_another_format_is_replaced_by_a_replay(string damage)
    {
        var conversation = await _office.ConverseAsync(_executor, status: ConversationStatus.Answered);
        await _executor.StopAsync(CancellationToken.None);
        await store.ScalarAsync<object>(damage, _office.TenantId);

        await StartAgainAsync();
        await _executor.DoAsync(Office.Comment(_office.Dieter, conversation, "reopens"));
        await _executor.StopAsync(CancellationToken.None);
        (await store.EventsAsync(_office, conversation))
            .Select(e => e.Data.GetType())
            .ShouldBe([typeof(ConversationCreated), typeof(CommentAdded), typeof(CommentAdded), typeof(StatusChanged)]);
        (
            await store.ScalarAsync<long>(
                "select version from messaging.snapshots where tenant_id = $1 and stream_id = $2", _office.TenantId,
                conversation)
        ).ShouldBe(4);
        (
            await store.ScalarAsync<string>(
                "select state ->> 'Status' from messaging.snapshots where tenant_id = $1 and stream_id = $2",
                _office.TenantId, conversation)
        ).ShouldBe("Open");
    }

    [Fact]
    public async Task To_a_snapshot_that_is_behind_the_events_after_it_are_added()
    {
        var conversation = await _office.ConverseAsync(_executor, status: ConversationStatus.Answered);
        await _executor.StopAsync(CancellationToken.None);
        const string snapshot =
            "select row(s.*)::text from messaging.snapshots s where tenant_id = $1 and stream_id = $2";
        var behind = await store.ScalarAsync<string>(snapshot, _office.TenantId, conversation);
        await StartAgainAsync();
        await _executor.DoAsync(Office.Comment(_office.Dieter, conversation, "reopens"));
        await _executor.StopAsync(CancellationToken.None);
        await store.ScalarAsync<object>(
            "delete from messaging.snapshots where tenant_id = $1 and stream_id = $2", _office.TenantId, conversation);
        await store.ScalarAsync<object>(
            "insert into messaging.snapshots select (r).* from (select $1::messaging.snapshots as r) s", behind!);

        await StartAgainAsync();
        await _executor.DoAsync(Office.Comment(_office.Dieter, conversation, "finds it open"));
        (await store.EventsAsync(_office, conversation))
            .Select(e => e.Data.GetType())
            .ShouldBe([
                typeof(ConversationCreated), typeof(CommentAdded), typeof(CommentAdded), typeof(StatusChanged),
                typeof(CommentAdded)
            ]);
    }

    private async Task StartAgainAsync() => _executor = await store.StartExecutorAsync();

    private async Task<(Command Command, Command Other)> TwoOfOneIdAsync(string kind)
    {
        var id = Guid.CreateVersion7();
        var conversation = await _office.ConverseAsync(_executor);
        return kind switch
        {
            "create" => (_office.Create(id: id), _office.Create(id: id, subject: "Other")),
            "comment" => (
                Office.Comment(_office.Dieter, conversation, "text", id),
                Office.Comment(_office.Dieter, conversation, "Text", id)),
            "notify" => (
                new NotifyAdministratorsCommand(_office.Anna, id, [conversation]),
                new NotifyAdministratorsCommand(_office.Anna, id, [Guid.CreateVersion7()])),
            "customer" => (
                new RegisterCustomerCommand(_office.Anna, id, "Studio Lindner"),
                new RegisterCustomerCommand(_office.Anna, id, "Studio")),
            "administrator" => (
                new InviteAdministratorCommand(_office.Anna, id, "e@office.example", "Emil", Role.Administrator),
                new InviteAdministratorCommand(_office.Anna, id, "e@office.example", "Emil", Role.Auditor)),
            "contact" => (
                new InviteContactCommand(_office.Anna, id, _office.CustomerId, "e@customer.example", "Eva"),
                new InviteContactCommand(_office.Anna, id, _office.CustomerId, "f@customer.example", "Eva")),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown."),
        };
    }

    private Task<long> NumbersAsync() => store.ScalarAsync<long>("select last_value from messaging.mt_events_sequence");

    private Task<long> CountEventsAsync() =>
        store.ScalarAsync<long>("select count(*) from messaging.mt_events where tenant_id = $1", _office.TenantId);
}
