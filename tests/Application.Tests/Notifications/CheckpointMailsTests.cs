using System.Security.Cryptography;
using Messaging.Application.Commands;
using Messaging.Application.History;
using Messaging.Application.Notifications;
using Messaging.Application.Tests.Support;
using Messaging.Domain;
using Messaging.Projections.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Messaging.Application.Tests.Notifications;

/// <summary>Auditors and owners who chose it have a copy of the checkpoint of each day on which something changed.
/// </summary>
public sealed class CheckpointMailsTests(StoreFixture store) : IClassFixture<StoreFixture>, IAsyncLifetime
{
    // 07:00 in Berlin, on the day before the clock goes forward.
    private static readonly DateTimeOffset s_morning = new(2026, 3, 28, 6, 0, 0, TimeSpan.Zero);

    private static readonly ThisNode s_alone = new(null);

    private readonly CheckpointKey _key = new(RandomNumberGenerator.GetBytes(32));
    private CommandExecutor _executor = null!;
    private Office _office = null!;
    private Guid _conversation;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _executor = await store.StartExecutorAsync();
        _office = await Office.OpenAsync(_executor);
        _conversation = await _office.ConverseAsync(_executor);
        await _executor.DoAsync(Choice(_office.Anna));
        await _executor.DoAsync(Choice(_office.Paul));
        await AppendAsync();
    }

    public async ValueTask DisposeAsync() => await _executor.StopAsync(CancellationToken.None);

    [Fact]
    public async Task There_is_one_a_day_where_something_changed_whatever_is_planned_at_once()
    {
        // Whoever does not see all of the history may not even choose it.
        (await _executor.TryAsync(Choice(_office.Bernd))).ShouldBeOfType<CheckpointsAreForAuditors>();
        (await _executor.TryAsync(Choice(_office.Dieter))).ShouldBeOfType<CheckpointsAreForAuditors>();
        (await _executor.TryAsync(Choice(_office.Paul with { IsLimited = true })))
            .ShouldBeOfType<CheckpointsAreForAuditors>();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PlanAsync(s_morning)));
        (await RecipientsAsync()).ShouldBe([_office.Anna.Actor.Id, _office.Paul.Actor.Id], ignoreOrder: true);

        // A day ends at seven, also one that has 23 hours.
        await ChangeAsync();
        await PlanAsync(s_morning.AddHours(23).AddMicroseconds(-1));
        (await RecipientsAsync()).Count.ShouldBe(2);
        await PlanAsync(s_morning.AddHours(23));
        (await RecipientsAsync()).Count.ShouldBe(4);

        // That such a mail was sent is no change, and that another one was is.
        await MailedAsync(DeliveryTable.Checkpoint);
        await PlanAsync(s_morning.AddDays(2));
        (await RecipientsAsync()).Count.ShouldBe(4);
        await MailedAsync(DeliveryTable.WeeklyReport);
        await PlanAsync(s_morning.AddDays(3));
        (await RecipientsAsync()).Count.ShouldBe(6);

        // Whoever wants none any more, has left, is limited or is no owner any more has none.
        await ChangeAsync();
        await _executor.DoAsync(Choice(_office.Anna, false));
        await store.ScalarAsync<object>(
            $"update messaging.administrators set limited = true where id = '{_office.Paul.Actor.Id}'");
        await PlanAsync(s_morning.AddDays(4));
        (await RecipientsAsync()).Count.ShouldBe(6);
    }

    [Fact]
    public async Task What_is_mailed_is_signed_and_proves_what_was_until_then()
    {
        await WithNowAsync("now()");
        var email = (await ComposeAsync(_office.Paul)).ShouldNotBeNull();
        (email.ToName, email.MayChoose).ShouldBe(("Paul Prüfer", true));
        var note = CheckpointNote.Read(email.Note, _key.Public, out var why).ShouldNotBeNull(why);
        (note.TenantId, note.Size).ShouldBe((_office.TenantId, email.Size));
        await ChangeAsync();
        var proved = await new AuditCheck(store.Database).RunAsync([new KeptCheckpoint("mail", note)], Cancellation);
        proved.Verdict.ShouldBe(AuditVerdict.Proved, proved.Sentence);

        // It is that of the moment in which it goes.
        (await ComposeAsync(_office.Anna)).ShouldNotBeNull().Size.ShouldBeGreaterThan(email.Size);

        await store.ScalarAsync<object>(
            $"update messaging.administrators set limited = true where id = '{_office.Paul.Actor.Id}'");
        (await ComposeAsync(_office.Paul)).ShouldBeNull();
        await store.ScalarAsync<object>(
            $"update messaging.administrators set limited = false where id = '{_office.Paul.Actor.Id}'");
        (await ComposeAsync(_office.Paul)).ShouldNotBeNull();
        await store.ScalarAsync<object>(
            $"update messaging.accounts set access_ends_at = now() where person_id = '{_office.Paul.Actor.Id}'");
        (await ComposeAsync(_office.Paul)).ShouldBeNull();
        await _executor.DoAsync(Choice(_office.Anna, false));
        (await ComposeAsync(_office.Anna)).ShouldBeNull();
        await _executor.DoAsync(Choice(_office.Anna));
        await store.ScalarAsync<object>(
            $"""
            update messaging.deliveries set occurred_at = occurred_at - interval '1 day'
            where recipient_id = '{_office.Anna.Actor.Id}'
            """);
        (await ComposeAsync(_office.Anna)).ShouldBeNull();
    }

    private static UpdateNotificationPreferencesCommand Choice(Caller caller, bool choice = true) =>
        new(caller, null, null) { DailyCheckpoint = choice };

    private async Task ChangeAsync()
    {
        await _executor.DoAsync(Office.Comment(_office.Anna, _conversation));
        await AppendAsync();
    }

    // As the log of everything has it when the mail server took one.
    private async Task MailedAsync(string kind)
    {
        await store.ScalarAsync<object>(
            $$"""
            with stream as (
                insert into messaging.mt_streams (tenant_id, id, version, timestamp)
                values ('{{_office.Id}}', gen_random_uuid(), 1, now()) returning id)
            insert into messaging.mt_events (
                seq_id, id, stream_id, version, data, type, tenant_id, timestamp, headers, is_archived)
            select nextval('messaging.mt_events_sequence'), gen_random_uuid(), id, 1, '{"kind": "{{kind}}"}',
                'mail_sent', '{{_office.Id}}', now(), '{"sequence": 0}', false from stream
            """);
        await AppendAsync();
    }

    private async Task AppendAsync()
    {
        using var committed = new CommitSignal();
        var writer = new AuditWriter(store.Database, committed, NullLogger<AuditWriter>.Instance);
        while (await writer.AppendAsync(Cancellation) > 0)
        {
            // There may be more.
        }
    }

    private Task<int> PlanAsync(DateTimeOffset at) =>
        CheckpointMails.PlanAsync(store.Database, s_alone, Sql.Of($"{at}::timestamptz"), Cancellation);

    private Task<int> WithNowAsync(string now) =>
        CheckpointMails.PlanAsync(store.Database, s_alone, Sql.Raw(now), Cancellation);

    private async Task<List<Guid>> RecipientsAsync() => await Sql.Of(
        $"""
        select recipient_id from messaging.deliveries
        where tenant_id = {_office.TenantId} and kind = {DeliveryTable.Checkpoint}
        """).ListAsync(store.Database, r => r.GetGuid(0), Cancellation);

    private async Task<CheckpointEmail?> ComposeAsync(Caller caller)
    {
        var id = await store.ScalarAsync<Guid>(
            $"""
            select id from messaging.deliveries
            where tenant_id = '{_office.Id}' and kind = 'Checkpoint' and recipient_id = '{caller.Actor.Id}'
            """);
        var deliveries = new Deliveries(store.Database, EmailBudget.Default, s_alone, _key);
        var composed = await deliveries.ComposeAsync(
            new ClaimedDelivery(
                _office.TenantId, id, DeliveryTable.Checkpoint, "paul@sommer.example", "de", 1, s_morning, [id]),
            Cancellation);
        return composed?.Email as CheckpointEmail;
    }
}
