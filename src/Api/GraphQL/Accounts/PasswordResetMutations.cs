using System.ComponentModel;
using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.Auth;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Security;
using Messaging.Application.Accounts;
using Messaging.Domain;

namespace Messaging.Api.GraphQL;

/// <content>Passwords that were forgotten.</content>
public sealed partial class Mutation
{
    /// <summary>Has a link mailed to whoever forgot their password.</summary>
    [Description(
        "Has a link mailed to whoever forgot their password: one for each account of the address, which works once "
            + "and for 60 minutes. Whoever was invited and has not joined yet is mailed the invitation again. The "
            + "answer is the same whether there is an account or not. At most 5 times an hour for an address, of which "
            + "at most 3 are mailed. It must be the only field of its mutation.")]
    [Allow(Access.Anyone)]
    public static async Task<RequestPasswordResetPayload> RequestPasswordReset(
        IResolveFieldContext context, RequestPasswordResetInput input)
    {
        OnlyField(context);
        var refusal = await context.Service<PasswordResets>().RequestAsync(context.Http(), input.Email);
        return new RequestPasswordResetPayload(refusal is null ? [] : [UserError.Of(refusal)]);
    }

    /// <summary>Chooses another password by the link of a mail.</summary>
    [Description(
        "Chooses another password by the link of a mail. All sessions of its person end, and their other links; API "
            + "tokens go on unless endApiTokens says so. Nobody is signed in by it: sign in with the new password. It "
            + "must be the only field of its mutation.")]
    [Allow(Access.Anyone)]
    public static async Task<ResetPasswordPayload> ResetPassword(
        IResolveFieldContext context, ResetPasswordInput input)
    {
        OnlyField(context);
        var refusal = await context
            .Service<PasswordResets>()
            .ResetAsync(
                context.Http(), input.Token, input.Password, input.EndApiTokens ?? false, context.CancellationToken);
        return new ResetPasswordPayload(refusal is null ? [] : [UserError.Of(refusal)]);
    }

    /// <summary>
    /// Has a link mailed to somebody by which they choose another password. Owners have it sent to those of the office,
    /// administrators to contacts; whoever has not joined yet is invited again.
    /// </summary>
    [Allow(Access.Administrators)]
    public static async Task<SendPasswordResetPayload> SendPasswordReset(
        IResolveFieldContext context, SendPasswordResetInput input)
    {
        var (id, caller) = (Ids.Parse(input.Id), context.Caller());
        var refusal = await context.Service<AskPasswordReset>().AskAsync(caller, id, context.CancellationToken);
        if (refusal is { Kind: RefusalKind.Forbidden })
            context.Tell(SecurityEvent.AccessDenied, caller, detail: "sendPasswordReset");
        if (refusal is null)
            context.Tell(SecurityEvent.PasswordResetRequested, caller, detail: "sent by the office");
        return new SendPasswordResetPayload(id, refusal is null ? [] : [UserError.Of(refusal)]);
    }
}

/// <summary>Asks for a link to choose another password by.</summary>
[Allow(Access.Anyone)]
public sealed class RequestPasswordResetInput
{
    /// <summary>The address that one signs in with.</summary>
    [Limit(Characters = Text.EmailMaximum, AsData = true)]
    public string Email { get; set; } = "";
}

/// <summary>Chooses another password by a link.</summary>
[Allow(Access.Anyone)]
public sealed class ResetPasswordInput
{
    /// <summary>The token of the link in the e-mail.</summary>
    [Limit(Characters = Invitations.TokenMaximum)]
    public string Token { get; set; } = "";

    /// <summary>At least 8 characters.</summary>
    [Limit(Characters = Passwords.Maximum, AsData = true)]
    public string Password { get; set; } = "";

    /// <summary>True to end the person's API tokens, too; false by default, so that scripts go on.</summary>
    [DefaultValue(false)]
    public bool? EndApiTokens { get; set; } = false;
}

/// <summary>Has a link for another password sent.</summary>
[Allow(Access.Administrators)]
public sealed class SendPasswordResetInput
{
    /// <summary>To whom: an administrator, an auditor or a contact.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>The answer to <c>requestPasswordReset</c>.</summary>
[Allow(Access.Anyone)]
public sealed class RequestPasswordResetPayload(IReadOnlyList<UserError> errors)
{
    /// <summary>What is wrong with the input; empty whether there is an account or not.</summary>
    public IReadOnlyList<UserError> Errors { get; } = errors;
}

/// <summary>The answer to <c>resetPassword</c>.</summary>
[Allow(Access.Anyone)]
public sealed class ResetPasswordPayload(IReadOnlyList<UserError> errors)
{
    /// <summary>The reasons why the password is as it was; empty after success.</summary>
    public IReadOnlyList<UserError> Errors { get; } = errors;
}

/// <summary>The answer to <c>sendPasswordReset</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class SendPasswordResetPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The person whom it is sent to.</summary>
    public IDataLoaderResult<IParticipant?>? Recipient(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.PersonIfAny(id) : null;
}
