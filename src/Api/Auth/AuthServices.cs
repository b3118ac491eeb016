using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Accounts;

namespace Messaging.Api.Auth;

/// <summary>Adds what tells who asks.</summary>
internal static class AuthServices
{
    /// <summary>Adds accounts, tokens and the gate.</summary>
    public static IServiceCollection AddAuth(this IServiceCollection services, IConfiguration configuration, string dataDirectory)
    {
        services.AddSingleton(AuthOptions.Read(configuration, dataDirectory));
        services.AddSingleton<Passwords>();
        services.AddSingleton<SignIn>();
        services.AddSingleton<Invitations>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<SignInThrottle>();
        services.AddSingleton<TokenGate>();
        services.AddSingleton<IGraphQLGate, GraphQLGate>();
        return services;
    }
}

/// <summary>Lets in who has a valid token, and who has none: what they may ask for, the fields say.</summary>
internal sealed class GraphQLGate(TokenGate gate) : IGraphQLGate
{
    public async ValueTask<GraphQLAdmission> AdmitAsync(HttpContext context, CancellationToken cancellation)
    {
        var (caller, valid) = await gate.FindAsync(context.Request, cancellation);
        if (!valid) return GraphQLAdmission.InvalidToken("The access token is not valid or has expired.");
        return caller is null ? GraphQLAdmission.Anonymous() : GraphQLAdmission.Admit(GraphQL.Callers.ContextOf(caller));
    }
}
