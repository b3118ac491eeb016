using System.Globalization;
using Messaging.Application.History;
using Messaging.Application.Tests.Support;

namespace Messaging.Application.Tests.History;

public sealed class AuditSweepsTests(StoreFixture store) : IClassFixture<StoreFixture>, IAsyncLifetime
{
    private AuditSweeps _sweeps = null!;
    private Office _office = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _sweeps = new AuditSweeps(store.Database);
        var executor = await store.StartExecutorAsync();
        _office = await Office.OpenAsync(executor);
        await executor.StopAsync(CancellationToken.None);

        // Those of the other tests are not looked through.
        await DoAsync(
            "delete from messaging.audit_sweeps; "
                + $"delete from messaging.organisations where tenant_id <> '{_office.TenantId}'");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task An_office_is_looked_through_once_a_night_of_its_own_by_one_node()
    {
        await SetHourAsync(12);
        (await _sweeps.TakeAsync(Cancellation)).ShouldBeNull();
        await SetHourAsync(2);
        var sweep = (await _sweeps.TakeAsync(Cancellation)).ShouldNotBeNull();
        sweep.ShouldBe(new SweepUnderWay(_office.TenantId, Guid.Empty, 0, 0));
        (await _sweeps.TakeAsync(Cancellation)).ShouldBeNull();
        (await _sweeps.LastAsync(_office.TenantId, Cancellation)).ShouldBeNull();

        await _sweeps.EndAsync(sweep with { Files = 7, Damaged = 1 }, isWhole: false, Cancellation);
        var last = (await _sweeps.LastAsync(_office.TenantId, Cancellation)).ShouldNotBeNull();
        (last.Files, last.Damaged, last.IsWhole).ShouldBe((7, 1, false));
        (await _sweeps.TakeAsync(Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task One_that_was_cut_off_goes_on_where_it_was_at_any_hour()
    {
        await SetHourAsync(2);
        var sweep = (await _sweeps.TakeAsync(Cancellation)).ShouldNotBeNull() with
        {
            AfterId = Guid.CreateVersion7(),
            Files = 3,
            Damaged = 2,
        };
        await _sweeps.KeepAsync(sweep, Cancellation);
        await SetHourAsync(12);
        (await _sweeps.TakeAsync(Cancellation)).ShouldBeNull();
        await DoAsync("update messaging.audit_sweeps set taken_until = now() - interval '1 second'");
        (await _sweeps.TakeAsync(Cancellation)).ShouldBe(sweep);
    }

    [Fact]
    public async Task One_that_had_no_night_for_two_days_is_looked_through_by_day()
    {
        await SetHourAsync(2);
        await _sweeps.EndAsync((await _sweeps.TakeAsync(Cancellation))!, isWhole: true, Cancellation);
        await SetHourAsync(12);
        (await _sweeps.TakeAsync(Cancellation)).ShouldBeNull();
        await DoAsync(
            "update messaging.audit_sweeps set begun_at = now() - interval '3 days', checked_at = now() - interval '3 days'");
        (await _sweeps.TakeAsync(Cancellation)).ShouldNotBeNull();
    }

    // In a zone where it is that hour now.
    private async Task SetHourAsync(int hour)
    {
        var utc = await store.ScalarAsync<int>("select extract(hour from now() at time zone 'UTC')::int");
        var offset = hour - utc;
        if (offset < -12) offset += 24;
        else if (offset > 14) offset -= 24;

        // The sign of such a zone is that of POSIX: Etc/GMT-2 is two hours before UTC.
        var zone = string.Create(CultureInfo.InvariantCulture, $"Etc/GMT{(offset > 0 ? "-" : "+")}{Math.Abs(offset)}");
        await DoAsync($"update messaging.organisations set time_zone = '{zone}'");
    }

    private async Task DoAsync(string sql)
    {
        await using var command = store.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
