using System.ComponentModel;
using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Accounts;
using Messaging.Application.Organisation;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Organisation;

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

    /// <summary>Ends somebody's part in the office at once. Their history stays.</summary>
    [Allow(Access.Owners)]
    public static async Task<DeactivateAdministratorPayload> DeactivateAdministrator(
        IResolveFieldContext context, DeactivateAdministratorInput input)
    {
        var id = Ids.Parse(input.Id);
        return new DeactivateAdministratorPayload(
            id, await context.ExecuteAsync(new DeactivateAdministratorCommand(context.Caller(), id)));
    }
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
}

/// <summary>Asks somebody to join the office.</summary>
[Allow(Access.Owners)]
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
}

/// <summary>Ends somebody's part in the office.</summary>
[Allow(Access.Owners)]
public sealed class DeactivateAdministratorInput
{
    /// <summary>The person's id.</summary>
    [Id]
    public string Id { get; set; } = "";
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
public sealed class DeactivateAdministratorPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The administrator who was deactivated.</summary>
    public IDataLoaderResult<AdministratorNode?>? Administrator(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.AdministratorIfAny(id) : null;
}
