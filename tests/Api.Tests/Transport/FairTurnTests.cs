using Messaging.Api.GraphQL.Transport;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Transport;

/// <summary>Whoever asks for much waits for their own.</summary>
public sealed class FairTurnTests
{
    private static readonly Asker s_anna = new("sommer", "anna");
    private static readonly Asker s_bernd = new("sommer", "bernd");
    private static readonly Asker s_nora = new("nord", "nora");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task So_much_is_under_way_in_all_of_one_organisation_and_of_one_viewer()
    {
        var queue = new FairTurns(5, 4, _ => 3, 100);
        var annas = Ask(queue, s_anna, 10);
        var bernds = Ask(queue, s_bernd, 10);
        var noras = Ask(queue, s_nora, 10);
        queue.Load.ShouldBe((25, 5));
        await ServedAsync(3, 1, 1);

        // What one has ended, somebody gets who may have more.
        (await noras[0])!.Dispose();
        await ServedAsync(3, 1, 2);
        (await annas[0])!.Dispose();
        await ServedAsync(4, 1, 2);
        (await annas[1])!.Dispose();
        await ServedAsync(4, 1, 3);
        (await annas[2])!.Dispose();
        await ServedAsync(4, 2, 3);
        queue.Load.ShouldBe((21, 5));

        // A turn is given at once, and noticed on another thread.
        async Task ServedAsync(int anna, int bernd, int nora)
        {
            for (var i = 0; i < 100 && Served() != (anna, bernd, nora); i++) await Task.Delay(10, Cancellation);
            Served().ShouldBe((anna, bernd, nora));
        }

        (int, int, int) Served() =>
            (annas.Count(t => t.IsCompleted), bernds.Count(t => t.IsCompleted), noras.Count(t => t.IsCompleted));
    }

    [Fact]
    public async Task Organisations_take_turns_and_in_them_viewers_in_the_order_of_asking()
    {
        var queue = new FairTurns(1, 1, _ => 1, 100);
        var first = (await queue.EnterAsync(s_anna, TimeSpan.FromMinutes(1), Cancellation))!;
        var served = new List<string>();
        var all = new List<Task>();
        foreach (var (who, times) in (ReadOnlySpan<(Asker, int)>)[(s_anna, 4), (s_bernd, 2), (s_nora, 3)])
        {
            for (var i = 1; i <= times; i++) all.Add(ServeAsync(who, i));
        }

        first.Dispose();
        await Task.WhenAll(all);
        served.ShouldBe(["anna 1", "nora 1", "bernd 1", "nora 2", "anna 2", "nora 3", "bernd 2", "anna 3", "anna 4"]);
        queue.Load.ShouldBe((0, 0));

        async Task ServeAsync(Asker who, int time)
        {
            using var turn = await queue.EnterAsync(who, TimeSpan.FromMinutes(1), Cancellation);
            served.Add($"{who.Viewer} {time}");
        }
    }

    [Fact]
    public async Task Who_waits_in_vain_or_leaves_takes_no_turn()
    {
        var queue = new FairTurns(1, 1, _ => 1, 2);
        var first = (await queue.EnterAsync(s_anna, TimeSpan.FromMinutes(1), Cancellation))!;
        using var leaves = new CancellationTokenSource();
        var left = queue.EnterAsync(s_bernd, TimeSpan.FromMinutes(1), leaves.Token).AsTask();
        var late = queue.EnterAsync(s_bernd, TimeSpan.FromMilliseconds(50), Cancellation).AsTask();
        (await late).ShouldBeNull();
        var patient = queue.EnterAsync(s_bernd, Timeout.InfiniteTimeSpan, Cancellation).AsTask();

        // Two of one viewer may wait.
        (await queue.EnterAsync(s_bernd, TimeSpan.FromMinutes(1), Cancellation)).ShouldBeNull();
        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(left);
        patient.IsCompleted.ShouldBeFalse();
        first.Dispose();
        first.Dispose();
        (await patient)!.Dispose();
        queue.Load.ShouldBe((0, 0));
    }

    [Fact]
    public async Task Nothing_is_lost_when_all_come_and_go_at_once()
    {
        var queue = new FairTurns(7, 5, who => who == s_anna ? 1 : 3, 1000);
        var (running, most, refused) = (0, 0, 0);
        await Task.WhenAll(
            Enumerable
                .Range(0, 3000)
                .Select(i =>
                    Task.Run(async () =>
                    {
                        using var impatient = new CancellationTokenSource(i % 7 == 0 ? 1 : 60_000);
                        try
                        {
                            using var turn = await queue.EnterAsync(
                                (i % 3) switch
                                {
                                    0 => s_anna,
                                    1 => s_bernd,
                                    _ => s_nora,
                                },
                                TimeSpan.FromMilliseconds(i % 5 == 0 ? 2 : 60_000),
                                impatient.Token
                            );
                            if (turn is null)
                            {
                                Interlocked.Increment(ref refused);
                                return;
                            }

                            var now = Interlocked.Increment(ref running);
                            InterlockedMax(ref most, now);
                            await Task.Yield();
                            Interlocked.Decrement(ref running);
                        }
                        catch (OperationCanceledException)
                        {
                            Interlocked.Increment(ref refused);
                        }
                    })));
        most.ShouldBeInRange(1, 7);
        queue.Load.ShouldBe((0, 0));

        static void InterlockedMax(ref int most, int value)
        {
            for (var seen = most; seen < value; seen = most) Interlocked.CompareExchange(ref most, value, seen);
        }
    }

    private static List<Task<IDisposable?>> Ask(FairTurns queue, Asker who, int times) =>
        [
            .. Enumerable
                .Range(0, times)
                .Select(_ => queue.EnterAsync(who, TimeSpan.FromMinutes(1), Cancellation).AsTask()),
        ];
}
