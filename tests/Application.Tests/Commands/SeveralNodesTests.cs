using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.Conversations;
using Messaging.Application.Customers;
using Messaging.Application.Organisation;
using Messaging.Application.Tests.Support;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;

namespace Messaging.Application.Tests.Commands;

/// <summary>Several executors write to one database, as several nodes do.</summary>
public sealed class SeveralNodesTests(StoreFixture store) : IClassFixture<StoreFixture>
{
    [Fact]
    public async Task Two_nodes_that_hammer_one_conversation_lose_nothing_and_keep_its_versions_contiguous()
    {
        var first = await store.StartExecutorAsync();
        var second = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(first);
        var conversation = await office.ConverseAsync(first);

        var bodies = await Task.WhenAll(
            Enumerable
                .Range(0, 16)
                .Select(async caller =>
                {
                    var written = new List<string>();
                    for (var i = 0; i < 15; i++)
                    {
                        written.Add($"{caller}/{i}");
                        await (caller % 2 == 0 ? first : second).DoAsync(
                            Office.Comment(caller % 3 == 0 ? office.Dieter : office.Anna, conversation, written[^1]));
                    }

                    return written;
                }));

        (await store.BodiesAsync(office, conversation)).Skip(1).Order().ShouldBe(bodies.SelectMany(b => b).Order());
        (await store.EventsAsync(office, conversation)).ShouldBeContiguous();
        await first.StopAsync(CancellationToken.None);
        await second.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Nobody_gets_more_API_tokens_than_there_may_be_by_creating_them_at_once()
    {
        var first = await store.StartExecutorAsync();
        var second = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(first);
        var create = Enumerable.Range(0, ApiTokens.Maximum + 20).Select(i => new CreateApiTokenCommand(
            office.Anna, Guid.CreateVersion7(), office.Anna.Actor.Id, $"Nr. {i}", ApiTokenScope.Read,
            DateTimeOffset.UtcNow.AddDays(1), ApiTokenSecret.New())).ToList();

        var refusals = await Task.WhenAll(
            create.Select((command, i) => (i % 2 == 0 ? first : second).TryAsync(command)));
        refusals.Count(r => r is null).ShouldBe(ApiTokens.Maximum);
        refusals.OfType<TooManyApiTokens>().Count().ShouldBe(20);
        await using var count = store.Database.CreateCommand(
            "select count(*) from messaging.api_tokens where tenant_id = $1");
        count.Parameters.Add(new() { Value = office.TenantId });
        (await count.ExecuteScalarAsync(TestContext.Current.CancellationToken)).ShouldBe((long)ApiTokens.Maximum);

        // Who repeats one that there is gets it; another's limit is another one.
        (await second.TryAsync(create[Array.IndexOf(refusals, null)])).ShouldBeNull();
        var bernds = create[0] with
        {
            Caller = office.Bernd,
            PersonId = office.Bernd.Actor.Id,
            Id = Guid.CreateVersion7(),
        };
        (await second.TryAsync(bernds with { Secret = ApiTokenSecret.New() })).ShouldBeNull();
        await first.StopAsync(CancellationToken.None);
        await second.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task One_command_sent_to_both_nodes_at_once_has_one_effect()
    {
        var first = await store.StartExecutorAsync();
        var second = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(first);
        var conversation = await office.ConverseAsync(first);
        var create = office.Create();
        for (var i = 0; i < 25; i++)
        {
            var comment = Office.Comment(office.Anna, conversation, $"{i}");
            await Task.WhenAll(first.DoAsync(comment), second.DoAsync(comment with { }));
        }

        await Task.WhenAll(first.DoAsync(create), second.DoAsync(create with { }));

        (await store.BodiesAsync(office, conversation)).Skip(1).ShouldBe(Enumerable.Range(0, 25).Select(i => $"{i}"));
        (await store.EventsAsync(office, create.Id)).Count.ShouldBe(2);
        await first.StopAsync(CancellationToken.None);
        await second.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task An_id_that_two_nodes_give_to_different_conversations_at_once_goes_to_one_of_them()
    {
        var first = await store.StartExecutorAsync();
        var second = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(first);
        var id = Guid.CreateVersion7();
        var answers = await Task.WhenAll(
            first.TryAsync(office.Create(id: id, subject: "A")), second.TryAsync(office.Create(id: id, subject: "B")));

        answers.Count(a => a is null).ShouldBe(1);
        answers.Count(a => a is { Kind: Domain.RefusalKind.Conflict }).ShouldBe(1);
        (await store.EventsAsync(office, id)).Count.ShouldBe(2);
        await first.StopAsync(CancellationToken.None);
        await second.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task An_address_that_two_nodes_invite_at_once_gets_one_account()
    {
        var first = await store.StartExecutorAsync();
        var second = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(first);
        for (var i = 0; i < 5; i++)
        {
            var email = $"new{i}@office.example";
            var answers = await Task.WhenAll(
                new[] { first, second }.Select(node =>
                    node.TryAsync(
                        new InviteAdministratorCommand(
                            office.Anna, Guid.CreateVersion7(), email, "New", Domain.Role.Administrator)
                    )
                )
            );

            answers.Count(a => a is null).ShouldBe(1);
            answers.Count(a => a is EmailIsTaken).ShouldBe(1);
            (
                await store.ScalarAsync<long>(
                    "select count(*) from messaging.accounts where tenant_id = $1 and email_key = $2", office.TenantId,
                    EmailKey.Of(email))
            ).ShouldBe(1);
        }

        await first.StopAsync(CancellationToken.None);
        await second.StopAsync(CancellationToken.None);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_owners_who_end_each_others_part_at_once_one_stays(bool dismiss)
    {
        var first = await store.StartExecutorAsync();
        var second = await store.StartExecutorAsync();
        for (var i = 0; i < 10; i++)
        {
            var office = await Office.OpenAsync(first);
            var other = Guid.CreateVersion7();
            await first.DoAsync(
                new InviteAdministratorCommand(
                    office.Anna, other, $"owner{i}@office.example", "Owner", Role.Administrator, "none")
            );
            await first.DoAsync(new ChangeAdministratorRoleCommand(office.Anna, other, null, true));
            var owner = office.Anna with { Actor = new Actor.Administrator(other, IsOwner: true) };
            Command End(Caller by, Guid whom) => dismiss
                ? new ChangeAdministratorRoleCommand(by, whom, null, false)
                : new DeactivateAdministratorCommand(by, whom);

            var answers = await Task.WhenAll(
                first.TryAsync(End(office.Anna, other)), second.TryAsync(End(owner, office.Anna.Actor.Id)));

            answers.Count(a => a is null).ShouldBe(1);
            (
                await store.ScalarAsync<long>(
                    "select count(*) from messaging.accounts where tenant_id = $1 and active and is_owner",
                    office.TenantId)
            ).ShouldBe(1);
        }

        await first.StopAsync(CancellationToken.None);
        await second.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Nobody_becomes_responsible_who_was_deactivated_before()
    {
        var first = await store.StartExecutorAsync();
        var second = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(first);
        for (var i = 0; i < 20; i++)
        {
            var person = Guid.CreateVersion7();
            await first.DoAsync(
                new InviteAdministratorCommand(
                    office.Anna, person, $"gone{i}@office.example", "Gone", Domain.Role.Administrator, "none")
            );
            var conversations = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => office.ConverseAsync(first)));
            var creation = office.Create(responsible: person);
            var deactivation = first.TryAsync(new DeactivateAdministratorCommand(office.Anna, person));
            var answers = await Task.WhenAll([
                .. conversations.Select(c =>
                    second.TryAsync(new AssignAdministratorCommand(office.Bernd, [c], person))
                ),
                second.TryAsync(creation),
            ]);
            (await deactivation).ShouldBeNull();

            // Whoever was assigned was so before: what came later was refused.
            (await store.ScalarAsync<long>(
                """
                select count(*) from messaging.mt_events e join messaging.mt_events d on d.tenant_id = e.tenant_id
                    and d.stream_id = $2 and d.type = 'administrator_deactivated'
                where e.tenant_id = $1 and e.type in ('administrator_assigned', 'conversation_created')
                    and e.data::text like '%' || $3 || '%' and e.seq_id > d.seq_id
                """,
                office.TenantId, person, person.ToString())).ShouldBe(0);
            (await second.TryAsync(new AssignAdministratorCommand(office.Bernd, [conversations[0]], person)))
                .ShouldBeNull();
            var late = new AssignAdministratorCommand(office.Bernd, [await office.ConverseAsync(first)], person);
            (await second.DoAsync(late)).RefusedAt[0].ShouldBeOfType<AdministratorIsDeactivated>();
            answers.ShouldAllBe(a => a == null || a is AdministratorIsDeactivated);
        }

        await first.StopAsync(CancellationToken.None);
        await second.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task An_address_that_two_nodes_give_to_a_colleague_and_to_a_contact_at_once_is_one_persons()
    {
        var first = await store.StartExecutorAsync();
        var second = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(first);
        for (var i = 0; i < 20; i++)
        {
            var email = $"both{i}@office.example";
            var answers = await Task.WhenAll(
                first.TryAsync(
                    new InviteAdministratorCommand(
                        office.Anna, Guid.CreateVersion7(), email, "Colleague", Role.Administrator, "none")),
                second.TryAsync(
                    new InviteContactCommand(
                        office.Anna, Guid.CreateVersion7(), office.CustomerId, email, "Contact", "none")));
            answers.Count(a => a is null).ShouldBe(1);
            answers.Single(a => a is not null).ShouldBeOfType<EmailIsTaken>();
            (await store.ScalarAsync<long>(
                "select count(*) from messaging.accounts where tenant_id = $1 and email_key = $2", office.TenantId,
                email)).ShouldBe(1);
        }

        await first.StopAsync(CancellationToken.None);
        await second.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Of_two_status_changes_that_expect_the_same_version_on_two_nodes_one_is_refused()
    {
        var first = await store.StartExecutorAsync();
        var second = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(first);
        for (var i = 0; i < 10; i++)
        {
            var conversation = await office.ConverseAsync(first);
            var a = new ChangeStatusCommand(office.Anna, [conversation], ConversationStatus.Attention, 2);
            var b = new ChangeStatusCommand(office.Bernd, [conversation], ConversationStatus.Answered, 2);
            var outcomes = await Task.WhenAll(first.DoAsync(a), second.DoAsync(b));

            outcomes.Sum(o => o.RefusedAt.Count).ShouldBe(1);
            (await store.EventsAsync(office, conversation)).Count.ShouldBe(3);
        }

        await first.StopAsync(CancellationToken.None);
        await second.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task What_one_node_remembers_of_a_conversation_is_checked_against_what_another_wrote()
    {
        var first = await store.StartExecutorAsync();
        var second = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(first);
        var conversation = await office.ConverseAsync(first);
        await first.DoAsync(Office.Comment(office.Dieter, conversation, "while it is open"));
        await second.DoAsync(new ChangeStatusCommand(office.Anna, [conversation], ConversationStatus.Answered, null));
        await first.DoAsync(Office.Comment(office.Dieter, conversation, "which reopens it"));

        (await store.EventsAsync(office, conversation))
            .Skip(3)
            .Select(e => e.Data.GetType())
            .ShouldBe([typeof(StatusChanged), typeof(CommentAdded), typeof(StatusChanged)]);
        await first.StopAsync(CancellationToken.None);
        await second.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task What_one_node_remembers_of_the_author_is_checked_against_what_another_wrote()
    {
        var first = await store.StartExecutorAsync();
        var second = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(first);
        var conversation = await office.ConverseAsync(first);
        await first.DoAsync(Office.Comment(office.Bernd, conversation, "still here"));
        await second.DoAsync(new DeactivateAdministratorCommand(office.Anna, office.Bernd.Actor.Id));

        (await first.TryAsync(Office.Comment(office.Bernd, conversation, "gone"))).ShouldBeOfType<AccessHasEnded>();
        (await store.BodiesAsync(office, conversation))[^1].ShouldBe("still here");
        await first.StopAsync(CancellationToken.None);
        await second.StopAsync(CancellationToken.None);
    }
}
