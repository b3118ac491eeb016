namespace Messaging.Api.GraphQL.Transport;

/// <summary>Says who asks, before the body is read.</summary>
public interface IGraphQLGate
{
    /// <summary>Admits a request, anonymous ones too: then the fields refuse. A token that is there and not valid is refused here.</summary>
    ValueTask<GraphQLAdmission> AdmitAsync(HttpContext context, CancellationToken cancellation);
}

/// <summary>What the gate answers.</summary>
/// <param name="Refusal">Why the request goes no further; null when it does.</param>
/// <param name="UserContext">What resolvers find in <c>IResolveFieldContext.UserContext</c>.</param>
/// <param name="MayUpload">Whether files are taken from this caller; not from anonymous ones.</param>
public sealed record GraphQLAdmission(RefusedException? Refusal, IDictionary<string, object?> UserContext, bool MayUpload)
{
    /// <summary>The <c>WWW-Authenticate</c> header of a 401.</summary>
    public string Challenge { get; init; } = "Bearer";

    /// <summary>Admits somebody who is nobody in particular.</summary>
    public static GraphQLAdmission Anonymous() => new(null, new Dictionary<string, object?>(), MayUpload: false);

    /// <summary>Admits somebody known, who may upload files.</summary>
    public static GraphQLAdmission Admit(IDictionary<string, object?> userContext) => new(null, userContext, MayUpload: true);

    /// <summary>Refuses a token that is there and not valid.</summary>
    public static GraphQLAdmission InvalidToken(string message) =>
        new(RefusedException.Unauthenticated(message), new Dictionary<string, object?>(), MayUpload: false) { Challenge = "Bearer error=\"invalid_token\"" };
}
