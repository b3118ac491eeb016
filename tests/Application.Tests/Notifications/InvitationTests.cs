using Messaging.Application.Accounts;
using Messaging.Application.Customers;
using Messaging.Application.Organisation;
using Messaging.Application.Tests.Support;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.TestSupport;
using Messaging.TestSupport.Smtp;

namespace Messaging.Application.Tests.Notifications;

/// <summary>How often people are asked to join, and which of the links that they got works.</summary>
public sealed class InvitationTests : IAsyncLifetime
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Somebody_is_asked_once_more_in_five_minutes_and_the_earlier_links_end(bool isContact)
    {
        var id = await InviteAsync("neu@gast.example", isContact);
        var first = TokenOf(await Mails.WaitForMailAsync(ToGuest));
        await _product.Executor.DoAsync(new InviteAgainCommand(_office.Anna, id));
        var second = TokenOf(await Mails.WaitForMailAsync(m => ToGuest(m) && TokenOf(m) != first));
        (await AcceptAsync(first)).ShouldBeOfType<InvitationIsNotValid>();

        var refusals = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(_ => _product.Executor.TryAsync(new InviteAgainCommand(_office.Anna, id))));
        refusals.ShouldAllBe(r => r is InvitedAgainJustNow);
        refusals[0].ShouldBe(new InvitedAgainJustNow(5));
        await _product.StopAsync();
        await _product.StartAgainAsync();
        (
            await _product.Executor.TryAsync(new InviteAgainCommand(_office.Anna, id))
        ).ShouldBeOfType<InvitedAgainJustNow>();

        // Five minutes later, and in all five times a day.
        for (var i = 0; i < 3; i++)
        {
            await _product.ScalarAsync<object>(
                "update messaging.invitations_asked set asked_at = asked_at - interval '5 minutes'");
            await _product.Executor.DoAsync(new InviteAgainCommand(_office.Anna, id));
        }

        await _product.ScalarAsync<object>(
            "update messaging.invitations_asked set asked_at = asked_at - interval '5 minutes'");
        (await _product.Executor.TryAsync(new InviteAgainCommand(_office.Anna, id))).ShouldBe(
            new AddressIsInvitedTooOften(5));
        await _product.ScalarAsync<object>(
            "update messaging.invitations_asked set asked_at = asked_at - interval '1 day'");
        await _product.Executor.DoAsync(new InviteAgainCommand(_office.Anna, id));
        (await AcceptAsync(second)).ShouldBeOfType<InvitationIsNotValid>();
        await Waiting.UntilAsync(async () => await _product.ScalarAsync<long>(
            "select count(*) from messaging.deliveries where state in ('Sent', 'NotNeeded')") == 6);
        (await AcceptAsync(TokenOf(Mails.Received.Last(ToGuest)))).ShouldBeNull();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Of_a_mail_that_may_have_arrived_and_was_sent_again_either_link_works(int taken)
    {
        Mails.Once(SmtpStep.Content, SmtpReaction.KeepThenDrop);
        await InviteAsync("neu@gast.example", true);
        await Waiting.UntilAsync(async () =>
            await _product.ScalarAsync<bool>("select bool_and(state = 'PerhapsSent') from messaging.deliveries")
        );

        // It is sent again after ten minutes.
        await _product.ScalarAsync<object>(
            "update messaging.deliveries set try_at = clock_timestamp(), perhaps_until = clock_timestamp()");
        var mails = await Mails.WaitForAsync(all => all.Count(ToGuest) == 2, TimeSpan.FromSeconds(60));
        var links = mails.Where(ToGuest).Select(TokenOf).ToList();
        links[0].ShouldNotBe(links[1]);
        (await AcceptAsync(links[taken])).ShouldBeNull();
        (await AcceptAsync(links[1 - taken])).ShouldBeOfType<InvitationIsNotValid>();
    }

    [Fact]
    public async Task A_mail_that_is_overtaken_by_a_later_one_is_not_sent_and_its_link_would_not_work()
    {
        await Mails.StopListeningAsync();
        var id = await InviteAsync("neu@gast.example", true);
        await Waiting.UntilAsync(async () =>
            await _product.ScalarAsync<bool>("select attempts > 0 and state = 'Pending' from messaging.deliveries")
        );
        await _product.Executor.DoAsync(new InviteAgainCommand(_office.Anna, id));
        await Waiting.UntilAsync(async () =>
            await _product.ScalarAsync<long>("select count(*) from messaging.deliveries where attempts > 0") == 2
        );
        Mails.ListenAgain();
        await Waiting.UntilAsync(
            async () =>
                await _product.ScalarAsync<long>(
                    "select count(*) from messaging.deliveries where state in ('Sent', 'NotNeeded')") == 2,
            TimeSpan.FromSeconds(90)
        );

        Mails.Received.Count(ToGuest).ShouldBe(1);
        (
            await _product.ScalarAsync<string>("select string_agg(state, ' ' order by id) from messaging.deliveries")
        ).ShouldBe("NotNeeded Sent");
        (await AcceptAsync(TokenOf(Mails.Received.Single(ToGuest)))).ShouldBeNull();
    }

    [Fact]
    public async Task A_link_of_before_there_were_versions_works_until_somebody_is_asked_once_more()
    {
        var ids = new[] { await InviteAsync("neu@gast.example", true), await InviteAsync("anders@gast.example", true) };
        foreach (var (token, id) in new[] { ("old", ids[0]), ("older", ids[1]) })
        {
            await _product.ScalarAsync<object>(
                "insert into messaging.invitations (token_hash, tenant_id, person_id, expires_at) values ($1, "
                    + "$2, $3, now() + interval '1 day')",
                Invitations.HashOf(token), _office.TenantId, id);
        }

        (await AcceptAsync("old")).ShouldBeNull();
        await _product.Executor.DoAsync(new InviteAgainCommand(_office.Anna, ids[1]));
        (await AcceptAsync("older")).ShouldBeOfType<InvitationIsNotValid>();
    }

    [Fact]
    public async Task Nobody_invites_more_people_an_hour_than_by_hand_and_colleagues_are_not_held_up()
    {
        var limits = new InvitationLimits(PerHour: 3);
        var refusals = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(i =>
                    _product.Executor.TryAsync(Contact($"gast{i}@gast.example", _office.Anna) with { Limits = limits })
                )
        );
        refusals.Count(r => r is null).ShouldBe(3);
        refusals.OfType<TooManyInvitations>().Count().ShouldBe(5);
        (
            await _product.Executor.TryAsync(Contact("einer@gast.example", _office.Anna) with { Limits = limits })
        ).ShouldBe(new TooManyInvitations(3));
        await _product.Executor.DoAsync(Contact("anderer@gast.example", _office.Bernd) with { Limits = limits });

        // Who gets no mail does not count, and an hour later it is as before.
        await _product.Executor.DoAsync(Contact("ohne@gast.example", _office.Anna, "hash") with { Limits = limits });
        await _product.ScalarAsync<object>(
            "update messaging.invitations_asked set asked_at = asked_at - interval '1 hour'");
        await _product.Executor.DoAsync(Contact("einer@gast.example", _office.Anna) with { Limits = limits });
        await Waiting.UntilAsync(async () =>
            await _product.ScalarAsync<long>("select count(*) from messaging.deliveries where state = 'Sent'") == 5
        );
        Mails.Received.Count.ShouldBe(5);
    }

    private static bool ToGuest(ReceivedMail mail) => mail.Recipients.Contains("neu@gast.example");

    private static string TokenOf(ReceivedMail mail) =>
        System
            .Text.RegularExpressions.Regex.Match(mail.Message.TextBody!, "#token=([A-Za-z0-9_-]{43})")
            .Groups[1]
            .Value;

    private InviteContactCommand Contact(string email, Caller by, string? passwordHash = null) =>
        new(by, Guid.CreateVersion7(), _office.CustomerId, email, "Gast", passwordHash);

    private async Task<Guid> InviteAsync(string email, bool isContact)
    {
        var id = Guid.CreateVersion7();
        await _product.Executor.DoAsync(isContact
            ? new InviteContactCommand(_office.Anna, id, _office.CustomerId, email, "Gast")
            : new InviteAdministratorCommand(_office.Anna, id, email, "Gast", Role.Administrator));
        return id;
    }

    private async Task<Refusal?> AcceptAsync(string token)
    {
        var passwords = new Passwords();
        var invitations = new Invitations(
            _product.Executor, _product.Database, passwords, new SignIn(_product.Database, passwords));
        return (await invitations.AcceptAsync(token, "correct horse battery", CancellationToken.None)).Refusal;
    }
}
