using Messaging.Api.Files;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Files;

public sealed class FairQueueTests
{
    private static readonly Guid s_ann = Guid.CreateVersion7();
    private static readonly Guid s_bob = Guid.CreateVersion7();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Offices_take_turns_and_people_of_an_office_do()
    {
        using var queue = new FairQueue<string>(10, 100);
        foreach (var work in (string[])["a1", "a2", "a3", "a4"]) queue.TryAdd("a", s_ann, work);
        foreach (var work in (string[])["A1", "A2"]) queue.TryAdd("a", s_bob, work);
        foreach (var work in (string[])["b1", "b2"]) queue.TryAdd("b", s_ann, work);
        List<string> order = [];
        while (queue.Count > 0)
        {
            var place = await queue.TakeAsync(Cancellation);
            order.Add(place.Work);
            queue.Done(place, TimeSpan.FromSeconds(1));
        }

        order.ShouldBe(["a1", "b1", "A1", "b2", "a2", "A2", "a3", "a4"], ignoreOrder: false);
    }

    [Fact]
    public async Task Whoever_takes_long_waits_for_those_who_do_not()
    {
        using var queue = new FairQueue<int>(10, 100);
        for (var i = 0; i < 5; i++) queue.TryAdd("slow", s_ann, 5);
        queue.Done(await queue.TakeAsync(Cancellation), TimeSpan.FromSeconds(5));
        for (var i = 0; i < 5; i++) queue.TryAdd("quick", s_ann, 1);
        for (var i = 0; i < 5; i++)
        {
            var place = await queue.TakeAsync(Cancellation);
            place.Work.ShouldBe(1);
            queue.Done(place, TimeSpan.FromSeconds(0.1));
        }

        // Nobody saves up turns by having nothing to do.
        for (var i = 0; i < 3; i++) queue.Done(await queue.TakeAsync(Cancellation), TimeSpan.FromSeconds(5));
        for (var i = 0; i < 5; i++) queue.TryAdd("quick", s_ann, 1);
        List<int> order = [];
        for (var i = 0; i < 4; i++)
        {
            var place = await queue.TakeAsync(Cancellation);
            order.Add(place.Work);
            queue.Done(place, TimeSpan.FromSeconds(5));
        }

        order.Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task How_much_waits_is_bounded_and_what_is_taken_out_makes_room()
    {
        using var queue = new FairQueue<int>(2, 3);
        var first = queue.TryAdd("a", s_ann, 1).ShouldNotBeNull();
        queue.TryAdd("a", s_ann, 2).ShouldNotBeNull();
        queue.TryAdd("a", s_ann, 3).ShouldBeNull();
        queue.TryAdd("a", s_bob, 3).ShouldNotBeNull();
        queue.TryAdd("b", s_bob, 4).ShouldBeNull();
        queue.Remove(first).ShouldBeTrue();
        queue.Remove(first).ShouldBeFalse();
        queue.TryAdd("b", s_bob, 4).ShouldNotBeNull();
        List<int> left = [];
        while (queue.Count > 0) left.Add((await queue.TakeAsync(Cancellation)).Work);
        left.ShouldBe([2, 3, 4], ignoreOrder: true);

        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Should.ThrowAsync<OperationCanceledException>(queue.TakeAsync(patience.Token));
    }
}
