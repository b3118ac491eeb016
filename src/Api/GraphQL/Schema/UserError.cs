using GraphQL.Types;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Commands;
using Messaging.Domain;

namespace Messaging.Api.GraphQL.Schema;

/// <summary>A refusal that a client can act on.</summary>
/// <param name="code">The kind of error, for programs.</param>
/// <param name="message">The message, in English.</param>
/// <param name="path">The path into the input.</param>
/// <param name="reason">More than the code says.</param>
[Allow(Access.Anyone)]
public sealed class UserError(
    RefusalKind code, string message, IReadOnlyList<string>? path, RefusalReason? reason = null)
{
    /// <summary>The kind of error, for programs.</summary>
    public RefusalKind Code { get; } = code;

    /// <summary>The reason, where code and path leave open what to do about it; otherwise null.</summary>
    public RefusalReason? Reason { get; } = reason;

    /// <summary>The message, in English.</summary>
    public string Message { get; } = message;

    /// <summary>The path into the input; null when no single field is to blame.</summary>
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

/// <summary>The code of a refusal, for programs.</summary>
[Allow(Access.Anyone)]
public sealed class UserErrorCodeType : EnumerationGraphType<RefusalKind>
{
    /// <summary>Named as in the contract.</summary>
    public UserErrorCodeType() => Name = "UserErrorCode";
}

/// <summary>The reason of a refusal, where the code leaves open what to do about it.</summary>
[Allow(Access.Anyone)]
public sealed class UserErrorReasonType : EnumerationGraphType<RefusalReason>
{
    /// <summary>Named as in the contract.</summary>
    public UserErrorReasonType() => Name = "UserErrorReason";
}
