namespace Messaging.Domain.Organisation;

/// <summary>What an auditor's access is limited to, besides <see cref="GivenCustomers"/>.</summary>
/// <param name="Until">The instant at which it ends; null when it does not end.</param>
public sealed record AuditorScope(DateTimeOffset? Until)
{
    /// <summary>No limits.</summary>
    public static AuditorScope None { get; } = new((DateTimeOffset?)null);

    /// <summary>The scope that an event gave; null when it took the one of before back.</summary>
    public static AuditorScope? Of(AuditorScoped scoped) => new AuditorScope(scoped.Until).OrNone();

    /// <summary>The same in whole microseconds, as databases keep instants.</summary>
    internal AuditorScope Tidied() => this with { Until = Tidied(Until) };

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

/// <summary>Customers are given by the scope, or by the access.</summary>
public sealed record CustomersGivenTwice()
    : Refusal(RefusalKind.Invalid, "scope.customerIds goes without access.", "scope.customerIds");

/// <summary>Nothing is said that could be changed.</summary>
public sealed record NeitherAccessNorScope()
    : Refusal(RefusalKind.Invalid, "Give access, scope or both.", "access");

/// <summary>An administrator has no scope: it would be lost unnoticed.</summary>
public sealed record ScopedAuditorsStayAuditors()
    : Refusal(RefusalKind.Invalid, "This auditor has a scope. Take it back before you change the role.", "role");
