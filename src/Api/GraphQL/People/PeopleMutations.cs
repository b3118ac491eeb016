using System.ComponentModel;
using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.People;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Accounts;
using Messaging.Application.Organisations;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisations;

namespace Messaging.Api.GraphQL;

/// <content>The organisation and its people.</content>
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
            )
        );

    /// <summary>Asks somebody to join the office; the link to do so goes out by e-mail.</summary>
    [Allow(Access.Owners)]
    public static async Task<InviteAdministratorPayload> InviteAdministrator(
        IResolveFieldContext context, InviteAdministratorInput input)
    {
        var id = Guid.CreateVersion7();
        var role = input.Role ?? Role.Administrator;
        var command = new InviteAdministratorCommand(context.Caller(), id, input.Email, input.DisplayName, role)
        {
            Limits = context.Service<InvitationLimits>(),
        };
        return new InviteAdministratorPayload(id, await context.ExecuteAsync(command));
    }

    /// <summary>Ends somebody's part in the office at once. What they did stays.</summary>
    [Allow(Access.Owners)]
    public static async Task<DeactivateAdministratorPayload> DeactivateAdministrator(
        IResolveFieldContext context, DeactivateAdministratorInput input)
    {
        var id = Ids.Parse(input.Id);
        return new DeactivateAdministratorPayload(
            id, await context.ExecuteAsync(new DeactivateAdministratorCommand(context.Caller(), id)));
    }

    /// <summary>
    /// Asks somebody who has not joined yet once more, with a new link. Owners ask those of the office, administrators
    /// contacts.
    /// </summary>
    [Allow(Access.Administrators)]
    public static async Task<ResendInvitationPayload> ResendInvitation(
        IResolveFieldContext context, ResendInvitationInput input)
    {
        var id = Ids.Parse(input.Id);
        var command = new InviteAgainCommand(context.Caller(), id) { Limits = context.Service<InvitationLimits>() };
        return new ResendInvitationPayload(id, await context.ExecuteAsync(command));
    }

    /// <summary>Ends somebody's part in a customer's conversations at once. What they did stays.</summary>
    [Allow(Access.Administrators)]
    public static async Task<DeactivateContactPayload> DeactivateContact(
        IResolveFieldContext context, DeactivateContactInput input)
    {
        var id = Ids.Parse(input.Id);
        return new DeactivateContactPayload(
            id, await context.ExecuteAsync(new DeactivateContactCommand(context.Caller(), id)));
    }

    /// <summary>Registers a customer of the office.</summary>
    [Allow(Access.Administrators, ApiTokens = true)]
    public static async Task<RegisterCustomerPayload> RegisterCustomer(
        IResolveFieldContext context, RegisterCustomerInput input)
    {
        if (Ids.Choose(input.Id) is not { } id)
            return new RegisterCustomerPayload(Guid.Empty, [UserError.Of(new IdIsIllFormed())]);
        return new RegisterCustomerPayload(
            id, await context.ExecuteAsync(new RegisterCustomerCommand(context.Caller(), id, input.Name)));
    }

    /// <summary>Asks somebody to write for a customer; the link to do so goes out by e-mail.</summary>
    [Allow(Access.Administrators)]
    public static async Task<InviteContactPayload> InviteContact(IResolveFieldContext context, InviteContactInput input)
    {
        var id = Guid.CreateVersion7();
        var customer = Ids.Parse(input.CustomerId);
        var command = new InviteContactCommand(context.Caller(), id, customer, input.Email, input.DisplayName)
        {
            Limits = context.Service<InvitationLimits>(),
        };
        return new InviteContactPayload(id, await context.ExecuteAsync(command));
    }
}

/// <summary>Changes the organisation's settings; what is not given stays.</summary>
[Allow(Access.Owners)]
public sealed class UpdateOrganisationSettingsInput
{
    /// <summary>One line that is not empty.</summary>
    [Limit(Characters = OrganisationDecider.NameMaximum, AsData = true)]
    public string? Name { get; set; }

    /// <summary>Where the office is told of its customers' comments.</summary>
    [Limit(Characters = Text.EmailMaximum, AsData = true)]
    public string? NotificationEmail { get; set; }

    /// <summary><c>de</c> or <c>en</c>.</summary>
    [Limit(Characters = OrganisationDecider.LocaleMaximum, AsData = true)]
    public string? Locale { get; set; }

    /// <summary>An IANA time zone, such as <c>Europe/Berlin</c>.</summary>
    [Limit(Characters = OrganisationDecider.TimeZoneMaximum, AsData = true)]
    public string? TimeZone { get; set; }

    /// <summary>Whether customers may start conversations.</summary>
    public bool? CustomersMayStartConversations { get; set; }
}

/// <summary>Asks somebody to join the office.</summary>
[Allow(Access.Owners)]
public sealed class InviteAdministratorInput
{
    /// <summary>Where the invitation goes, and what they sign in with.</summary>
    [Limit(Characters = Text.EmailMaximum, AsData = true)]
    public string Email { get; set; } = "";

    /// <summary>One line that is not empty.</summary>
    [Limit(Characters = Profile.DisplayNameMaximum, AsData = true)]
    public string DisplayName { get; set; } = "";

    /// <summary>ADMINISTRATOR or AUDITOR.</summary>
    [DefaultValue(Domain.Role.Administrator)]
    public Role? Role { get; set; } = Domain.Role.Administrator;
}

/// <summary>Ends somebody's part in the office.</summary>
[Allow(Access.Owners)]
public sealed class DeactivateAdministratorInput
{
    /// <summary>Whose.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>Asks somebody once more.</summary>
[Allow(Access.Administrators)]
public sealed class ResendInvitationInput
{
    /// <summary>Whom: an administrator, an auditor or a contact.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>Ends somebody's part in a customer's conversations.</summary>
[Allow(Access.Administrators)]
public sealed class DeactivateContactInput
{
    /// <summary>Whose.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>Registers a customer.</summary>
[Allow(Access.Administrators)]
public sealed class RegisterCustomerInput
{
    /// <summary>
    /// A UUID of the client's choice makes the mutation idempotent: the same id and content again has no second effect.
    /// </summary>
    [Id]
    public string? Id { get; set; }

    /// <summary>One line that is not empty.</summary>
    [Limit(Characters = CustomerDecider.NameMaximum, AsData = true)]
    public string Name { get; set; } = "";
}

/// <summary>Asks somebody to write for a customer.</summary>
[Allow(Access.Administrators)]
public sealed class InviteContactInput
{
    /// <summary>The customer.</summary>
    [Id]
    public string CustomerId { get; set; } = "";

    /// <summary>Where the invitation goes, and what they sign in with.</summary>
    [Limit(Characters = Text.EmailMaximum, AsData = true)]
    public string Email { get; set; } = "";

    /// <summary>One line that is not empty.</summary>
    [Limit(Characters = Profile.DisplayNameMaximum, AsData = true)]
    public string DisplayName { get; set; } = "";
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
    /// <summary>Who was invited.</summary>
    public IDataLoaderResult<AdministratorNode?>? Administrator(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.AdministratorIfAny(id) : null;
}

/// <summary>The answer to <c>deactivateAdministrator</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class DeactivateAdministratorPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>Who no longer belongs to the office.</summary>
    public IDataLoaderResult<AdministratorNode?>? Administrator(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.AdministratorIfAny(id) : null;
}

/// <summary>The answer to <c>resendInvitation</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class ResendInvitationPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>Who was asked once more.</summary>
    public IDataLoaderResult<IParticipant?>? Invited(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.PersonIfAny(id) : null;
}

/// <summary>The answer to <c>deactivateContact</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class DeactivateContactPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>Who no longer takes part.</summary>
    public IDataLoaderResult<ContactNode?>? Contact(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.ContactIfAny(id) : null;
}

/// <summary>The answer to <c>registerCustomer</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class RegisterCustomerPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The new customer.</summary>
    public IDataLoaderResult<CustomerNode?>? Customer(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.CustomerIfAny(id) : null;
}

/// <summary>The answer to <c>inviteContact</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class InviteContactPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>Who was invited.</summary>
    public IDataLoaderResult<ContactNode?>? Contact(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.ContactIfAny(id) : null;
}
