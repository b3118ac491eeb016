using System.Collections.Immutable;
using Messaging.Domain.Organisation;

namespace Messaging.Domain;

/// <summary>The role of a person, which says what they may do.</summary>
[Stored("role")]
public enum Role
{
    /// <summary>A person of the office who writes to customers, sets statuses and runs actions.</summary>
    Administrator = 0,

    /// <summary>A contact of a customer: writes in that customer's conversations.</summary>
    Customer = 1,

    /// <summary>A person of the office who reads everything of the organisation and writes nothing.</summary>
    Auditor = 2,
}

/// <summary>The person or program that gives a command. Decided by the token that came with it, never by its
/// content.</summary>
/// <param name="Id">The person's stream.</param>
public abstract record Actor(Guid Id)
{
    /// <summary>The role of the actor.</summary>
    public abstract Role Role { get; }

    /// <summary>The reference to the actor in events.</summary>
    public abstract Participant Participant { get; }

    /// <summary>An administrator of the organisation.</summary>
    /// <param name="IsOwner">True when the administrator may change the organisation's settings and its
    /// administrators.</param>
    public sealed record Administrator(Guid Id, bool IsOwner) : Actor(Id)
    {
        /// <summary>
        /// The only customers that they may see, as of the decision on their command; null when it is all of them.
        /// </summary>
        public GivenCustomers? Given { get; init; }

        /// <inheritdoc/>
        public override Role Role => Role.Administrator;

        /// <inheritdoc/>
        public override Participant Participant => Participant.Administrator(Id);
    }

    /// <summary>A contact of a customer.</summary>
    /// <param name="CustomerId">The only customer whose conversations the contact takes part in.</param>
    public sealed record Contact(Guid Id, Guid CustomerId) : Actor(Id)
    {
        /// <summary>
        /// The tags of the only conversations that they take part in, as of the decision on their command; empty when
        /// it is all of the customer's.
        /// </summary>
        public ImmutableArray<string> Topics { get; init; } = [];

        /// <inheritdoc/>
        public override Role Role => Role.Customer;

        /// <inheritdoc/>
        public override Participant Participant => Participant.Contact(Id);
    }

    /// <summary>An auditor of the organisation.</summary>
    public sealed record Auditor(Guid Id) : Actor(Id)
    {
        /// <inheritdoc/>
        public override Role Role => Role.Auditor;

        /// <inheritdoc/>
        public override Participant Participant => Participant.Administrator(Id);
    }

    /// <summary>The product itself, for what nobody signed in does: setting an organisation up.</summary>
    public sealed record System() : Actor(Guid.Empty)
    {
        /// <inheritdoc/>
        public override Role Role => Role.Administrator;

        /// <inheritdoc/>
        public override Participant Participant => Participant.System;
    }
}

/// <summary>The kinds of participants.</summary>
[Stored("participant_kind")]
public enum ParticipantKind
{
    /// <summary>An administrator of the organisation.</summary>
    Administrator = 0,

    /// <summary>A contact of a customer.</summary>
    Contact = 1,

    /// <summary>The product itself.</summary>
    System = 2,
}

/// <summary>
/// A person as events name them: by id only. Names and addresses live in the person's own stream, so that a past view
/// can show the name of then and erasing somebody touches little.
/// </summary>
public readonly record struct Participant(ParticipantKind Kind, Guid Id)
{
    /// <summary>The product itself.</summary>
    public static Participant System => new(ParticipantKind.System, Guid.Empty);

    /// <summary>An administrator of the organisation.</summary>
    public static Participant Administrator(Guid id) => new(ParticipantKind.Administrator, id);

    /// <summary>A contact of a customer.</summary>
    public static Participant Contact(Guid id) => new(ParticipantKind.Contact, id);
}

/// <summary>The person or program that asks or commands, and their organisation. Both come from the token.</summary>
/// <param name="TenantId">The organisation's id, as text.</param>
public sealed record Caller(string TenantId, Actor Actor)
{
    /// <summary>
    /// The session that the token belongs to; null where it belongs to none, as those of another issuer.
    /// </summary>
    public Guid? SessionId { get; init; }

    /// <summary>
    /// The scope of the API token that they come with, whose session is <see cref="SessionId"/>; null where they signed
    /// in.
    /// </summary>
    public ApiTokenScope? ApiToken { get; init; }

    /// <summary>
    /// True when they may see some only of what their role sees: somebody of the office only the customers that they
    /// were given, a contact only the conversations of some topics. Which ones is read with each statement, and for
    /// each command.
    /// </summary>
    public bool IsLimited { get; init; }

    /// <summary>What an auditor's access is limited to besides; null when it is to nothing.</summary>
    public AuditorScope? Scope { get; init; }

    /// <summary>The instant at which their access ends; null when it does not end.</summary>
    public DateTimeOffset? AccessEndsAt => Scope?.Until;

    /// <summary>True for an auditor who sees less of what their customers have than other auditors do.</summary>
    public bool IsNarrow => Scope is { IsNarrow: true };

    /// <summary>True for an auditor who sees only what happened in a span of time.</summary>
    public bool HasSpan => Scope is { HasSpan: true };

    /// <summary>False for an auditor who sees nothing of what is still to come, or may not for long.</summary>
    public bool IsToldOfNow => Scope is not { To: not null };

    /// <summary>
    /// True for those who see all that happened in their office: owners, and auditors without limits.
    /// </summary>
    public bool SeesAllHistory =>
        !IsLimited && !IsNarrow && Actor is Actor.Auditor or Actor.Administrator { IsOwner: true };

    /// <summary>True for people of the office.</summary>
    public bool IsOfOffice => Actor is not Actor.Contact;

    /// <summary>The organisation's stream.</summary>
    public Guid OrganisationId => Guid.Parse(TenantId);

    /// <summary>True when internal comments may be seen.</summary>
    public bool SeesInternal => Actor is not Actor.Contact && Scope is not { WithNotes: false };

    /// <summary>The only customer whose conversations may be seen; null when all of the organisation's may.</summary>
    public Guid? OnlyCustomerId => (Actor as Actor.Contact)?.CustomerId;

    /// <summary>
    /// True when the other one sees and may do the same, but for which ones <see cref="IsLimited"/> leaves them.
    /// </summary>
    public bool HasRightsOf(Caller other) =>
        (Actor, ApiToken, IsLimited, Scope) == (other.Actor, other.ApiToken, other.IsLimited, other.Scope);
}

/// <summary>The operations that an API token allows, within what its person may do.</summary>
[Stored("api_token_scope")]
public enum ApiTokenScope
{
    /// <summary>Reads: queries, subscriptions and downloads.</summary>
    Read = 0,

    /// <summary>Reads and writes: mutations, too, but for those that decide who has access.</summary>
    ReadWrite = 1,
}

/// <summary>Auditors write nothing.</summary>
public sealed record AuditorsWriteNothing()
    : Refusal(RefusalKind.Forbidden, "Auditors read everything and write nothing.");
