namespace Messaging.Domain.Organisation;

/// <summary>What an auditor's access is limited to, besides <see cref="GivenCustomers"/>.</summary>
/// <param name="Until">The instant at which it ends; null when it does not end.</param>
/// <param name="WithNotes">False when they see no internal notes.</param>
/// <param name="From">They see what happened at this instant or later; null for all from the beginning.</param>
/// <param name="To">They see what happened before this instant; null for all that is still to come.</param>
public sealed record AuditorScope(
    DateTimeOffset? Until, bool WithNotes = true, DateTimeOffset? From = null, DateTimeOffset? To = null)
{
    /// <summary>No limits.</summary>
    public static AuditorScope None { get; } = new((DateTimeOffset?)null);

    /// <summary>True when they see less of what their customers have than other auditors do.</summary>
    public bool IsNarrow => !WithNotes || HasSpan;

    /// <summary>True when they see only what happened in a span of time.</summary>
    public bool HasSpan => From is not null || To is not null;

    /// <summary>The scope that an event gave; null when it took the one of before back.</summary>
    public static AuditorScope? Of(AuditorScoped scoped) =>
        new AuditorScope(scoped.Until, scoped.WithNotes, scoped.From, scoped.To).OrNone();

    /// <summary>The same in whole microseconds, as databases keep instants.</summary>
    internal AuditorScope Tidied() => this with { Until = Tidied(Until), From = Tidied(From), To = Tidied(To) };

    /// <summary>Null when it limits nothing.</summary>
    internal AuditorScope? OrNone() => this == None ? null : this;

    private static DateTimeOffset? Tidied(DateTimeOffset? instant) =>
        instant is { } at ? at.ToUniversalTime().AddTicks(-(at.Ticks % TimeSpan.TicksPerMicrosecond)) : null;
}

/// <summary>Only who reads and writes nothing can be given a scope.</summary>
public sealed record OnlyAuditorsAreScoped()
    : Refusal(RefusalKind.Invalid, "Only an auditor can be given a scope.", "scope");

/// <summary>The end of the access is over already.</summary>
public sealed record ScopeEndsInThePast()
    : Refusal(RefusalKind.Invalid, "until must be in the future. To end the access now, deactivate.", "scope.until");

/// <summary>Nothing happens in the span.</summary>
public sealed record ScopeIsEmpty() : Refusal(RefusalKind.Invalid, "to must be after from.", "scope.to");

/// <summary>Customers are given by the scope, or by the access.</summary>
public sealed record CustomersGivenTwice()
    : Refusal(RefusalKind.Invalid, "scope.customerIds goes without access.", "scope.customerIds");

/// <summary>Nothing is said that could be changed.</summary>
public sealed record NeitherAccessNorScope()
    : Refusal(RefusalKind.Invalid, "Give access, scope or both.", "access");

/// <summary>An administrator has no scope: it would be lost unnoticed.</summary>
public sealed record ScopedAuditorsStayAuditors()
    : Refusal(RefusalKind.Invalid, "This auditor has a scope. Take it back before you change the role.", "role");
