using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Accounts;
using Messaging.Domain.Accounts;

namespace Messaging.Api.GraphQL.Accounts;

/// <summary>What the viewer proves at sign-in besides the password.</summary>
[Name("SecondFactors")]
[Allow(Access.SignedIn)]
public sealed class SecondFactorsNode(SecondFactorState state)
{
    /// <summary>The factors, the oldest first; at most 10.</summary>
    public IReadOnlyList<SecondFactorNode> Factors { get; } = [.. state.Factors.Select(f => new SecondFactorNode(f))];

    /// <summary>The number of recovery codes that were not used.</summary>
    public int RecoveryCodesLeft => state.RecoveryCodesLeft;

    /// <summary>
    /// The instant from which the office requires a factor of the viewer; null when it does not. Whoever has none from
    /// then on adds one before they are signed in.
    /// </summary>
    public DateTimeOffset? RequiredFrom => state.RequiredFrom;
}

/// <summary>A second factor of the viewer's.</summary>
[Name("SecondFactor")]
[Allow(Access.SignedIn)]
public sealed class SecondFactorNode(SecondFactorRow row)
{
    /// <summary>The id, a UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>AUTHENTICATOR or PASSKEY.</summary>
    public SecondFactorKind Kind => row.Kind;

    /// <summary>The name that its owner gave it; may be empty.</summary>
    public string Name => row.Name;

    /// <summary>The instant at which it was begun.</summary>
    public DateTimeOffset CreatedAt => row.CreatedAt;

    /// <summary>The instant of the latest sign-in with it; null when there was none.</summary>
    public DateTimeOffset? LastUsedAt => row.LastUsedAt;
}

/// <summary>A sign-in that has come as far as the password, and goes on with a second factor.</summary>
[Name("SignInChallenge")]
[Allow(Access.Anyone)]
public sealed class SignInChallengeNode(SignInChallenge challenge, IReadOnlyList<SecondFactorKind> kinds)
{
    /// <summary>The token, for <c>completeSignIn</c>, or to add the factor that is missing.</summary>
    public string Token => challenge.Token;

    /// <summary>The instant at which it ends, ten minutes after the password.</summary>
    public DateTimeOffset ExpiresAt => challenge.ExpiresAt;

    /// <summary>
    /// The kinds of factors that the person has; any of their recovery codes stands in for them. Empty when the office
    /// requires one and they have none: then one is added by <c>beginAuthenticator</c> or <c>beginPasskey</c> with the
    /// token, and signs in.
    /// </summary>
    public IReadOnlyList<SecondFactorKind> Kinds { get; } = kinds;

    /// <summary>
    /// What to ask a passkey, in JSON as <c>PublicKeyCredential.parseRequestOptionsFromJSON</c> takes it (WebAuthn
    /// Level 3, 5.1.10); null when the person has none.
    /// </summary>
    public string? PasskeyOptions => challenge.Options;
}

/// <summary>Second factors, fetched in batches.</summary>
internal static class SecondFactorLoads
{
    /// <summary>True when a person of the organisation has a second factor.</summary>
    public static IDataLoaderResult<bool> HasSecondFactor(this IResolveFieldContext context, Guid id) =>
        BatchLoaders
            .Of(context)
            .For<Guid, bool>("second factors", async (ids, cancellation) =>
                (await context.Service<SecondFactors>()
                    .WhoHasOneAsync(context.Caller().TenantId, ids, cancellation)).ToDictionary(one => one, _ => true))
            .LoadAsync(id, false);

    /// <summary>A challenge, with what its person can answer it by.</summary>
    public static async Task<SignInChallengeNode?> ChallengeAsync(
        this IResolveFieldContext context, SignInChallenge? challenge)
    {
        if (challenge is null) return null;
        var caller = challenge.Proven.Caller;
        var state = await context.Service<SecondFactors>()
            .StateAsync(caller.TenantId, caller.Actor.Id, context.CancellationToken);
        return new SignInChallengeNode(challenge, [.. state.Factors.Select(f => f.Kind).Distinct()]);
    }
}
