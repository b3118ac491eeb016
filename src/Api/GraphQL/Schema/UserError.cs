using GraphQL.Types;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Commands;
using Messaging.Domain;

namespace Messaging.Api.GraphQL.Schema;

/// <summary>A refusal that a client can act on.</summary>
/// <param name="code">What a client can make of it.</param>
/// <param name="message">What is wrong, in English.</param>
/// <param name="path">Where in the input it is.</param>
/// <param name="reason">More than the code says.</param>
[Allow(Access.Anyone)]
public sealed class UserError(
    RefusalKind code, string message, IReadOnlyList<string>? path, RefusalReason? reason = null)
{
    /// <summary>What a client can make of it.</summary>
    public RefusalKind Code { get; } = code;

    /// <summary>Why, where the code and the path leave open what to do about it; null where they do not.</summary>
    public RefusalReason? Reason { get; } = reason;

    /// <summary>What is wrong, in English.</summary>
    public string Message { get; } = message;

    /// <summary>Where in the input it is; null when no field in particular is to blame.</summary>
    public IReadOnlyList<string>? Path { get; } = path;

    /// <summary>As the API says a refusal.</summary>
    /// <exception cref="RefusedException">The session has ended since the token was looked up: nobody is signed in,
    /// whatever was asked.</exception>
    internal static UserError Of(Refusal refusal) => refusal is SessionHasEnded
        ? throw RefusedException.Unauthenticated(refusal.Message)
        : new(refusal.Kind, refusal.Message, refusal.Field?.Split('.'), refusal.Reason);
}

/// <summary>The id that the client chose is no UUID.</summary>
internal sealed record IdIsIllFormed() : Refusal(RefusalKind.Invalid, "id must be a UUID.", "id");

/// <summary>What a client can make of a refusal.</summary>
[Allow(Access.Anyone)]
public sealed class UserErrorCodeType : EnumerationGraphType<RefusalKind>
{
    /// <summary>Named as in the contract.</summary>
    public UserErrorCodeType() => Name = "UserErrorCode";
}

/// <summary>Why something is refused, where the code leaves open what to do about it.</summary>
[Allow(Access.Anyone)]
public sealed class UserErrorReasonType : EnumerationGraphType<RefusalReason>
{
    /// <summary>Named as in the contract.</summary>
    public UserErrorReasonType() => Name = "UserErrorReason";
}
