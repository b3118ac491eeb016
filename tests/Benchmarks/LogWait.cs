using System.Diagnostics;
using System.Net.Http.Headers;

namespace Messaging.Benchmarks;

/// <summary>
/// What a download waits for the log of everything: downloads that are recorded take turns with requests for the same
/// file that do all the same and are not (HEAD). A sign-in waits by the same call.
/// </summary>
internal static class LogWait
{
    /// <summary>Asks for a file by turns, from so many clients at once.</summary>
    /// <returns>Milliseconds of those that are recorded, and of those that are not, in ascending order.</returns>
    public static async Task<(List<double> Recorded, List<double> Others)> MeasureAsync(
        Uri address, string token, string file, int clients, int samples)
    {
        using var http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(1) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var (recorded, others) = (new List<double>(), new List<double>());
        await Parallel.ForEachAsync(
            Enumerable.Range(0, clients), new ParallelOptions { MaxDegreeOfParallelism = clients },
            async (_, cancellation) =>
            {
                for (var i = 0; i < samples / clients; i++)
                {
                    // Whichever is first has a file that nobody has just asked for.
                    HttpMethod[] turn = [HttpMethod.Get, HttpMethod.Head];
                    if (i % 2 == 1) Array.Reverse(turn);
                    foreach (var method in turn)
                    {
                        var took = await AskAsync(method, cancellation);
                        var times = method == HttpMethod.Get ? recorded : others;
                        lock (times) times.Add(took);
                    }
                }
            });
        recorded.Sort();
        others.Sort();
        return (recorded, others);

        async Task<double> AskAsync(HttpMethod method, CancellationToken cancellation)
        {
            var before = Stopwatch.GetTimestamp();
            using var request = new HttpRequestMessage(method, file);
            using var answer = await http.SendAsync(request, cancellation);
            if (!answer.IsSuccessStatusCode)
                throw new BenchmarkFailedException($"{method} {file} was answered by {(int)answer.StatusCode}.");
            return Stopwatch.GetElapsedTime(before).TotalMilliseconds;
        }
    }
}

/// <summary>What downloads wait for the log, beside other work.</summary>
/// <param name="Beside">What else happened.</param>
/// <param name="Recorded">Milliseconds, in ascending order.</param>
/// <param name="Others">The same of requests that are not recorded.</param>
internal sealed record LogWaitStep(
    string Beside, [property: System.Text.Json.Serialization.JsonIgnore] IReadOnlyList<double> Recorded,
    [property: System.Text.Json.Serialization.JsonIgnore] IReadOnlyList<double> Others)
{
    /// <summary>The longest that it may be at p95, in milliseconds.</summary>
    public const double Goal = 20;

    public double P50 => At(Recorded, 50);

    public double P95 => At(Recorded, 95);

    public double OthersP50 => At(Others, 50);

    public double OthersP95 => At(Others, 95);

    private static double At(IReadOnlyList<double> times, int percent) => times[times.Count * percent / 100];
}
