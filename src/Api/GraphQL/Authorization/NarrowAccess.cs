using System.Collections.Frozen;
using GraphQL.Types;
using Messaging.Api.GraphQL.Transport;

namespace Messaging.Api.GraphQL.Authorization;

/// <summary>
/// What an auditor may ask for who sees no internal notes, or what happened in a span of time only: whatever a contact
/// may ask for as well, since that has no notes in it to begin with, and of what is for the office alone only what is
/// named here, which has none or leaves them out. Whatever is new is denied to them until it is.
/// </summary>
internal static class NarrowAccess
{
    // By type; an asterisk is all of its fields.
    private static readonly FrozenSet<string> s_fields = new[]
    {
        "Query.administrators", "Query.conversationTags", "Query.customers",
        "Conversation.history", "Conversation.tags", "ConversationUpdate.event", "File.quarantineReason",
        "Event.actor", "Event.conversation", "Event.correlationId", "Event.data", "Event.id", "Event.occurredAt",
        "Event.sequence", "Event.subject", "Event.summary", "Event.type", "Event.version",
        "EventConnection.*", "EventEdge.*",
        "Administrator.absence", "Administrator.active", "Administrator.email", "Administrator.emailChange",
        "Administrator.hasSecondFactor", "Administrator.invitationExpiresAt", "Administrator.invitedAt",
        "Administrator.isErased", "Administrator.isOwner", "Administrator.isRestricted",
        "Administrator.isServiceAccount", "Administrator.joined", "Administrator.mailProblem", "Administrator.role",
        "Absence.*",
        "Contact.emailChange", "Contact.hasSecondFactor", "Contact.invitationExpiresAt", "Contact.invitedAt",
        "Contact.isErased", "Contact.isRestricted", "Contact.mailProblem", "Contact.topics",
        "Customer.defaultAdministrator", "Customer.mailsWithoutContent", "Customer.notes", "Customer.tags",
        "OrganisationSettings.*", "Calendar.*", "OfficeHours.*", "RetentionYears.*",
    }.ToFrozenSet(StringComparer.Ordinal);

    // Fields of inputs that are for the office.
    private static readonly FrozenSet<string> s_inputs = new[]
    {
        "ConversationFilter.responsibleAdministratorId", "ConversationFilter.tag", "ConversationFilter.unassigned",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>True when they may ask for a field.</summary>
    /// <param name="access">The rule of the field.</param>
    public static bool Has(FieldType field, IGraphType type, Access access) =>
        access.HasFlag(Access.Customers) || s_fields.Contains($"{type.Name}.{field.Name}")
        || s_fields.Contains($"{type.Name}.*");

    /// <summary>True when they may give a field of an input.</summary>
    /// <param name="access">The rule of the input's field.</param>
    public static bool HasInput(FieldType field, IGraphType input, Access access) =>
        access.HasFlag(Access.Customers) || s_inputs.Contains($"{input.Name}.{field.Name}");

    /// <summary>The refusal of what they may not.</summary>
    public static RefusedException Refusal(string what) =>
        RefusedException.Forbidden($"{what} is not for auditors who see a part only.");
}
