using System.Net;
using Messaging.Api.GraphQL.Transport;
using Messaging.TestSupport.Product;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Transport;

/// <summary>Nobody keeps a node busy on their own, whichever way they come.</summary>
public sealed class ViewerRateTests
{
    private const string Query = "{ viewer { id } }";

    [Fact]
    public void What_was_spent_comes_back_steadily()
    {
        var clock = new FakeTimeProvider();
        var rates = new ViewerRates(
            new GraphQLOptions { MaxOperationsPerMinute = 60, MaxComplexityPerMinute = 600 }, clock);
        rates.Enter("a", 60).ShouldBeNull();
        rates.Enter("a", 1)!.RetryAfter.ShouldBe(1);
        clock.Advance(TimeSpan.FromSeconds(2));
        rates.Enter("a", 1).ShouldBeNull();
        rates.Enter("a", 1).ShouldBeNull();
        rates.Enter("a", 1).ShouldNotBeNull();
        clock.Advance(TimeSpan.FromDays(1));
        rates.Enter("a", 60).ShouldBeNull();
        rates.Enter("a", 1).ShouldNotBeNull();
        rates.Enter("b", 1).ShouldBeNull();
    }

    [Fact]
    public void What_cost_more_than_there_was_is_waited_for()
    {
        var clock = new FakeTimeProvider();
        var rates = new ViewerRates(
            new GraphQLOptions
            {
                MaxOperationsPerMinute = 600,
                MaxComplexityPerMinute = 600,
                MaxComplexity = 900,
            },
            clock
        );
        rates.Enter("a", 1).ShouldBeNull();
        rates.Spend("a", double.PositiveInfinity);
        var error = rates.Enter("a", 1)!;
        (error.Code, error.RetryAfter).ShouldBe(("RATE_LIMITED", 31));
        clock.Advance(TimeSpan.FromSeconds(30));
        rates.Enter("a", 1).ShouldNotBeNull();
        clock.Advance(TimeSpan.FromSeconds(1));
        rates.Enter("a", 1).ShouldBeNull();
    }

    [Fact]
    public void A_million_strangers_take_no_memory_and_reset_nobody_who_keeps_asking()
    {
        var rates = new ViewerRates(new GraphQLOptions { MaxOperationsPerMinute = 500 }, new FakeTimeProvider());
        var refused = 0;
        for (var i = 0; i < 1_000_000; i++)
        {
            rates.Enter($"stranger {i}", 1).ShouldBeNull();
            if (i % 1000 == 0 && rates.Enter("eager", 1) is not null) refused++;
        }

        rates.Known.ShouldBeLessThanOrEqualTo(10_000);
        refused.ShouldBe(500);
    }

    [Theory]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    public void Who_is_nobody_counts_by_the_network_they_come_from(string one, string other, bool same)
    {
        string Of(string address) =>
            ViewerRates.Of(
                GraphQLAdmission.Anonymous(),
                new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse(address) } });
        (Of(one) == Of(other)).ShouldBe(same);
    }

    [Fact]
    public async Task A_viewer_has_one_allowance_over_requests_batches_event_streams_and_WebSockets()
    {
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:GraphQL:MaxOperationsPerMinute"] = "12" });
        var anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var bernd = await product.SignInAsync("bernd.winter@kanzlei-sommer.example");
        await using var live = await LiveClient.OpenAsync(product.Address, anna);

        async Task<HttpResponseMessage> PostAsync(string json, string accept)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql")
            {
                Content = new StringContent(json, null, "application/json"),
            };
            request.Headers.Authorization = new("Bearer", anna.Token);
            request.Headers.Accept.ParseAdd(accept);
            return await product.Http.SendAsync(request);
        }

        const string one = """{ "query": "{ viewer { id } }" }""";
        var batch = $"[{string.Join(',', Enumerable.Repeat(one, 8))}]";
        ((int)(await PostAsync(one, "application/json")).StatusCode).ShouldBe(200);
        ((int)(await PostAsync(one, "text/event-stream")).StatusCode).ShouldBe(200);
        await live.SendAsync(new { id = "1", type = "subscribe", payload = new { query = Query } });
        await live.NextAsync("1");
        await live.ReceiveAsync();
        ((int)(await PostAsync(batch, "application/json")).StatusCode).ShouldBe(200);
        for (var i = 0; i < 3; i++) await PostAsync(one, "application/json");

        foreach (
            var (json, accept) in ((string, string)[])
                [(one, "application/json"), (batch, "application/json"), (one, "text/event-stream")]
        )
        {
            using var refused = await PostAsync(json, accept);
            ((int)refused.StatusCode).ShouldBe(429);
            refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 10);
            (await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain(
                "RATE_LIMITED");
        }

        await live.SendAsync(new { id = "2", type = "subscribe", payload = new { query = Query } });
        var error = (await live.ReceiveAsync())!;
        error.At("payload.0.extensions.code").ShouldBe("RATE_LIMITED");
        int.Parse(error.At("payload.0.extensions.retryAfter"), System.Globalization.CultureInfo.InvariantCulture)
            .ShouldBeInRange(1, 10);

        // Nobody else notices.
        (await bernd.SendAsync(Query)).Status.ShouldBe(200);
    }
}
