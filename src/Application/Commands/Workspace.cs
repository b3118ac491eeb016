using System.Globalization;
using System.Text;
using Messaging.Application.Accounts;
using Messaging.Application.Files;
using Messaging.Domain;
using Messaging.Domain.Files;
using Npgsql;

namespace Messaging.Application.Commands;

/// <summary>What the commands of a group need to read.</summary>
internal sealed class Reads
{
    private string _tenant = "";

    public HashSet<(string Tenant, Guid Id)> Streams { get; } = [];

    public HashSet<(string Tenant, Guid Id)> Receipts { get; } = [];

    public HashSet<(string Tenant, Guid Id)> Uploads { get; } = [];

    public HashSet<(string Tenant, Guid Person, Guid? Customer)> FileUsages { get; } = [];

    public HashSet<(string Tenant, Guid Id)> Notifications { get; } = [];

    public HashSet<(string Tenant, string Key)> Emails { get; } = [];

    public HashSet<string> Invitations { get; } = [];

    /// <summary>The sessions that the commands come from: one that has ended decides nothing any more.</summary>
    public HashSet<(string Tenant, Guid Id)> Sessions { get; } = [];

    public HashSet<(string Tenant, Guid Id)> AskedPeople { get; } = [];

    /// <summary>Whose API tokens are counted.</summary>
    public HashSet<(string Tenant, Guid Id)> ApiTokens { get; } = [];

    /// <summary>
    /// Whether streams are all there is to know before the decisions: then the commit tells whether what was assumed of
    /// them was right.
    /// </summary>
    public bool StreamsAlone { get; private set; } = true;

    public void Stream(Guid id) => Streams.Add((_tenant, id));

    public void Upload(Guid id) => Uploads.Add((_tenant, id));

    public void FileUsage(Caller caller) => FileUsages.Add(FileUsageQuery.Key(caller));

    public void Notification(Guid id) => Notifications.Add((_tenant, id));

    public void Email(string address)
    {
        foreach (var key in EmailKey.AllOf(address)) Emails.Add((_tenant, key));
    }

    public void Invitation(string tokenHash) => Invitations.Add(tokenHash);

    /// <summary>Who was asked to join within a day, where this person asked or was asked.</summary>
    public void Asked(Guid person) => AskedPeople.Add((_tenant, person));

    /// <summary>How many API tokens of a person or a service account work.</summary>
    public void ApiTokensOf(Guid person) => ApiTokens.Add((_tenant, person));

    public void Add(Command command)
    {
        _tenant = command.Caller.TenantId;
        foreach (var id in command.Ids) Receipts.Add((_tenant, id));
        if (command.Caller.Actor is not Actor.System) Stream(command.Caller.Actor.Id);
        if (command.Caller.SessionId is { } session) Sessions.Add((_tenant, session));
        command.Read(this);
        StreamsAlone &= command.MayAssume
            && Uploads.Count + FileUsages.Count + Notifications.Count + Emails.Count + Invitations.Count
                + AskedPeople.Count + ApiTokens.Count == 0;
    }
}

/// <summary>
/// A write that is not an event: a statement with <c>?</c> for each argument, in the group's transaction.
/// </summary>
internal sealed record Write(string Sql, object[] Arguments)
{
    public NpgsqlBatchCommand ToCommand()
    {
        var parts = Sql.Split('?');
        var text = new StringBuilder(parts[0]);
        for (var i = 1; i < parts.Length; i++) text.Append(CultureInfo.InvariantCulture, $"${i}{parts[i]}");
        var command = new NpgsqlBatchCommand(text.ToString());
        foreach (var argument in Arguments) command.Parameters.Add(new NpgsqlParameter { Value = argument });
        return command;
    }
}

/// <summary>
/// One command's view of what the group has read and decided so far. What the command changes stays here until it is
/// accepted, so that a refusal leaves nothing behind.
/// </summary>
internal sealed class Workspace(Group group, Command command)
{
    private readonly string _tenant = command.Caller.TenantId;
    private readonly Dictionary<Guid, object?> _states = [];
    private readonly Dictionary<Guid, Upload> _uploads = [];
    private readonly List<string> _emails = [];
    private readonly HashSet<Guid> _held = [];
    private readonly List<Asked> _asked = [];
    private readonly List<Guid> _apiTokens = [];
    private long _fileCharge;
    private readonly List<Write> _writes = [];

    /// <summary>The database's clock when the group was read, in UTC and whole microseconds.</summary>
    public DateTimeOffset Now => group.Now;

    public List<(Guid Stream, object Event)> Events { get; } = [];

    /// <summary>
    /// An aggregate's state, with what earlier commands of the group did; null when there is no such stream.
    /// </summary>
    public TState? State<TState>(Guid id)
        where TState : class =>
        (_states.TryGetValue(id, out var state) ? state : group.State(_tenant, id)) as TState;

    /// <summary>
    /// The state of a stream that the command changes nothing of, but that has to be the same when it is committed: who
    /// appends to it comes before or after, not in between.
    /// </summary>
    public TState? HeldState<TState>(Guid id)
        where TState : class
    {
        if (State<TState>(id) is not { } state) return null;
        _held.Add(id);
        return state;
    }

    /// <summary>Whether the id names a stream already, of whatever kind.</summary>
    public bool IsStream(Guid id) => group.Version(_tenant, id) > 0;

    public Upload? Upload(Guid id) => _uploads.TryGetValue(id, out var upload) ? upload : group.Upload(_tenant, id);

    /// <summary>What counts towards the quotas of whoever gives the command.</summary>
    public FileUsage FileUsage => group.FileUsage(FileUsageQuery.Key(command.Caller));

    /// <summary>Whom a notification is for; null when there is none of that id.</summary>
    public Guid? NotificationRecipient(Guid id) => group.NotificationRecipient(_tenant, id);

    public bool IsEmailTaken(string address) => EmailKey.AllOf(address).Any(key => group.IsEmailTaken(_tenant, key));

    public Invitation? Invitation(string tokenHash) => group.Invitation(tokenHash);

    /// <summary>
    /// Who was asked to join, as far as the commands of the group named who matters, and by earlier commands of it.
    /// </summary>
    public IEnumerable<Asked> Asked => group.Asked.Where(a => a.TenantId == _tenant);

    public void NoteAsked(Asked asked) => _asked.Add(asked);

    /// <summary>
    /// How many API tokens of a person or a service account work, those of earlier commands of the group among them.
    /// </summary>
    public int ApiTokensOf(Guid person) => group.ApiTokensOf(_tenant, person);

    /// <summary>One more works.</summary>
    public void NoteApiToken(Guid person) => _apiTokens.Add(person);

    /// <summary>Takes over a decision about one stream.</summary>
    /// <returns>The refusal, if it is one.</returns>
    public Refusal? Carry<TEvent>(Guid id, Decision<TEvent> decision)
        where TEvent : class
    {
        if (decision is Decision<TEvent>.Rejected rejected) return rejected.Refusal;
        var events = ((Decision<TEvent>.Accepted)decision).Events;
        if (events.IsEmpty) return null;
        var state = _states.TryGetValue(id, out var mine) ? mine : group.State(_tenant, id);
        foreach (var @event in events)
        {
            state = Aggregate.Of(@event).Evolve(state, id, @event);
            Events.Add((id, @event));
        }

        _states[id] = state;
        return null;
    }

    /// <summary>Takes over a write that is not an event.</summary>
    public void Write(string sql, params object[] arguments) => _writes.Add(new Write(sql, arguments));

    /// <summary>
    /// Ends all sessions of somebody. After what changes their account, whose row keeps new sessions waiting.
    /// </summary>
    /// <param name="keepsApiTokens">Whether those of API tokens go on.</param>
    public void EndSessions(Guid personId, bool keepsApiTokens = false) => Write(
        $"""
        update messaging.sessions s set ended_at = clock_timestamp(), expires_at = least(expires_at, clock_timestamp())
        where tenant_id = ? and person_id = ? and {Sessions.IsLive}{(keepsApiTokens ? $" and {Sessions.IsSignIn}" : "")}
        """,
        _tenant, personId);

    public void Attach(Upload upload, Guid commentId) =>
        Change(upload with { CommentId = commentId }, "comment_id = ?", commentId);

    public void Discard(Upload upload)
    {
        Change(
            upload with
            {
                IsDiscarded = true,
            },
            "thumbnail_due_at = null, scan_due_at = null, discarded_at = ?",
            Now
        );
        ChargeForFile(-FileQuotas.Charge(upload.Size));
    }

    /// <summary>
    /// Counts bytes of a file towards the quotas of whoever gives the command; less than none, when it goes.
    /// </summary>
    public void ChargeForFile(long bytes) => _fileCharge += bytes;

    // Somebody else may have attached or discarded it since it was read: then the statement fails, by dividing by zero
    // as EventAppend does, and the commands are decided again.
    private void Change(Upload changed, string assignment, object value)
    {
        _uploads[changed.Id] = changed;
        Write(
            $"""
             with changed as (
                 update messaging.uploads set {assignment}
                 where tenant_id = ? and id = ? and comment_id is null and discarded_at is null returning 1)
             select 1 / count(*)::int from changed
             """,
            value, _tenant, changed.Id);
    }

    public void TakeEmail(string address) => _emails.Add(EmailKey.Of(address));

    /// <summary>The command was accepted: later commands of the group see what it did.</summary>
    public void Accept()
    {
        foreach (var (stream, @event) in Events) group.Append(_tenant, stream, @event, command);
        foreach (var (stream, state) in _states) group.SetState(_tenant, stream, state);
        foreach (var upload in _uploads.Values) group.SetUpload(_tenant, upload);
        foreach (var held in _held) group.Hold(_tenant, held);
        foreach (var email in _emails) group.SetEmailTaken(_tenant, email);
        group.Asked.AddRange(_asked);
        foreach (var person in _apiTokens) group.CountApiToken(_tenant, person);
        if (_fileCharge != 0) group.ChargeForFile(FileUsageQuery.Key(command.Caller), _fileCharge);
        group.Writes.AddRange(_writes);
        group.AddReceipts(command);
    }
}
