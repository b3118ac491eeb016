using System.Net;
using Messaging.Api.Auth;
using Messaging.Api.Security;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Auth;

/// <summary>The memory that the throttle of sign-ins takes.</summary>
[Collection("Memory")]
public sealed class SignInThrottleTests
{
    [Fact]
    public void What_is_counted_is_bounded_in_memory()
    {
        var options = new AuthOptions(
            new byte[32], TimeSpan.FromHours(1), TimeSpan.FromMinutes(15), TimeSpan.FromHours(1), TimeSpan.FromDays(1),
            1, TimeSpan.FromMinutes(15), null);
        var throttle = new SignInThrottle(options, new FakeTimeProvider());
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 200_000; i++)
        {
            using var attempt = throttle
                .Begin($"{new string('x', 200)}{i}@example.org", Network.Of(new IPAddress(0x0100_0000L + i)))
                .Attempt.ShouldNotBeNull();
            attempt.Failed();
        }

        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(20_000_000);
        throttle.Begin($"{new string('x', 200)}0@example.org", Network.Of(IPAddress.Loopback)).Attempt.ShouldBeNull();
    }
}
