using Messaging.Api.GraphQL.Authorization;

namespace Messaging.Api.GraphQL.Schema;

/// <summary>The answer to a mutation.</summary>
[Allow(Access.SignedIn)]
public abstract class Payload(IReadOnlyList<UserError> errors)
{
    /// <summary>The reasons why it was not done, or not for all; empty after success.</summary>
    public IReadOnlyList<UserError> Errors { get; } = errors;
}
