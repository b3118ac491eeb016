using Messaging.Domain;
using Messaging.Domain.Conversations;

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

    public void Change(ConversationStatus to, DateTimeOffset when)
    {
        Version++;
        PublicVersion++;
        UpdatedAt = PublicUpdatedAt = when;
        (Status, StatusSince, StatusPosition) = (to, when, Version);
        Await(to, when);
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
