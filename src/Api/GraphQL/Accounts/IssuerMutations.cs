using System.ComponentModel;
using GraphQL;
using Messaging.Api.Auth;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;

namespace Messaging.Api.GraphQL;

/// <content>Signing in by another issuer of identities.</content>
public sealed partial class Mutation
{
    /// <summary>Signs in by what the issuer's page sent back.</summary>
    [Description(
        "Signs in by what the issuer's page sent back (OpenID Connect, authorization code with PKCE): whoever it "
            + "vouches for, by the account that is linked to its subject, or the first time by the verified e-mail "
            + "address. NOT_FOUND: there is no such account here. It must be the only field of its mutation.")]
    [Allow(Access.Anyone)]
    public static async Task<SignInWithIssuerPayload> SignInWithIssuer(
        IResolveFieldContext context, SignInWithIssuerInput input)
    {
        OnlyField(context);
        var inBrowser = input.Cookie ?? false;
        if (inBrowser) context.ByCookie();
        var (proven, refusal) = await context.Service<IssuerSignIn>().SignInAsync(
            context.Http(), new IssuerAnswer(input.Code, input.CodeVerifier, input.Nonce, input.RedirectUri),
            context.CancellationToken);
        return proven is not null && await context.BeginSessionAsync(proven, inBrowser) is { } session
            ? new SignInWithIssuerPayload(session, [])
            : new SignInWithIssuerPayload(null, [UserError.Of(refusal ?? new AccountIsGone())]);
    }
}

/// <summary>What the issuer's page sent back, and what was asked for it.</summary>
[Allow(Access.Anyone)]
public sealed class SignInWithIssuerInput
{
    /// <summary>The authorization code.</summary>
    [Limit(Characters = IssuerSignIn.TextMaximum)]
    public string Code { get; set; } = "";

    /// <summary>The secret whose SHA-256 the issuer was given (PKCE, RFC 7636).</summary>
    [Limit(Characters = IssuerSignIn.TextMaximum)]
    public string CodeVerifier { get; set; } = "";

    /// <summary>The nonce that the issuer was given.</summary>
    [Limit(Characters = IssuerSignIn.TextMaximum)]
    public string Nonce { get; set; } = "";

    /// <summary>The address that the issuer was asked to answer to.</summary>
    [Limit(Characters = IssuerSignIn.TextMaximum)]
    public string RedirectUri { get; set; } = "";

    /// <summary>True for a session of this browser; see <c>SignInInput.cookie</c>.</summary>
    [DefaultValue(false)]
    public bool? Cookie { get; set; } = false;
}

/// <summary>The answer to <c>signInWithIssuer</c>.</summary>
[Allow(Access.Anyone)]
public sealed class SignInWithIssuerPayload(SignedInSession? session, IReadOnlyList<UserError> errors)
    : SignedInPayload(session, errors);
