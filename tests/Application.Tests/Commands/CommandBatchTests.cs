using Messaging.Application.Commands;
using Messaging.Application.Conversations;
using Messaging.Application.Notifications;
using Messaging.Application.Tests.Support;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Messaging.Projections.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Messaging.Application.Tests.Commands;

/// <summary>
/// Commands that commit together. They wait for an executor that starts after they came, so that they are one batch.
/// </summary>
public sealed class CommandBatchTests(StoreFixture store) : IClassFixture<StoreFixture>, IAsyncLifetime
{
    private CommandExecutor _setUp = null!;
    private Office _office = null!;

    public async ValueTask InitializeAsync()
    {
        _setUp = await store.StartExecutorAsync();
        _office = await Office.OpenAsync(_setUp);
    }

    public async ValueTask DisposeAsync() => await _setUp.StopAsync(CancellationToken.None);

    [Fact]
    public async Task A_refusal_concerns_its_own_command_only()
    {
        var conversation = await _office.ConverseAsync(_setUp);
        var answers = await TogetherAsync(
            Office.Comment(_office.Anna, conversation, "one"),
            Office.Comment(_office.Anna, Guid.CreateVersion7(), "nowhere"),
            Office.Comment(_office.Dieter, conversation, "hidden", visibility: CommentVisibility.Internal),
            Office.Comment(_office.Anna, conversation, "has \0 in it"),
            Office.Comment(_office.Anna, conversation, "two"));

        answers.Select(a => a.Refusal?.GetType()).ShouldBe(
            [null, typeof(ConversationNotFound), typeof(CustomersWriteNoInternalNotes), typeof(TextHasNul), null]);
        (await store.BodiesAsync(_office, conversation)).Skip(1).ShouldBe(["one", "two"]);
        (await store.EventsAsync(_office, conversation)).ShouldBeContiguous();
    }

    [Fact]
    public async Task A_command_sees_what_the_ones_before_it_did()
    {
        var create = _office.Create(status: ConversationStatus.Answered);
        var answers = await TogetherAsync(
            create,
            Office.Comment(_office.Dieter, create.Id, "reopens"),
            Office.Comment(_office.Dieter, create.Id, "finds it open"),
            new ChangeStatusCommand(_office.Anna, [create.Id], ConversationStatus.Open, null),
            new ChangeStatusCommand(_office.Anna, [create.Id], ConversationStatus.Attention, 5),
            new ChangeStatusCommand(_office.Bernd, [create.Id], ConversationStatus.Answered, 5));

        answers.ShouldAllBe(a => a == Answer.Accepted);
        (await store.EventsAsync(_office, create.Id))
            .Select(e => e.Data.GetType())
            .ShouldBe([
                typeof(ConversationCreated), typeof(CommentAdded), typeof(CommentAdded), typeof(StatusChanged),
                typeof(CommentAdded), typeof(StatusChanged)
            ]);
        (await store.EventsAsync(_office, create.Id)).ShouldBeContiguous();
    }

    [Fact]
    public async Task A_stale_version_is_refused_although_the_change_came_in_the_same_group()
    {
        var conversation = await _office.ConverseAsync(_setUp);
        var first = new ChangeStatusCommand(_office.Anna, [conversation], ConversationStatus.Attention, 2);
        var second = new ChangeStatusCommand(_office.Bernd, [conversation], ConversationStatus.Answered, 2);
        var outcomes = await OutcomesAsync(outcome => outcome, first, second);

        outcomes[0].RefusedAt.ShouldBeEmpty();
        outcomes[1].RefusedAt[0].ShouldBe(new ConversationChanged(2, 3));
        (await store.EventsAsync(_office, conversation)).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Organisations_share_a_group_and_nothing_else()
    {
        var other = await Office.OpenAsync(_setUp);
        var id = Guid.CreateVersion7();
        var comment = Guid.CreateVersion7();
        var answers = await TogetherAsync(
            _office.Create(id: id, body: "ours"),
            other.Create(id: id, body: "theirs"),
            Office.Comment(_office.Anna, id, "ours, too", comment),
            Office.Comment(other.Anna, id, "theirs, too", comment),
            Office.Comment(_office.Dieter, id, "from our customer"),
            new CreateConversationCommand(
                other.Anna, Guid.CreateVersion7(), _office.CustomerId, "Foreign customer", "text",
                ConversationStatus.Open, null, false, []),
            other.Create(responsible: _office.Bernd.Actor.Id)
        );

        answers
            .Select(a => a.Refusal?.GetType())
            .ShouldBe([null, null, null, null, null, typeof(CustomerNotFound), typeof(AdministratorNotFound)]);
        (await store.BodiesAsync(_office, id)).ShouldBe(["ours", "ours, too", "from our customer"]);
        (await store.BodiesAsync(other, id)).ShouldBe(["theirs", "theirs, too"]);
        (await store.EventsAsync(other, id)).ShouldAllBe(e => e.TenantId == other.TenantId);
    }

    [Fact]
    public async Task A_command_that_cannot_be_written_fails_alone()
    {
        var conversation = await _office.ConverseAsync(_setUp);
        var answers = await TogetherAsync(
            Office.Comment(_office.Anna, conversation, "one"),
            TestCommand.ThatCannotBeWritten(_office.Anna, conversation),
            Office.Comment(_office.Dieter, conversation, "two"));

        answers[0].ShouldBe(Answer.Accepted);
        answers[1].Fault.ShouldNotBeNull();
        answers[2].ShouldBe(Answer.Accepted);
        (await store.BodiesAsync(_office, conversation)).Skip(1).ShouldBe(["one", "two"]);
    }

    [Fact]
    public async Task A_fault_of_one_decision_is_its_own_callers_and_leaves_nothing_behind()
    {
        var conversation = await _office.ConverseAsync(_setUp);
        var faulty = new TestCommand(
            _office.Anna,
            work =>
            {
                work.Record(
                    conversation,
                    Messaging.Domain.Decide.Accept<ConversationEvent>(new AdminsNotified(Guid.CreateVersion7())));
                throw new InvalidOperationException("A bug.");
            },
            conversation);
        var answers = await TogetherAsync(faulty, Office.Comment(_office.Anna, conversation, "one"));

        answers[0].Fault.ShouldBeOfType<InvalidOperationException>();
        answers[1].ShouldBe(Answer.Accepted);
        (await store.EventsAsync(_office, conversation))
            .Select(e => e.Data.GetType())
            .ShouldBe([typeof(ConversationCreated), typeof(CommentAdded), typeof(CommentAdded)]);
    }

    [Fact]
    public async Task What_a_command_did_not_say_that_it_looks_up_it_is_not_given()
    {
        var conversation = await _office.ConverseAsync(_setUp);
        var notification = Guid.CreateVersion7();
        (
            await TogetherAsync(
                new TestCommand(
                    _office.Anna,
                    work =>
                    {
                        work.Find(NotificationLookups.Recipients, notification);
                        return null;
                    },
                    conversation))
        )[0].Fault.ShouldBeOfType<InvalidOperationException>();
    }

    [Fact]
    public async Task A_refused_command_leaves_nothing_behind_even_when_part_of_it_was_decided()
    {
        var conversation = await _office.ConverseAsync(_setUp);
        var half = new TestCommand(
            _office.Anna,
            work =>
            {
                work.Record(
                    conversation,
                    Messaging.Domain.Decide.Accept<ConversationEvent>(new AdminsNotified(Guid.CreateVersion7())));
                work.Write(
                    $"""
                    delete from messaging.receipts
                    where tenant_id = {_office.TenantId}
                    """);
                return new ConversationNotFound();
            },
            conversation);
        var answers = await TogetherAsync(half, Office.Comment(_office.Anna, conversation, "one"));

        answers[0].Refusal.ShouldBeOfType<ConversationNotFound>();
        (await store.EventsAsync(_office, conversation)).Count.ShouldBe(3);
        (
            await store.ScalarAsync<long>(
                "select count(*) from messaging.receipts where tenant_id = $1", _office.TenantId)
        ).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task The_same_command_twice_in_a_group_has_one_effect()
    {
        var conversation = await _office.ConverseAsync(_setUp);
        var id = Guid.CreateVersion7();
        var answers = await TogetherAsync(
            Office.Comment(_office.Anna, conversation, "once", id),
            Office.Comment(_office.Anna, conversation, "once", id),
            Office.Comment(_office.Anna, conversation, "with other content", id),
            Office.Comment(_office.Bernd, conversation, "once", id));

        answers.Select(a => a.Refusal?.GetType()).ShouldBe([null, null, typeof(IdIsUsed), typeof(IdIsUsed)]);
        (await store.BodiesAsync(_office, conversation)).Skip(1).ShouldBe(["once"]);
    }

    [Fact]
    public async Task More_commands_than_a_group_takes_are_carried_out_all()
    {
        var conversation = await _office.ConverseAsync(_setUp);
        var answers = await TogetherAsync([
            .. Enumerable.Range(0, 300).Select(i => Office.Comment(_office.Anna, conversation, $"{i}")),
        ]);

        answers.ShouldAllBe(a => a == Answer.Accepted);
        (await store.BodiesAsync(_office, conversation)).Skip(1).ShouldBe(Enumerable.Range(0, 300).Select(i => $"{i}"));
        (await store.EventsAsync(_office, conversation)).ShouldBeContiguous();
    }

    [Fact]
    public async Task What_a_group_writes_to_the_read_models_is_what_a_rebuild_writes_event_by_event()
    {
        var conversations = new List<Guid>();
        for (var i = 0; i < 4; i++)
            conversations.Add(await _office.ConverseAsync(_setUp, status: (ConversationStatus)(i % 3)));
        var random = new Random(4711);
        var commands = Enumerable
            .Range(0, 120)
            .Select(
                Command (i) =>
                {
                    var conversation = conversations[random.Next(conversations.Count)];
                    return random.Next(6) switch
                    {
                        0 => new ChangeStatusCommand(
                            _office.Anna, [conversation], (ConversationStatus)random.Next(3), null),
                        1 => new AssignAdministratorCommand(
                            _office.Anna, [conversation], random.Next(2) == 0 ? null : _office.Bernd.Actor.Id),
                        2 => Office.Comment(_office.Dieter, conversation, $"Vom Kunden, Nr. {i}"),
                        3 => Office.Comment(_office.Bernd, conversation, $"Intern, Nr. {i}") with
                        {
                            Visibility = CommentVisibility.Internal,
                        },
                        _ => Office.Comment(_office.Anna, conversation, $"Vom Büro, Nr. {i}"),
                    };
                }
            )
            .ToArray();
        (await TogetherAsync(commands)).ShouldAllBe(a => a == Answer.Accepted);

        var live = await RowsAsync();
        await store.Store.RebuildReadModelsAsync(TestContext.Current.CancellationToken);
        (await RowsAsync()).ShouldBe(live);

        async Task<string> RowsAsync() =>
            string.Join(
                '\n',
                await Task.WhenAll(
                    ((string[])["conversations", "comments", "status_periods", "waits"]).Select(table =>
                        store.ScalarAsync<string>(
                            $"select string_agg(t::text, E'\\n' order by t::text) from messaging.{table} t where "
                                + $"tenant_id = $1",
                            _office.TenantId
                        )
                    )
                )
            );
    }

    private Task<Answer[]> TogetherAsync(params Command[] commands) => OutcomesAsync(Answer.OfAsync, commands);

    private async Task<T[]> OutcomesAsync<T>(Func<Task<CommandOutcome>, Task<T>> of, params Command[] commands)
    {
        var executor = new CommandExecutor(
            store.Store, store.Database, NullLogger<CommandExecutor>.Instance, lanes: 1);
        var answers = commands.Select(c => of(executor.ExecuteAsync(c, CancellationToken.None))).ToArray();
        await executor.StartAsync(CancellationToken.None);
        var all = await Task.WhenAll(answers);
        await executor.StopAsync(CancellationToken.None);
        return all;
    }
}
