using GraphQL;
using GraphQL.DataLoader;
using GraphQLParser.AST;
using Messaging.Api.Auth;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Inbox;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Security;
using Messaging.Application.Accounts;
using Messaging.Domain;
using Messaging.Domain.Administrators;

namespace Messaging.Api.GraphQL;

/// <content>Signing in.</content>
public sealed partial class Mutation
{
    /// <summary>Signs in with a local account. It must be the only field of its mutation.</summary>
    [Allow(Access.Anyone)]
    public static async Task<SignInPayload> SignIn(IResolveFieldContext context, SignInInput input)
    {
        OnlyField(context);
        using var attempt = Begin(context, input.Email);
        if (await context.Service<SignIn>().CheckAsync(input.Email, input.Password, context.CancellationToken) is not { } caller)
        {
            attempt.Failed();
            context.Tell(SecurityEvent.SignInRefused, account: input.Email);
            return new SignInPayload(null, [UserError.Of(new CredentialsAreWrong())]);
        }

        context.SignedIn(caller);
        context.Tell(SecurityEvent.SignedIn, caller);
        return new SignInPayload(context.Service<AccessTokens>().Issue(caller), []);
    }

    /// <summary>Takes an invitation up: chooses a password and signs in. It must be the only field of its mutation.</summary>
    [Allow(Access.Anyone)]
    public static async Task<AcceptInvitationPayload> AcceptInvitation(IResolveFieldContext context, AcceptInvitationInput input)
    {
        OnlyField(context);
        using var attempt = Begin(context, "");
        var (caller, refusal) = await context.Service<Invitations>().AcceptAsync(input.Token, input.Password, context.CancellationToken);
        if (caller is null)
        {
            attempt.Failed();
            if (refusal is InvitationIsNotValid) context.Tell(SecurityEvent.InvitationRefused);
            return new AcceptInvitationPayload(null, [UserError.Of(refusal ?? new AccountIsGone())]);
        }

        context.SignedIn(caller);
        context.Tell(SecurityEvent.InvitationAccepted, caller);
        return new AcceptInvitationPayload(context.Service<AccessTokens>().Issue(caller), []);
    }

    /// <summary>Chooses another password and signs in with it: all tokens issued before stop working. It must be the only field of its mutation.</summary>
    [Allow(Access.SignedIn)]
    public static async Task<ChangePasswordPayload> ChangePassword(IResolveFieldContext context, ChangePasswordInput input)
    {
        OnlyField(context);
        var caller = context.Caller();
        using var attempt = Begin(context, caller.Actor.Id.ToString());
        var refusal = await context.Service<ChangePassword>().ChangeAsync(caller, input.CurrentPassword, input.NewPassword, context.CancellationToken);
        if (refusal is CurrentPasswordIsWrong)
        {
            attempt.Failed();
            context.Tell(SecurityEvent.PasswordRefused, caller);
        }

        if (refusal is null) context.Tell(SecurityEvent.PasswordChanged, caller);
        return refusal is null
            ? new ChangePasswordPayload(context.Service<AccessTokens>().Issue(caller), [])
            : new ChangePasswordPayload(null, [UserError.Of(refusal)]);
    }

    /// <summary>Changes what the viewer is called and the language they are written to in; what is not given stays.</summary>
    [Allow(Access.SignedIn)]
    public static async Task<UpdateProfilePayload> UpdateProfile(IResolveFieldContext context, UpdateProfileInput input) =>
        new(await context.ExecuteAsync(new UpdateProfileCommand(context.Caller(), input.DisplayName, input.Locale)));

    private static SignInThrottle.Attempt Begin(IResolveFieldContext context, string email)
    {
        if (context.Service<SignInThrottle>().Begin(email, context.Network().Name) is { } attempt) return attempt;
        context.Tell(SecurityEvent.SignInLimited, Callers.Of(context.UserContext), email.Length > 0 ? email : null);
        throw RefusedException.RateLimited("Too many attempts to sign in failed. Wait some minutes and try again.");
    }

    // Whoever signs in is the caller from there on: no field beside it may run as somebody else, and nobody tries ten passwords at once.
    private static void OnlyField(IResolveFieldContext context)
    {
        if (context.Operation.SelectionSet.Selections is not [GraphQLField])
            throw RefusedException.BadUserInput($"{context.FieldDefinition.Name} must be the only field of its mutation.");
    }
}

/// <summary>No such account, or another password: the same answer.</summary>
internal sealed record CredentialsAreWrong() : Refusal(RefusalKind.Invalid, "The e-mail address or the password is wrong.");

/// <summary>Deactivated between joining and signing in.</summary>
internal sealed record AccountIsGone() : Refusal(RefusalKind.Forbidden, "Your access has ended.");

/// <summary>An address and a password.</summary>
[Allow(Access.Anyone)]
public sealed class SignInInput
{
    /// <summary>The address the invitation went to.</summary>
    public string Email { get; set; } = "";

    /// <summary>The password chosen then.</summary>
    public string Password { get; set; } = "";
}

/// <summary>Takes an invitation up.</summary>
[Allow(Access.Anyone)]
public sealed class AcceptInvitationInput
{
    /// <summary>From the link in the e-mail.</summary>
    public string Token { get; set; } = "";

    /// <summary>8 to 200 characters.</summary>
    public string Password { get; set; } = "";
}

/// <summary>Chooses another password.</summary>
[Allow(Access.SignedIn)]
public sealed class ChangePasswordInput
{
    /// <summary>The one they have.</summary>
    public string CurrentPassword { get; set; } = "";

    /// <summary>8 to 200 characters.</summary>
    public string NewPassword { get; set; } = "";
}

/// <summary>Changes the viewer's profile; what is not given stays.</summary>
[Allow(Access.SignedIn)]
public sealed class UpdateProfileInput
{
    /// <summary>1 to 100 characters of one line.</summary>
    public string? DisplayName { get; set; }

    /// <summary><c>de</c> or <c>en</c>.</summary>
    public string? Locale { get; set; }
}

/// <summary>The answer to <c>updateProfile</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class UpdateProfilePayload(IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>Whoever is signed in.</summary>
    public IDataLoaderResult<ViewerNode> Viewer(IResolveFieldContext context) => context.Viewer();
}

/// <summary>The answer to a mutation that signs in.</summary>
[Allow(Access.Anyone)]
public abstract class SignedInPayload(AccessToken? token, IReadOnlyList<UserError> errors)
{
    /// <summary>To send as <c>Authorization: Bearer …</c> with every request.</summary>
    public string? AccessToken => token?.Value;

    /// <summary>When the token stops working.</summary>
    public DateTimeOffset? ExpiresAt => token?.ExpiresAt;

    /// <summary>Who is signed in now.</summary>
    public IDataLoaderResult<ViewerNode>? Viewer(IResolveFieldContext context) => token is null ? null : context.Viewer();

    /// <summary>Why nobody is; empty when somebody is.</summary>
    public IReadOnlyList<UserError> Errors { get; } = errors;
}

/// <summary>The answer to <c>signIn</c>.</summary>
[Allow(Access.Anyone)]
public sealed class SignInPayload(AccessToken? token, IReadOnlyList<UserError> errors) : SignedInPayload(token, errors);

/// <summary>The answer to <c>acceptInvitation</c>.</summary>
[Allow(Access.Anyone)]
public sealed class AcceptInvitationPayload(AccessToken? token, IReadOnlyList<UserError> errors) : SignedInPayload(token, errors);

/// <summary>The answer to <c>changePassword</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class ChangePasswordPayload(AccessToken? token, IReadOnlyList<UserError> errors) : SignedInPayload(token, errors);
