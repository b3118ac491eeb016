using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Reports;

namespace Messaging.Benchmarks.Scale;

/// <summary>A conversation that is being seeded: what happened in it so far, as the projection would have it.</summary>
internal sealed class Story(
    Guid id, Guid customer, Participant startedBy, Phrase subject, Guid? responsible, DateTimeOffset at, string key)
{
    private bool _officeAwaited;

    public Guid Id => id;

    public Guid Customer => customer;

    public Participant StartedBy => startedBy;

    public Phrase Subject => subject;

    public Guid? Responsible => responsible;

    public string Key => key;

    public DateTimeOffset CreatedAt { get; } = at;

    public DateTimeOffset[] Times { get; set; } = [];

    public int Written { get; set; }

    public ConversationStatus Status { get; private set; } = ConversationStatus.Open;

    public Awaiting Awaiting { get; private set; } = Awaiting.Nobody;

    public DateTimeOffset AwaitingSince { get; private set; } = at;

    public DateTimeOffset StatusSince { get; private set; } = at;

    public int StatusPosition { get; private set; } = 1;

    public bool OfficeAwaited => _officeAwaited && Status == ConversationStatus.Open;

    public DateTimeOffset UpdatedAt { get; private set; } = at;

    public DateTimeOffset PublicUpdatedAt { get; private set; } = at;

    public int Version { get; private set; } = 1;

    public int PublicVersion { get; private set; } = 1;

    public int Comments { get; private set; }

    public int PublicComments { get; private set; }

    public (Guid Id, int Position, Guid By) Last { get; private set; }

    public (Guid Id, int Position, Guid By) LastPublic { get; private set; }

    /// <summary>What was and is waited for in it, as docs/figures.md defines it.</summary>
    public List<SeededWait> Waits { get; } = [new(WaitKind.Resolution, 1, at, null)];

    public void Comment(Guid comment, Participant author, CommentVisibility visibility, DateTimeOffset when)
    {
        Version++;
        Comments++;
        UpdatedAt = when;
        Last = (comment, Version, author.Id);
        if (visibility == CommentVisibility.Internal) return;
        PublicVersion++;
        PublicComments++;
        PublicUpdatedAt = when;
        LastPublic = Last;
        _officeAwaited = author.Kind == ParticipantKind.Contact;
        if (!_officeAwaited)
        {
            End(WaitKind.OfficeReply, WaitOutcome.Replied, author.Id, when);
        }
        else
        {
            End(WaitKind.CustomerAnswer, WaitOutcome.CustomerAnswered, null, when);
            if (!Waits.Exists(w => w is { Kind: WaitKind.OfficeReply, To: null }))
                Waits.Add(new SeededWait(WaitKind.OfficeReply, Version, when, null));
        }

        Await(Status, when);
    }

    public void File(CommentVisibility visibility, DateTimeOffset when)
    {
        Version++;
        UpdatedAt = when;
        if (visibility == CommentVisibility.Internal) return;
        PublicVersion++;
        PublicUpdatedAt = when;
    }

    public void Change(ConversationStatus to, Participant by, DateTimeOffset when)
    {
        Version++;
        var administrator = by.Kind == ParticipantKind.Administrator ? by.Id : (Guid?)null;
        if (to != ConversationStatus.Open)
            End(WaitKind.OfficeReply, WaitOutcome.ClosedWithoutReply, administrator, when);
        if (Status == ConversationStatus.Attention)
            End(WaitKind.CustomerAnswer, WaitOutcome.Withdrawn, null, when);
        if (to == ConversationStatus.Answered)
            End(WaitKind.Resolution, WaitOutcome.Resolved, administrator, when);
        if (to == ConversationStatus.Attention)
            Waits.Add(new SeededWait(WaitKind.CustomerAnswer, Version, when, administrator));
        if (Status == ConversationStatus.Answered)
            Waits.Add(new SeededWait(WaitKind.Resolution, Version, when, null));
        PublicVersion++;
        UpdatedAt = PublicUpdatedAt = when;
        (Status, StatusSince, StatusPosition) = (to, when, Version);
        Await(to, when);
    }

    private void End(WaitKind kind, WaitOutcome outcome, Guid? administrator, DateTimeOffset when)
    {
        if (Waits.Find(w => w.Kind == kind && w.To is null) is not { } wait) return;
        (wait.To, wait.Outcome) = (when, outcome);
        wait.Administrator ??= administrator;
    }

    private void Await(ConversationStatus status, DateTimeOffset when)
    {
        var now = status switch
        {
            ConversationStatus.Answered => Awaiting.Nobody,
            ConversationStatus.Attention => Awaiting.Customer,
            _ => _officeAwaited ? Awaiting.Office : Awaiting.Nobody,
        };
        if (now != Awaiting) (Awaiting, AwaitingSince) = (now, when);
    }
}

/// <summary>A wait of a seeded conversation.</summary>
internal sealed class SeededWait(WaitKind kind, int position, DateTimeOffset from, Guid? administrator)
{
    public WaitKind Kind => kind;

    public int Position => position;

    public DateTimeOffset From => from;

    public DateTimeOffset? To { get; set; }

    public WaitOutcome? Outcome { get; set; }

    public Guid? Administrator { get; set; } = administrator;
}
