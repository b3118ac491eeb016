using System.ComponentModel;
using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.Auth;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Accounts;
using Messaging.Application.Conversations;
using Messaging.Application.Organisation;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Messaging.Projections.Organisation;

namespace Messaging.Api.GraphQL;

/// <content>The organisation and those of the office.</content>
public sealed partial class Mutation
{
    /// <summary>Changes the organisation's settings; what is not given stays.</summary>
    [Allow(Access.Owners)]
    public static async Task<UpdateOrganisationSettingsPayload> UpdateOrganisationSettings(
        IResolveFieldContext context, UpdateOrganisationSettingsInput input) =>
        new(
            await context.ExecuteAsync(
                new UpdateOrganisationSettingsCommand(
                    context.Caller(), input.Name, input.NotificationEmail, input.Locale, input.TimeZone,
                    input.CustomersMayStartConversations)
                {
                    CustomersAreToldAnswered = input.CustomersAreToldAnswered,
                    MailContent = input.MailContent,
                    ShowsPersonalTimes = input.ShowsPersonalTimes,
                }
            )
        );

    /// <summary>Asks somebody to join the office; the link to do so goes out by e-mail.</summary>
    [Allow(Access.Owners)]
    public static async Task<InviteAdministratorPayload> InviteAdministrator(
        IResolveFieldContext context, InviteAdministratorInput input)
    {
        var id = Guid.CreateVersion7();
        var role = input.Role ?? Role.Administrator;
        var (given, refusal) = AdministratorAccessInput.ToGiven(input.Access, input.Scope);
        if (refusal is not null) return new InviteAdministratorPayload(id, [UserError.Of(refusal)]);
        var command = new InviteAdministratorCommand(context.Caller(), id, input.Email, input.DisplayName, role)
        {
            Given = given,
            Scope = input.Scope?.ToScope(),
            Limits = context.Service<InvitationLimits>(),
        };
        return new InviteAdministratorPayload(id, await context.ExecuteAsync(command));
    }

    /// <summary>
    /// Ends somebody's part in the office at once. Their history stays. With <c>handOver</c>, the conversations that
    /// they are responsible for are handed over, at most 1,000 in a request: the same again goes on.
    /// </summary>
    [Allow(Access.Owners)]
    public static async Task<DeactivateAdministratorPayload> DeactivateAdministrator(
        IResolveFieldContext context, DeactivateAdministratorInput input)
    {
        var id = Ids.Parse(input.Id);
        Guid? to = input.HandOver?.To is { } given ? Ids.Parse(given) : null;
        if (to is { } successor
            && await context.Service<HandOver>().CheckAsync(
                context.Caller(), id, successor, null, context.CancellationToken) is { } unseen)
            return new DeactivateAdministratorPayload(id, false, [UserError.Of(unseen)]);
        var errors = await context.ExecuteAsync(new DeactivateAdministratorCommand(context.Caller(), id, to));
        context.Service<TokenGate>().Forget(context.Caller().TenantId, id);
        if (errors.Count > 0 || input.HandOver is null) return new DeactivateAdministratorPayload(id, false, errors);
        var (refusal, hasMore) = await context.Service<HandOver>()
            .GoOnAsync(context.Caller(), new HandedOver(id, to), context.CancellationToken);
        return new DeactivateAdministratorPayload(id, hasMore, refusal is null ? [] : [UserError.Of(refusal)]);
    }

    /// <summary>
    /// Lets somebody back who was deactivated, with their id, role and history. They get an invitation and choose a
    /// password. CONFLICT: the address is somebody else's by now.
    /// </summary>
    [Allow(Access.Owners)]
    public static async Task<ReactivateAdministratorPayload> ReactivateAdministrator(
        IResolveFieldContext context, ReactivateAdministratorInput input)
    {
        var id = Ids.Parse(input.Id);
        var caller = context.Caller();
        var known = await context.Service<OrganisationQueries>()
            .AdministratorsByIdsAsync(caller, [id], context.CancellationToken);
        var before = known.GetValueOrDefault(id) is { IsServiceAccount: false } person ? person.Email : null;
        var command = new ReactivateAdministratorCommand(caller, id, input.Email ?? before)
        {
            Limits = context.Service<InvitationLimits>(),
        };
        return new ReactivateAdministratorPayload(id, await context.ExecuteAsync(command));
    }

    /// <summary>
    /// Gives somebody of the office another role, names them an owner, or dismisses them as one; what is not given
    /// stays. It counts at once, also for what they have open. Nobody changes their own role, so that an owner is left.
    /// </summary>
    [Allow(Access.Owners)]
    public static async Task<ChangeAdministratorRolePayload> ChangeAdministratorRole(
        IResolveFieldContext context, ChangeAdministratorRoleInput input)
    {
        var (caller, id) = (context.Caller(), Ids.Parse(input.Id));
        IReadOnlyList<UserError> errors = [];
        await context.Service<LostSight>().ByAsync(
            caller, id, null,
            async () =>
            {
                errors = await context.ExecuteAsync(
                    new ChangeAdministratorRoleCommand(caller, id, input.Role, input.IsOwner));
                await context.Service<EndedSessions>().RightsChangedAsync(caller.TenantId, id);
                return errors.Count == 0;
            }, context.CancellationToken);
        return new ChangeAdministratorRolePayload(id, errors);
    }

    /// <summary>
    /// Limits somebody of the office to some customers, or gives them all of them back; and gives an auditor a scope,
    /// or takes it back. What is not given stays. Whatever they list, count,
    /// search, write, download and are told of keeps to it at once, also what they have open. What they are responsible
    /// for and lose is handed over: to nobody, unless <c>handOver</c> says to whom. An owner sees all customers, and
    /// cannot be limited.
    /// </summary>
    [Allow(Access.Owners)]
    public static async Task<SetAdministratorAccessPayload> SetAdministratorAccess(
        IResolveFieldContext context, SetAdministratorAccessInput input)
    {
        var (caller, id) = (context.Caller(), Ids.Parse(input.Id));
        var (given, refusal) = input is { Access: null, Scope: null }
            ? (null, new NeitherAccessNorScope())
            : AdministratorAccessInput.ToGiven(input.Access, input.Scope);
        if (refusal is not null) return new SetAdministratorAccessPayload(id, false, [UserError.Of(refusal)]);
        var command = new LimitAdministratorCommand(caller, id, given, Ids.ParseOptional(input.HandOver?.To))
        {
            Scope = input.Scope?.ToScope(),
            KeepsCustomers = input is { Access: null, Scope.CustomerIds: null },
        };
        var to = command.HandOverTo;
        if (to is { } successor && given is not null
            && await context.Service<HandOver>().CheckAsync(caller, id, successor, given, context.CancellationToken)
                is { } unseen)
            return new SetAdministratorAccessPayload(id, false, [UserError.Of(unseen)]);
        IReadOnlyList<UserError> errors = [];
        var (handingOver, hasMore) = await context.Service<LostSight>().ByAsync(
            caller, id, to,
            async () =>
            {
                errors = await context.ExecuteAsync(command);
                await context.Service<EndedSessions>().RightsChangedAsync(caller.TenantId, id);
                return errors.Count == 0;
            }, context.CancellationToken);
        return new SetAdministratorAccessPayload(
            id, hasMore, handingOver is null ? errors : [UserError.Of(handingOver)]);
    }

    /// <summary>
    /// Says when the viewer is away and who stands in for them, or that they are not away; owners say so of others,
    /// too. What was said before no longer holds.
    /// </summary>
    [Allow(Access.Administrators)]
    public static async Task<SetAbsencePayload> SetAbsence(IResolveFieldContext context, SetAbsenceInput input)
    {
        var caller = context.Caller();
        var id = Ids.ParseOptional(input.Id) ?? caller.Actor.Id;
        var absence = input.Absence is { } given
            ? new Absence(given.From, given.To, Ids.ParseOptional(given.DeputyId))
            : null;
        return new SetAbsencePayload(id, await context.ExecuteAsync(new SetAbsenceCommand(caller, id, absence)));
    }
}

/// <summary>Says when somebody of the office is away, or that they are not.</summary>
[Allow(Access.Administrators)]
public sealed class SetAbsenceInput
{
    /// <summary>The person's id; without it, the viewer. Only owners say so of others.</summary>
    [Id]
    public string? Id { get; set; }

    /// <summary>The days; without them they are not away, nor going to be.</summary>
    public AbsenceInput? Absence { get; set; }
}

/// <summary>Days on which somebody of the office is away, and who stands in for them.</summary>
[Allow(Access.Administrators)]
public sealed class AbsenceInput
{
    /// <summary>The first day, in the office's time zone; within a year.</summary>
    public DateOnly From { get; set; }

    /// <summary>The last day, which is not over; at most a year later.</summary>
    public DateOnly To { get; set; }

    /// <summary>
    /// The colleague, an active administrator, who is told of what they would be told of as responsible.
    /// </summary>
    [Id]
    public string? DeputyId { get; set; }
}

/// <summary>The answer to <c>setAbsence</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class SetAbsencePayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The person, with when they are away now.</summary>
    public IDataLoaderResult<AdministratorNode?>? Administrator(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.AdministratorIfAny(id) : null;
}

/// <summary>Changes the organisation's settings; what is not given stays.</summary>
[Allow(Access.Owners)]
public sealed class UpdateOrganisationSettingsInput
{
    /// <summary>One line that is not empty.</summary>
    [Limit(Characters = OrganisationDecider.NameMaximum, AsData = true)]
    public string? Name { get; set; }

    /// <summary>The registered address, which is notified of customers' comments.</summary>
    [Limit(Characters = Text.EmailMaximum, AsData = true)]
    public string? NotificationEmail { get; set; }

    /// <summary><c>de</c> or <c>en</c>.</summary>
    [Limit(Characters = OrganisationDecider.LocaleMaximum, AsData = true)]
    public string? Locale { get; set; }

    /// <summary>An IANA time zone, such as <c>Europe/Berlin</c>.</summary>
    [Limit(Characters = OrganisationDecider.TimeZoneMaximum, AsData = true)]
    public string? TimeZone { get; set; }

    /// <summary>True when customers may start conversations.</summary>
    public bool? CustomersMayStartConversations { get; set; }

    /// <summary>True when customers are told that a conversation is answered.</summary>
    public bool? CustomersAreToldAnswered { get; set; }

    /// <summary>The mails about conversations that say what was written.</summary>
    public MailContent? MailContent { get; set; }

    /// <summary>False to show nobody times of a person.</summary>
    public bool? ShowsPersonalTimes { get; set; }
}

/// <summary>Asks somebody to join the office.</summary>
[Allow(Authorization.Access.Owners)]
public sealed class InviteAdministratorInput
{
    /// <summary>The address that the invitation goes to and that they sign in with.</summary>
    [Limit(Characters = Text.EmailMaximum, AsData = true)]
    public string Email { get; set; } = "";

    /// <summary>One line that is not empty.</summary>
    [Limit(Characters = Profile.DisplayNameMaximum, AsData = true)]
    public string DisplayName { get; set; } = "";

    /// <summary>ADMINISTRATOR or AUDITOR.</summary>
    [DefaultValue(Domain.Role.Administrator)]
    public Role? Role { get; set; } = Domain.Role.Administrator;

    /// <summary>The customers that they shall see; all of them unless told.</summary>
    public AdministratorAccessInput? Access { get; set; }

    /// <summary>What an auditor's access is limited to, in place of <c>access</c> or besides it.</summary>
    public AuditorScopeInput? Scope { get; set; }
}

/// <summary>The customers that somebody of the office shall see: all of them, or some.</summary>
[Name("AdministratorAccessInput")]
[Allow(Access.Owners)]
public sealed class AdministratorAccessInput
{
    /// <summary>True for all customers; then neither <c>customerIds</c> nor <c>tags</c> is given.</summary>
    public bool All { get; set; }

    /// <summary>Customers.</summary>
    [Id]
    [Limit(Items = GivenCustomers.IdsMaximum, AsData = true)]
    public IReadOnlyList<string>? CustomerIds { get; set; }

    /// <summary>
    /// Tags of customers, in whatever case: each customer that has one of them, now or later. With neither these nor
    /// <c>customerIds</c> they see no customer.
    /// </summary>
    [Limit(Characters = CustomerDecider.TagMaximum, Items = GivenCustomers.TagsMaximum, AsData = true)]
    public IReadOnlyList<string>? Tags { get; set; }

    /// <summary>As commands take it: null for all customers.</summary>
    internal static (GivenCustomers? Given, Refusal? Refusal) ToGiven(
        AdministratorAccessInput? input, AuditorScopeInput? scope)
    {
        if (scope?.CustomerIds is { } ids)
        {
            return input is null
                ? (new GivenCustomers([.. Ids.Parse(ids)], []), null)
                : (null, new CustomersGivenTwice());
        }

        if (input is null) return (null, null);
        var given = new GivenCustomers([.. Ids.Parse(input.CustomerIds)], [.. input.Tags ?? []]);
        if (!input.All) return (given, null);
        return given is { Ids.IsEmpty: true, Tags.IsEmpty: true }
            ? (null, null)
            : (null, new AllOrSomeCustomers("access."));
    }
}

/// <summary>What an auditor's access is limited to. What is not given, it is not limited to.</summary>
[Name("AuditorScopeInput")]
[Allow(Access.Owners)]
public sealed class AuditorScopeInput
{
    /// <summary>The customers, in place of <c>access</c>; without them, those of <c>access</c>.</summary>
    [Id]
    [Limit(Items = GivenCustomers.IdsMaximum, AsData = true)]
    public IReadOnlyList<string>? CustomerIds { get; set; }

    /// <summary>
    /// The instant at which their access ends, in the future: from then on they do not come in, API tokens and open
    /// connections included. An owner can postpone it.
    /// </summary>
    public DateTimeOffset? Until { get; set; }

    /// <summary>
    /// False to keep the office's internal notes from them, what is noted about customers, and whatever has them in it:
    /// the log of everything, views of the past, reports and mails.
    /// </summary>
    [DefaultValue(true)]
    public bool? Notes { get; set; } = true;

    /// <summary>
    /// The first instant of what they see, such as the beginning of a year: comments, files and events of then and
    /// later, and the conversations in which something public was written in the span.
    /// </summary>
    public DateTimeOffset? From { get; set; }

    /// <summary>
    /// The instant before which all of it happened. What a conversation was at that instant is what they see of it; who
    /// people and customers are, they see as of now.
    /// </summary>
    public DateTimeOffset? To { get; set; }

    internal AuditorScope ToScope() => new(Until, Notes ?? true, From, To);
}

/// <summary>Limits somebody of the office to some customers or by a scope, or takes that back.</summary>
[Allow(Authorization.Access.Owners)]
public sealed class SetAdministratorAccessInput
{
    /// <summary>The person's id, or that of a service account.</summary>
    [Id]
    public string Id { get; set; } = "";

    /// <summary>The customers; null for those of before.</summary>
    public AdministratorAccessInput? Access { get; set; }

    /// <summary>An auditor's scope, in place of that of before; null for that of before.</summary>
    public AuditorScopeInput? Scope { get; set; }

    /// <summary>
    /// To whom the conversations go that they are responsible for and no longer see, with the customers whose new
    /// conversations would be theirs. Null: to nobody.
    /// </summary>
    public HandOverInput? HandOver { get; set; }
}

/// <summary>Ends somebody's part in the office.</summary>
[Allow(Access.Owners)]
public sealed class DeactivateAdministratorInput
{
    /// <summary>The person's id.</summary>
    [Id]
    public string Id { get; set; } = "";

    /// <summary>
    /// To whom the conversations go that they are responsible for. Null leaves them: they count as taken on by nobody.
    /// </summary>
    public HandOverInput? HandOver { get; set; }
}

/// <summary>To whom conversations go.</summary>
[Allow(Access.Owners)]
public sealed class HandOverInput
{
    /// <summary>The administrator who takes over; null: nobody.</summary>
    [Id]
    public string? To { get; set; }
}

/// <summary>Lets somebody of the office back.</summary>
[Allow(Access.Owners)]
public sealed class ReactivateAdministratorInput
{
    /// <summary>The person's id.</summary>
    [Id]
    public string Id { get; set; } = "";

    /// <summary>Another address for the invitation, which they sign in with; null for the one of before.</summary>
    [Limit(Characters = Text.EmailMaximum, AsData = true)]
    public string? Email { get; set; }
}

/// <summary>Gives somebody of the office another role; what is not given stays.</summary>
[Allow(Access.Owners)]
public sealed class ChangeAdministratorRoleInput
{
    /// <summary>The person's id.</summary>
    [Id]
    public string Id { get; set; } = "";

    /// <summary>ADMINISTRATOR or AUDITOR.</summary>
    public Role? Role { get; set; }

    /// <summary>True to name them an owner, false to dismiss them as one. An auditor is none.</summary>
    public bool? IsOwner { get; set; }
}

/// <summary>The answer to <c>updateOrganisationSettings</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class UpdateOrganisationSettingsPayload(IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The organisation as it is now.</summary>
    public IDataLoaderResult<OrganisationNode>? Organisation(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.Organisation() : null;
}

/// <summary>The answer to <c>inviteAdministrator</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class InviteAdministratorPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The person who was invited.</summary>
    public IDataLoaderResult<AdministratorNode?>? Administrator(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.AdministratorIfAny(id) : null;
}

/// <summary>The answer to <c>deactivateAdministrator</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class DeactivateAdministratorPayload(Guid id, bool hasMore, IReadOnlyList<UserError> errors)
    : Payload(errors)
{
    /// <summary>True when there are more conversations to hand over: the same again goes on.</summary>
    public bool HasMore { get; } = hasMore;

    /// <summary>The administrator who was deactivated.</summary>
    public IDataLoaderResult<AdministratorNode?>? Administrator(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.AdministratorIfAny(id) : null;
}

/// <summary>The answer to <c>reactivateAdministrator</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class ReactivateAdministratorPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The person who was let back.</summary>
    public IDataLoaderResult<AdministratorNode?>? Administrator(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.AdministratorIfAny(id) : null;
}

/// <summary>The answer to <c>setAdministratorAccess</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class SetAdministratorAccessPayload(Guid id, bool hasMore, IReadOnlyList<UserError> errors)
    : Payload(errors)
{
    /// <summary>True when more than 1,000 conversations are handed over: the rest goes by itself.</summary>
    public bool HasMore { get; } = hasMore;

    /// <summary>The person with the customers they see now.</summary>
    public IDataLoaderResult<AdministratorNode?>? Administrator(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.AdministratorIfAny(id) : null;
}

/// <summary>The answer to <c>changeAdministratorRole</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class ChangeAdministratorRolePayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The person with the role they have now.</summary>
    public IDataLoaderResult<AdministratorNode?>? Administrator(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.AdministratorIfAny(id) : null;
}
