using Messaging.Api.GraphQL.Authorization;

namespace Messaging.Api.GraphQL.Schema;

/// <summary>The answer to a mutation.</summary>
[Allow(Access.SignedIn)]
public abstract class Payload(IReadOnlyList<UserError> errors)
{
    /// <summary>Why it was not done, or not for all; empty when it was.</summary>
    public IReadOnlyList<UserError> Errors { get; } = errors;
}
