using Messaging.Application.Notifications;

namespace Messaging.Application.Tests.Notifications;

/// <summary>Who may send side by side.</summary>
public sealed class SendingPlacesTests : IDisposable
{
    private readonly SendingPlaces _places = new(new SendingLimits(16));

    public void Dispose() => _places.Dispose();

    [Fact]
    public void A_domain_gets_a_place_more_with_each_mail_that_is_taken_up_to_half_of_all()
    {
        Take("b.example", 3).ShouldBe(2);
        for (var i = 0; i < 20; i++) Send("a.example", SendingPlaces.PlaceOutcome.Taken);
        Take("a.example", 20).ShouldBe(8);
        _places.Full().ShouldBe(["b.example", "a.example"]);
        _places.Free.ShouldBe(6);
    }

    [Fact]
    public void A_domain_that_does_not_take_its_mails_has_one_place_and_the_others_what_they_had()
    {
        Send("b.example", SendingPlaces.PlaceOutcome.Taken);
        Send("a.example", SendingPlaces.PlaceOutcome.Taken);
        Send("a.example", SendingPlaces.PlaceOutcome.NotTaken);
        Take("a.example", 3).ShouldBe(1);
        Take("b.example", 3).ShouldBe(3);
    }

    [Fact]
    public async Task When_the_server_takes_nothing_one_mail_tries_it_and_the_first_that_is_taken_opens_it_for_all()
    {
        var two = new[] { _places.TryTake("a.example")!, _places.TryTake("b.example")! };
        foreach (var place in two) Leave(place, SendingPlaces.PlaceOutcome.ServerFailed);
        _places.Free.ShouldBe(0);
        _places.TryTake("c.example").ShouldBeNull();
        await UntilFreeAsync();
        _places.Free.ShouldBe(1);
        var first = _places.TryTake("c.example").ShouldNotBeNull();
        _places.TryTake("d.example").ShouldBeNull();
        Leave(first, SendingPlaces.PlaceOutcome.ServerFailed);
        await UntilFreeAsync();
        Send("c.example", SendingPlaces.PlaceOutcome.Taken);
        _places.Free.ShouldBe(16);
    }

    // The first pauses are of one second and of two.
    private Task UntilFreeAsync() =>
        TestSupport.Waiting.UntilAsync(() => Task.FromResult(_places.Free > 0), TimeSpan.FromSeconds(20));

    private int Take(string domain, int most) =>
        Enumerable.Range(0, most).Count(_ => _places.TryTake(domain) is not null);

    private void Send(string domain, SendingPlaces.PlaceOutcome outcome) =>
        Leave(_places.TryTake(domain).ShouldNotBeNull(), outcome);

    private static void Leave(SendingPlaces.Place place, SendingPlaces.PlaceOutcome outcome)
    {
        place.Outcome = outcome;
        place.Dispose();
    }
}
