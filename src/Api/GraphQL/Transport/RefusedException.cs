using System.Globalization;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>The codes of errors, as the contract lists them.</summary>
public static class ErrorCodes
{
    /// <summary>Nobody is signed in, or the token is not valid.</summary>
    public const string Unauthenticated = "UNAUTHENTICATED";

    /// <summary>The caller may not do this.</summary>
    public const string Forbidden = "FORBIDDEN";

    /// <summary>The request, its document or its variables are not right.</summary>
    public const string BadUserInput = "BAD_USER_INPUT";

    /// <summary>The document of this hash is not known here; it has to be sent.</summary>
    public const string PersistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND";

    /// <summary>The request exceeds a limit on its shape.</summary>
    public const string QueryTooComplex = "QUERY_TOO_COMPLEX";

    /// <summary>Too many requests.</summary>
    public const string RateLimited = "RATE_LIMITED";

    /// <summary>A fault of the server.</summary>
    public const string Internal = "INTERNAL";
}

/// <summary>
/// Thrown where a field cannot be answered for a reason that the client may know. Its message is sent; that of any
/// other exception is not.
/// </summary>
public sealed class RefusedException : Exception
{
    private RefusedException(string code, string message) : base(message) => Code = code;

    /// <summary>One of <see cref="ErrorCodes"/>.</summary>
    public string Code { get; }

    /// <summary>The caller has to sign in.</summary>
    public static RefusedException Unauthenticated(string message) => new(ErrorCodes.Unauthenticated, message);

    /// <summary>The caller may not do this.</summary>
    public static RefusedException Forbidden(string message) => new(ErrorCodes.Forbidden, message);

    /// <summary>An argument is not right.</summary>
    public static RefusedException BadUserInput(string message) => new(ErrorCodes.BadUserInput, message);

    /// <summary>The caller has to wait.</summary>
    public static RefusedException RateLimited(string message) => new(ErrorCodes.RateLimited, message);

    /// <summary>The caller has to wait, and is told for how long.</summary>
    /// <param name="message">Why: a sentence.</param>
    /// <param name="retryAfter">After which time it is worth another try.</param>
    public static RefusedException RateLimited(string message, TimeSpan retryAfter)
    {
        var seconds = (int)Math.Clamp(Math.Ceiling(retryAfter.TotalSeconds), 1, 86_400);
        return new(
            ErrorCodes.RateLimited, string.Create(CultureInfo.InvariantCulture, $"{message} Try again in {seconds} s."))
        {
            RetryAfter = seconds,
        };
    }

    /// <summary>Something that the product needs is not there at the moment: 503, and when to try again.</summary>
    /// <param name="message">A sentence that names the missing part.</param>
    /// <param name="isTold">True when the log says so already: strangers ask as often as they like.</param>
    public static RefusedException Unavailable(string message, bool isTold = false) =>
        new(ErrorCodes.Internal, message) { IsOutage = true, IsTold = isTold };

    /// <summary>After how many seconds it is worth another try; null when nobody knows.</summary>
    internal int? RetryAfter { get; private init; }

    /// <summary>True when the fault is neither the client's nor the code's, and passes.</summary>
    internal bool IsOutage { get; private init; }

    /// <summary>True when the log already names the missing part.</summary>
    internal bool IsTold { get; private init; }
}

/// <summary>
/// Tells which exceptions of the layers below are refusals; a service of this type is asked, when there is one.
/// </summary>
/// <returns>The refusal; null when it is a fault.</returns>
public delegate RefusedException? RefusalOf(Exception exception);

/// <summary>Ends a request before anything runs, with a status that every client understands.</summary>
internal sealed class RequestRefusedException(int status, string code, string message) : Exception(message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    /// <summary>After how many seconds it is worth another try.</summary>
    public int? RetryAfter { get; init; }

    public static RequestRefusedException BadRequest(string message) =>
        new(StatusCodes.Status400BadRequest, ErrorCodes.BadUserInput, message);

    public static RequestRefusedException TooMany(CodedError error) =>
        new(StatusCodes.Status429TooManyRequests, error.Code!, error.Message) { RetryAfter = error.RetryAfter };

    public static RequestRefusedException TooLarge(string message) =>
        new(StatusCodes.Status413PayloadTooLarge, ErrorCodes.QueryTooComplex, message);
}
