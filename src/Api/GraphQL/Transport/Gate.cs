using Microsoft.Extensions.Primitives;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>Says who asks, before the body is read.</summary>
public interface IGraphQLGate
{
    /// <summary>
    /// Admits a request, anonymous ones too: then the fields refuse. A token that is there and not valid is refused
    /// here.
    /// </summary>
    /// <param name="authorization">The header of that name, or what a WebSocket's first message has instead.</param>
    ValueTask<GraphQLAdmission> AdmitAsync(
        HttpContext context, StringValues authorization, CancellationToken cancellation);

    /// <summary>Lets somebody who was admitted stay connected.</summary>
    /// <returns>Null: somebody anonymous does not stay.</returns>
    ValueTask<GraphQLVisit?> EnterAsync(GraphQLAdmission admission, CancellationToken cancellation);

    /// <summary>Says how much somebody who was admitted may upload, before anything of it arrives.</summary>
    /// <returns>Null: as much as the limits of a request and a file let them.</returns>
    ValueTask<UploadAllowance?> AllowUploadAsync(GraphQLAdmission admission, CancellationToken cancellation) =>
        new((UploadAllowance?)null);
}

/// <summary>A visit: a connection that stays, by a WebSocket or an event stream.</summary>
public abstract class GraphQLVisit : IAsyncDisposable
{
    /// <summary>They may not stay any longer.</summary>
    public abstract CancellationToken Ended { get; }

    /// <summary>True when they ended because of other rights: they come back and read anew what they see.</summary>
    public virtual bool MayComeBack => false;

    /// <summary>
    /// The server cannot serve them at the moment: they may come back, here later or at once elsewhere.
    /// </summary>
    public abstract CancellationToken Interrupted { get; }

    /// <summary>Counts a subscription.</summary>
    /// <returns>True when they may have one more, on all of their connections.</returns>
    public abstract bool TrySubscribe();

    /// <summary>One subscription less.</summary>
    public abstract void Unsubscribe();

    /// <summary>They leave.</summary>
    public abstract ValueTask DisposeAsync();
}

/// <summary>The answer of the gate.</summary>
/// <param name="Refusal">The reason why the request goes no further; null when it does.</param>
/// <param name="UserContext">The entries that resolvers find in <c>IResolveFieldContext.UserContext</c>.</param>
/// <param name="MayUpload">True when the caller may upload files; anonymous callers may not.</param>
public sealed record GraphQLAdmission(
    RefusedException? Refusal, IDictionary<string, object?> UserContext, bool MayUpload)
{
    /// <summary>The <c>WWW-Authenticate</c> header of a 401.</summary>
    public string Challenge { get; init; } = "Bearer";

    /// <summary>The viewer whose limits count; null when that is nobody in particular.</summary>
    public string? Viewer { get; init; }

    /// <summary>The asker whose share of the node counts; null for that of the viewer alone.</summary>
    public string? Organisation { get; init; }

    /// <summary>Until when the token is valid; null when there is none.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The instant at which the token was issued; null when there is none, or it does not matter.</summary>
    public DateTimeOffset? IssuedAt { get; init; }

    /// <summary>The session that the token belongs to; null when there is none.</summary>
    public Guid? Session { get; init; }

    /// <summary>
    /// The reason why this token may run no mutation, also in a batch, with files or on a WebSocket; null when they
    /// may.
    /// </summary>
    public RefusedException? NoMutations { get; init; }

    /// <summary>Admits somebody who is nobody in particular.</summary>
    public static GraphQLAdmission Anonymous() => new(null, new Dictionary<string, object?>(), MayUpload: false);

    /// <summary>Admits somebody known, who may upload files.</summary>
    public static GraphQLAdmission Admit(IDictionary<string, object?> userContext) =>
        new(null, userContext, MayUpload: true);

    /// <summary>Refuses a token that is there and not valid.</summary>
    public static GraphQLAdmission InvalidToken(string message) =>
        new(RefusedException.Unauthenticated(message), new Dictionary<string, object?>(), MayUpload: false)
        {
            Challenge = "Bearer error=\"invalid_token\"",
        };
}
