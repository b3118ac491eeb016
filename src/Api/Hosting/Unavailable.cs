namespace Messaging.Api.Hosting;

/// <summary>
/// Says that the product cannot answer at the moment, and when to ask again: the same wherever it is said.
/// </summary>
internal static class Unavailable
{
    /// <summary>Time after which the client may try again, in seconds (<c>Retry-After</c>, RFC 9110, 10.2.3).</summary>
    public const string RetryAfter = "5";

    /// <summary>Answers so: 503, without a body.</summary>
    public static void SetUnavailable(this HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        response.Headers.RetryAfter = RetryAfter;
    }
}
