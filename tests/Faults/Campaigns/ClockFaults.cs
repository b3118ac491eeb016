using System.Globalization;

namespace Messaging.Faults.Campaigns;

/// <summary>Clocks that jump: the product's, and PostgreSQL's.</summary>
internal static class ClockFaults
{
    private static readonly string[] s_libraries =
    [
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
        "/usr/lib/faketime/libfaketime.so.1"
    ];

    public static IReadOnlyList<Campaign> All { get; } =
    [
        new(
            "clock-product", "the product's clock a day ahead, an hour back, right again",
            trial => JumpAsync(trial, ofProduct: true), WhyNot),
        new(
            "clock-postgres", "PostgreSQL's clock a day ahead, an hour back, right again",
            trial => JumpAsync(trial, ofProduct: false), WhyNot),
    ];

    private static string? Library => s_libraries.FirstOrDefault(File.Exists);

    private static string? WhyNot() => Library is null ? "libfaketime is missing (Debian: faketime)" : null;

    private static async Task JumpAsync(Trial trial, bool ofProduct)
    {
        // Beside the campaign's own directory, which is its user's alone: PostgreSQL runs as another.
        var file = $"{trial.ScratchDirectory}-clock";
        Set(file, TimeSpan.Zero);
        var environment = new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = Library!,
            ["FAKETIME_TIMESTAMP_FILE"] = file,
            ["FAKETIME_NO_CACHE"] = "1",

            // What has passed is what has passed; only what time it is jumps.
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        };
        await trial.StartPostgresAsync(environment: ofProduct ? null : environment);
        await trial.StartNodeAsync(ofProduct ? environment : null);
        await trial.StartClientsAsync();
        foreach (var offset in (TimeSpan[])[TimeSpan.FromDays(1), TimeSpan.FromHours(-1), TimeSpan.Zero])
        {
            await Task.Delay(trial.Long(10, 3));
            Set(file, offset);
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
        File.Delete(file);
    }

    // Written beside and renamed: it is read at every look at the clock.
    private static void Set(string file, TimeSpan offset)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture, $"{(offset < TimeSpan.Zero ? "-" : "+")}{Math.Abs(offset.TotalSeconds):0}");
        File.WriteAllText($"{file}.new", text + "\n");
        File.Move($"{file}.new", file, overwrite: true);
    }
}
