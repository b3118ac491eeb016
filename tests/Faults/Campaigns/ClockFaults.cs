using Messaging.TestSupport.Postgres;

namespace Messaging.Faults.Campaigns;

/// <summary>Clocks that jump: the product's, and PostgreSQL's.</summary>
internal static class ClockFaults
{
    public static IReadOnlyList<Campaign> All { get; } =
    [
        new(
            "clock-product", "the product's clock a day ahead, an hour back, right again",
            trial => JumpAsync(trial, ofProduct: true), () => JumpingClock.WhyNot),
        new(
            "clock-postgres", "PostgreSQL's clock a day ahead, an hour back, right again",
            trial => JumpAsync(trial, ofProduct: false), () => JumpingClock.WhyNot),
    ];

    private static async Task JumpAsync(Trial trial, bool ofProduct)
    {
        // Beside the campaign's own directory, which is its user's alone: PostgreSQL runs as another.
        using var clock = new JumpingClock($"{trial.ScratchDirectory}-clock");
        clock.Set(TimeSpan.Zero);
        var environment = clock.Environment;
        await trial.StartPostgresAsync(environment: ofProduct ? null : environment);
        await trial.StartNodeAsync(ofProduct ? environment : null);
        await trial.StartClientsAsync();
        foreach (var offset in (TimeSpan[])[TimeSpan.FromDays(1), TimeSpan.FromHours(-1), TimeSpan.Zero])
        {
            await Task.Delay(trial.Long(10, 3));
            clock.Set(offset);
            trial.Outcome.Times++;

            // A token of before has expired when a day has passed: whoever holds it signs in again.
            if (ofProduct) await trial.Clients.SignInAgainAsync();
            await trial.RecoverAsync(TimeSpan.FromSeconds(30));
            if (!await trial.Node.IsReadyAsync())
                trial.Outcome.Broken.Add($"It is not ready with a clock {offset.TotalHours:0} h ahead");
        }

        await Task.Delay(trial.Long(10, 3));
        await trial.CompareAsync();
        trial.Outcome.Broken.RemoveAll(problem => problem.Contains("UNAUTHENTICATED", StringComparison.Ordinal));
    }
}
