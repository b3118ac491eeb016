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
using Messaging.Domain.Accounts;

namespace Messaging.Api.GraphQL;

/// <content>Addresses that change.</content>
public sealed partial class Mutation
{
    /// <summary>Asks for another e-mail address of the viewer's own.</summary>
    [Description(
        "Asks for another e-mail address of the viewer's own, with their password. A link is mailed to it that works "
            + "once and for 60 minutes, and word of it to the address of before; it counts when confirmEmailChange is "
            + "given the link. The answer is the same whether the address is somebody's or not. An earlier one that "
            + "was not confirmed is replaced. At most 3 times an hour and 6 a day. It must be the only field of its "
            + "mutation.")]
    [Allow(Access.SignedIn)]
    public static async Task<RequestEmailChangePayload> RequestEmailChange(
        IResolveFieldContext context, RequestEmailChangeInput input)
    {
        OnlyField(context);
        var caller = context.Caller();
        if (
            await context
                .Service<EmailChanges>()
                .ConfirmAsync(
                    context.Http(), caller, input.Email, input.CurrentPassword, context.CancellationToken) is
            { } wrong
        )
            return new RequestEmailChangePayload([UserError.Of(wrong)]);
        var errors = await context.ExecuteAsync(
            new AskEmailChangeCommand(caller, caller.Actor.Id, input.Email, ByThemselves: true));
        if (errors.Count == 0) context.Tell(SecurityEvent.EmailChangeAsked, caller, detail: "by themselves");
        return new RequestEmailChangePayload(errors);
    }

    /// <summary>Asks for another e-mail address of somebody else's.</summary>
    [Description(
        "Asks for another e-mail address of somebody else's who has joined: owners for those of the office, "
            + "administrators for contacts. As with requestEmailChange it counts when the link that is mailed to it "
            + "was used; the office is told at once where the address is somebody's. Whoever has not joined is sent "
            + "the invitation at another address (resendInvitation).")]
    [Allow(Access.Administrators)]
    public static async Task<SendEmailChangePayload> SendEmailChange(
        IResolveFieldContext context, SendEmailChangeInput input)
    {
        var (id, caller) = (Ids.Parse(input.Id), context.Caller());
        var command = new AskEmailChangeCommand(caller, id, input.Email, ByThemselves: false)
        {
            Limits = context.Service<InvitationLimits>(),
        };
        var errors = await context.ExecuteAsync(command);
        if (errors.Count == 0) context.Tell(SecurityEvent.EmailChangeAsked, caller, detail: "by the office");
        return new SendEmailChangePayload(id, errors);
    }

    /// <summary>
    /// Ends a change of address that was not confirmed: its link works no more. The viewer's own; or somebody else's,
    /// by whoever may ask for it.
    /// </summary>
    [Allow(Access.SignedIn)]
    public static async Task<WithdrawEmailChangePayload> WithdrawEmailChange(
        IResolveFieldContext context, WithdrawEmailChangeInput input)
    {
        var caller = context.Caller();
        var id = Ids.ParseOptional(input.Id) ?? caller.Actor.Id;
        return new WithdrawEmailChangePayload(
            id, await context.ExecuteAsync(new WithdrawEmailChangeCommand(caller, id)));
    }

    /// <summary>
    /// Says what the link of a mail confirms: for whom, and where. It does not use the link up, as programs that look
    /// into mails open links as well. It must be the only field of its mutation.
    /// </summary>
    [Allow(Access.Anyone)]
    public static async Task<OpenEmailChangePayload> OpenEmailChange(
        IResolveFieldContext context, OpenEmailChangeInput input)
    {
        OnlyField(context);
        var link = await context.Service<EmailChanges>().FindAsync(
            context.Http(), input.Token, context.CancellationToken);
        return new OpenEmailChangePayload(link, link is null ? [UserError.Of(new EmailChangeIsNotValid())] : []);
    }

    /// <summary>Makes the address that a link was mailed to its person's.</summary>
    [Description(
        "Makes the address that a link was mailed to its person's, once, whoever is signed in: they sign in with it "
            + "and are written to at it from then on. Sessions, API tokens and the password stay; links for another "
            + "password that were mailed to the address of before end. It must be the only field of its mutation.")]
    [Allow(Access.Anyone)]
    public static async Task<ConfirmEmailChangePayload> ConfirmEmailChange(
        IResolveFieldContext context, ConfirmEmailChangeInput input)
    {
        OnlyField(context);
        var (link, refusal) = await context
            .Service<EmailChanges>()
            .ConfirmAsync(context.Http(), input.Token, context.CancellationToken);
        return new ConfirmEmailChangePayload(link, refusal is null ? [] : [UserError.Of(refusal)]);
    }
}

/// <summary>Asks for another address of one's own.</summary>
[Allow(Access.SignedIn)]
public sealed class RequestEmailChangeInput
{
    /// <summary>The address that it is to be.</summary>
    [Limit(Characters = Text.EmailMaximum, AsData = true)]
    public string Email { get; set; } = "";

    /// <summary>The password that they have.</summary>
    [Limit(Characters = Passwords.Maximum)]
    public string CurrentPassword { get; set; } = "";
}

/// <summary>Asks for another address of somebody else's.</summary>
[Allow(Access.Administrators)]
public sealed class SendEmailChangeInput
{
    /// <summary>Whose: an administrator's, an auditor's or a contact's.</summary>
    [Id]
    public string Id { get; set; } = "";

    /// <summary>The address that it is to be.</summary>
    [Limit(Characters = Text.EmailMaximum, AsData = true)]
    public string Email { get; set; } = "";
}

/// <summary>Ends a change of address that was not confirmed.</summary>
[Allow(Access.SignedIn)]
public sealed class WithdrawEmailChangeInput
{
    /// <summary>Whose: an administrator's, an auditor's or a contact's; null for the viewer's own.</summary>
    [Id]
    public string? Id { get; set; }
}

/// <summary>Says what a link confirms.</summary>
[Allow(Access.Anyone)]
public sealed class OpenEmailChangeInput
{
    /// <summary>The token of the link in the e-mail.</summary>
    [Limit(Characters = Invitations.TokenMaximum)]
    public string Token { get; set; } = "";
}

/// <summary>Confirms another address by a link.</summary>
[Allow(Access.Anyone)]
public sealed class ConfirmEmailChangeInput
{
    /// <summary>The token of the link in the e-mail.</summary>
    [Limit(Characters = Invitations.TokenMaximum)]
    public string Token { get; set; } = "";
}

/// <summary>The answer to <c>requestEmailChange</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class RequestEmailChangePayload(IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The viewer: the person who is signed in.</summary>
    public IDataLoaderResult<ViewerNode> Viewer(IResolveFieldContext context) => context.Viewer();
}

/// <summary>The answer to <c>sendEmailChange</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class SendEmailChangePayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The person whose address it is to be.</summary>
    public IDataLoaderResult<IParticipant?>? Person(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.PersonIfAny(id) : null;
}

/// <summary>The answer to <c>withdrawEmailChange</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class WithdrawEmailChangePayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The viewer: the person who is signed in.</summary>
    public IDataLoaderResult<ViewerNode> Viewer(IResolveFieldContext context) => context.Viewer();

    /// <summary>The person whose address stays as it is.</summary>
    public IDataLoaderResult<IParticipant?>? Person(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.PersonIfAny(id) : null;
}

/// <summary>The answer to <c>openEmailChange</c>.</summary>
[Allow(Access.Anyone)]
public sealed class OpenEmailChangePayload(EmailChangeLink? link, IReadOnlyList<UserError> errors)
{
    /// <summary>What the link confirms; null when it confirms nothing.</summary>
    public EmailChangeLinkNode? Link => link is null ? null : new EmailChangeLinkNode(link);

    /// <summary>The reason why it confirms nothing; empty when it does.</summary>
    public IReadOnlyList<UserError> Errors { get; } = errors;
}

/// <summary>The answer to <c>confirmEmailChange</c>.</summary>
[Allow(Access.Anyone)]
public sealed class ConfirmEmailChangePayload(EmailChangeLink? link, IReadOnlyList<UserError> errors)
{
    /// <summary>What was confirmed; null when nothing was.</summary>
    public EmailChangeLinkNode? Link => link is null ? null : new EmailChangeLinkNode(link);

    /// <summary>The reasons why the address is as it was; empty after success.</summary>
    public IReadOnlyList<UserError> Errors { get; } = errors;
}

/// <summary>What a link confirms, for whoever has it.</summary>
[Name("EmailChangeLink")]
[Allow(Access.Anyone)]
public sealed class EmailChangeLinkNode(EmailChangeLink link)
{
    /// <summary>The name of the person whose address it is to be.</summary>
    public string DisplayName => link.DisplayName;

    /// <summary>The office that they belong to or write to.</summary>
    public string OrganisationName => link.OrganisationName;

    /// <summary>The address that the link was mailed to.</summary>
    public string Email => EmailAddress.ForPeople(link.Email);
}
