using Messaging.Api.Email;
using Messaging.Api.Files;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Live;
using Messaging.Api.Security;
using Messaging.Application.Accounts;
using Messaging.Domain;
using Microsoft.Extensions.Primitives;

namespace Messaging.Api.Auth;

/// <summary>Adds what tells who asks.</summary>
internal static class AuthServices
{
    /// <summary>Adds accounts, tokens and the gate.</summary>
    public static IServiceCollection AddAuth(
        this IServiceCollection services, IConfiguration configuration, string dataDirectory)
    {
        var options = AuthOptions.Read(configuration, dataDirectory);
        services.AddSingleton(options);
        services.AddSingleton(provider => new SecurityLog(
            options.KeyFor("security log"), provider.GetRequiredService<ILoggerFactory>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService(provider => provider.GetRequiredService<SecurityLog>());
        services.AddSingleton(new SessionLimits(options.TokenLifetime, options.SessionIdle, options.SessionLongest));
        services.AddSingleton<HashingLane>();
        services.AddSingleton(provider => new Passwords(
            provider.GetRequiredService<HashingLane>(), options.PasswordRounds));
        services.AddSingleton<SignIn>();
        services.AddSingleton<Invitations>();
        services.AddSingleton<Identities>();
        services.AddSingleton<JoinAccounts>();
        services.AddSingleton<ChangePassword>();
        services.AddSingleton<AskPasswordReset>();
        services.AddSingleton<ResetPassword>();
        services.AddSingleton<ConfirmEmailChange>();
        services.AddSingleton<Sessions>();
        services.AddSingleton<ApiTokens>();
        services.AddSingleton(new FactorSecrets(options.KeyFor(FactorSecrets.Purpose)));
        services.AddSingleton<SecondFactors>();
        services.AddSingleton<SignInChallenges>();
        services.AddSingleton<SecondSteps>();
        services.AddSingleton(
            PasskeyOptions.Read(configuration, EmailOptions.Read(configuration, dataDirectory).PublicUrl));
        services.AddSingleton<Passkeys>();
        services.AddSingleton<IssuerSignIn>();
        services.AddSingleton<IssuerAccounts>();
        if (options.Oidc is { } oidc)
        {
            services.AddSingleton(provider => new Issuer(
                oidc, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<Issuer>>()));
            services.AddHostedService(provider => provider.GetRequiredService<Issuer>());
        }

        services.AddSingleton<AccessTokens>();
        services.AddSingleton<RefreshTokens>();
        services.AddSingleton<SignInThrottle>();
        services.AddSingleton<KnownDevices>();
        services.AddSingleton<PasswordSignIn>();
        services.AddSingleton<PasswordResets>();
        services.AddSingleton<EmailChanges>();
        services.AddSingleton<TokenGate>();
        services.AddSingleton<EndedSessions>();
        services.AddHostedService(provider => provider.GetRequiredService<EndedSessions>());
        services.AddSingleton<IGraphQLGate, GraphQLGate>();
        return services;
    }
}

/// <summary>
/// Authenticates requests: lets in those with a valid token, and those without any, for whom the fields decide.
/// </summary>
internal sealed class GraphQLGate(
    TokenGate gate, LiveUpdates live, AccessTokens tokens, SecurityLog security, ArrivingFiles files) : IGraphQLGate
{
    private static readonly RefusedException s_readsOnly = RefusedException.Forbidden(
        "This API token is for reading only (scope READ): a mutation needs one of the scope READ_WRITE.");

    public async ValueTask<GraphQLAdmission> AdmitAsync(
        HttpContext context, StringValues authorization, CancellationToken cancellation)
    {
        KnownToken? token;
        try
        {
            (token, var valid) = await gate.FindAsync(authorization, Network.Of(context), cancellation);
            if (!valid)
            {
                security.Record(SecurityEvent.TokenRefused, Network.Of(context));
                return GraphQLAdmission.InvalidToken("The access token is not valid or has expired.");
            }
        }
        catch (TokenIsNobodysException e)
        {
            security.Record(SecurityEvent.TokenRefused, Network.Of(context), detail: "of nobody here");
            return GraphQLAdmission.InvalidToken(e.Message);
        }

        if (token is { IsNewlyLinked: true })
            security.Record(SecurityEvent.IssuerLinked, Network.Of(context), token.Caller);
        if (token is { IsElsewhere: true })
            security.Record(SecurityEvent.ApiTokenMoved, Network.Of(context), token.Caller);
        return token is null
            ? GraphQLAdmission.Anonymous()
            : GraphQLAdmission.Admit(Callers.ContextOf(token.Caller)) with
            {
                ExpiresAt = token.ExpiresAt,
                IssuedAt = token.IssuedAt,
                Viewer = $"{token.Caller.TenantId} {token.Caller.Actor.Id}",
                Organisation = token.Caller.TenantId,
                Session = token.Caller.SessionId,
                NoMutations = token.Caller.ApiToken is ApiTokenScope.Read ? s_readsOnly : null,
            };
    }

    public async ValueTask<GraphQLVisit?> EnterAsync(GraphQLAdmission admission, CancellationToken cancellation)
    {
        if (Callers.Of(admission.UserContext) is not { } caller) return null;
        var visit = await live.EnterAsync(caller, cancellation);

        // The token was looked up some seconds ago, maybe. From here on, the visit is told.
        if (await tokens.FindAgainAsync(caller, admission.IssuedAt, cancellation) is not { } now)
        {
            await visit.DisposeAsync();
            return null;
        }

        if (now.HasRightsOf(caller)) return visit;
        gate.Forget(caller.TenantId, caller.Actor.Id);
        visit.End(mayComeBack: true);
        return visit;
    }

    public async ValueTask<UploadAllowance?> AllowUploadAsync(
        GraphQLAdmission admission, CancellationToken cancellation) =>
        Callers.Of(admission.UserContext) is { } caller ? await files.EnterAsync(caller, cancellation) : null;
}
