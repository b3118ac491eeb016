using Messaging.Application.Organisation;
using Messaging.Application.Tests.Support;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Messaging.TestSupport;

namespace Messaging.Application.Tests.Notifications;

/// <summary>Who stands in for the responsible administrator is told as it was when something happened.</summary>
public sealed class DeputyTests : IAsyncLifetime
{
    private static readonly DateOnly s_today = DateOnly.FromDateTime(DateTime.UtcNow);

    private RunningProduct _product = null!;
    private Office _office = null!;

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _office = await Office.OpenAsync(_product.Executor);
    }

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task Who_is_away_when_it_happens_has_a_deputy_however_late_it_is_planned()
    {
        var conversation = await _office.ConverseAsync(_product.Executor, responsible: _office.Bernd.Actor.Id);
        await PlannedAsync();
        await _product.StopAsync();
        await using (var store = new StoreOn(_product))
        {
            var executor = await StoreFixture.StartExecutorAsync(store.Store, _product.Database);
            Task SayAsync(string body, Caller? by = null, CommentVisibility visibility = CommentVisibility.Public) =>
                executor.DoAsync(Office.Comment(by ?? _office.Dieter, conversation, body, visibility: visibility));
            Task AwayAsync(Caller who, int from, int to, Caller? deputy) => executor.DoAsync(new SetAbsenceCommand(
                who, who.Actor.Id, new Absence(s_today.AddDays(from), s_today.AddDays(to), deputy?.Actor.Id)));
            Task BackAsync(Caller who) => executor.DoAsync(new SetAbsenceCommand(who, who.Actor.Id, null));

            await SayAsync("1 before");
            await AwayAsync(_office.Bernd, 5, 9, _office.Carla);
            await SayAsync("2 not yet");
            await AwayAsync(_office.Bernd, -2, 2, _office.Carla);
            await SayAsync("3 away");
            await SayAsync("4 note", _office.Anna, CommentVisibility.Internal);
            await AwayAsync(_office.Carla, -2, 2, _office.Anna);
            await SayAsync("5 both away");
            await BackAsync(_office.Carla);
            await AwayAsync(_office.Bernd, -2, 2, null);
            await SayAsync("6 nobody stands in");
            await BackAsync(_office.Bernd);
            await SayAsync("7 back");
            await executor.StopAsync(CancellationToken.None);
        }

        await _product.StartAgainAsync();
        await PlannedAsync();
        (await ToldAsync("notifications")).ShouldBe([
            "1 before: bernd Responsible", "2 not yet: bernd Responsible", "3 away: bernd Responsible",
            "3 away: carla Deputy", "4 note: bernd Responsible", "4 note: carla Deputy",
            "5 both away: anna NobodyResponsible", "5 both away: bernd Responsible",
            "5 both away: carla NobodyResponsible", "6 nobody stands in: anna NobodyResponsible",
            "6 nobody stands in: bernd Responsible", "6 nobody stands in: carla NobodyResponsible",
            "7 back: bernd Responsible",
        ]);
        (await ToldAsync("deliveries")).ShouldBe([
            "1 before: bernd Responsible", "2 not yet: bernd Responsible", "3 away: bernd Responsible",
            "3 away: carla Deputy", "4 note: bernd Responsible", "4 note: carla Deputy",
            "5 both away: bernd Responsible", "6 nobody stands in: bernd Responsible", "7 back: bernd Responsible",
        ]);
    }

    [Fact]
    public async Task Who_was_responsible_when_it_happened_is_who_has_a_deputy()
    {
        await _product.Executor.DoAsync(new SetAbsenceCommand(
            _office.Bernd, _office.Bernd.Actor.Id,
            new Absence(s_today.AddDays(-2), s_today.AddDays(2), _office.Carla.Actor.Id)));
        var conversation = await _office.ConverseAsync(_product.Executor, responsible: _office.Bernd.Actor.Id);
        await PlannedAsync();
        await _product.StopAsync();
        await using (var store = new StoreOn(_product))
        {
            var executor = await StoreFixture.StartExecutorAsync(store.Store, _product.Database);
            await executor.DoAsync(Office.Comment(_office.Dieter, conversation, "1 Bernd"));
            await executor.DoAsync(new Application.Conversations.AssignAdministratorCommand(
                _office.Anna, [conversation], _office.Anna.Actor.Id));
            await executor.DoAsync(Office.Comment(_office.Dieter, conversation, "2 Anna"));
            await executor.StopAsync(CancellationToken.None);
        }

        await _product.StartAgainAsync();
        await PlannedAsync();
        (await ToldAsync("notifications"))
            .ShouldBe(["1 Bernd: bernd Responsible", "1 Bernd: carla Deputy", "2 Anna: anna Responsible"]);
    }

    [Fact]
    public async Task A_time_zone_that_the_machine_does_not_know_keeps_nobody_from_being_told()
    {
        await _product.Executor.DoAsync(new SetAbsenceCommand(
            _office.Bernd, _office.Bernd.Actor.Id,
            new Absence(s_today.AddDays(-2), s_today.AddDays(2), _office.Carla.Actor.Id)));
        var conversation = await _office.ConverseAsync(_product.Executor, responsible: _office.Bernd.Actor.Id);
        await _product.ScalarAsync<string>(
            $"update messaging.organisations set time_zone = 'Europe/Atlantis' where id = '{_office.Id}' "
                + "returning time_zone");
        await _product.Executor.DoAsync(Office.Comment(_office.Dieter, conversation, "1 Atlantis"));
        await PlannedAsync();
        (await ToldAsync("notifications")).ShouldBe(["1 Atlantis: bernd Responsible", "1 Atlantis: carla Deputy"]);
    }

    private Task PlannedAsync() => Waiting.UntilAsync(
        () => _product.ScalarAsync<bool>(
            "select last_seq_id = (select max(seq_id) from messaging.mt_events) "
                + "from messaging.mt_event_progression where name = 'notifications:All'"),
        TimeSpan.FromMinutes(4));

    private async Task<string[]> ToldAsync(string table) =>
        (await _product.ScalarAsync<string>(
            $"""
            select string_agg(t, '|' order by t) from (
                select m.body || ': ' || split_part(a.email, '@', 1) || ' ' || n.rule as t
                from messaging.{table} n
                join messaging.comments m on m.id = n.comment_id and m.position > 2
                join messaging.administrators a on a.id = n.recipient_id) t
            """))!.Split('|');
}
