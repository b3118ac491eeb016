using Messaging.Api.Hosting;
using Messaging.Api.Security;
using Messaging.Domain;

namespace Messaging.Api.Auth;

/// <summary>An endpoint beside GraphQL for who is signed in.</summary>
internal static class SignedInEndpoint
{
    /// <summary>
    /// Answers with what somebody who is signed in gets: 401 to everybody else, and 503 while the database or the
    /// issuer of tokens is away.
    /// </summary>
    /// <param name="detail">What was asked for, in the security log.</param>
    /// <param name="answerAsync">The answer to the caller.</param>
    public static async Task AnswerAsync(HttpContext context, string detail, Func<Caller, Task> answerAsync)
    {
        try
        {
            var gate = context.RequestServices.GetRequiredService<TokenGate>();
            var (token, valid) = await gate.FindAsync(
                context.Request.Headers.Authorization, Network.Of(context), context.RequestAborted);
            if (token?.Caller is { } caller)
            {
                await answerAsync(caller);
                return;
            }

            context.RequestServices.GetRequiredService<SecurityLog>().Record(
                valid ? SecurityEvent.AccessDenied : SecurityEvent.TokenRefused, Network.Of(context), detail: detail);
            Refuse(context);
        }
        catch (TokenIsNobodysException)
        {
            Refuse(context);
        }
        catch (Exception e) when (!context.Response.HasStarted && (e is IssuerAwayException || Outage.Is(e)))
        {
            context.Response.SetUnavailable();
        }
    }

    private static void Refuse(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
    }
}
