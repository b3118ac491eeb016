using System.Security.Cryptography;
using JasperFx.Events;
using Marten;
using Messaging.Application.Accounts;
using Messaging.Application.Files;
using Messaging.Domain;
using Messaging.Domain.Files;
using Npgsql;
using NpgsqlTypes;

namespace Messaging.Application.Commands;

/// <summary>The commands that commit together: what they read, in one round trip, and what they decided.</summary>
internal sealed class Group
{
    private readonly Dictionary<(string Tenant, Guid Id), StreamInGroup> _streams = [];
    private readonly Dictionary<(string Tenant, Guid Id), byte[]> _receipts = [];
    private readonly List<(string Tenant, Guid Id, byte[] Fingerprint)> _newReceipts = [];
    private readonly Dictionary<(string Tenant, Guid Id), Upload> _uploads = [];
    private readonly Dictionary<(string Tenant, Guid Person, Guid? Customer), FileUsage> _fileUsages = [];
    private readonly Dictionary<(string Tenant, Guid Owner), long> _fileCharges = [];
    private readonly Dictionary<(string Tenant, Guid Id), Guid> _notifications = [];
    private readonly HashSet<(string Tenant, string Key)> _emails = [];
    private readonly HashSet<(string Tenant, Guid Id)> _held = [];
    private readonly Dictionary<string, Invitation> _invitations = [];
    private readonly Dictionary<(string Tenant, Guid Person), int> _apiTokens = [];
    private readonly HashSet<(string Tenant, Guid Id)> _sessions = [];

    private bool _isAssumed;

    private Group()
    {
    }

    public DateTimeOffset Now { get; private set; }

    public List<Write> Writes { get; } = [];

    public List<Asked> Asked { get; } = [];

    // A stream that the command did not name is a bug of the command, and must show before anything of it counts.
    public object? State(string tenant, Guid id) => _streams[(tenant, id)].State;

    public long Version(string tenant, Guid id) =>
        _streams[(tenant, id)].Version + _streams[(tenant, id)].Pending.Count;

    public Upload? Upload(string tenant, Guid id) => _uploads.GetValueOrDefault((tenant, id));

    public FileUsage FileUsage((string Tenant, Guid Person, Guid? Customer) of) => _fileUsages[of];

    /// <summary>
    /// Counts bytes of files; those of the same person, customer and organisation that come later see it.
    /// </summary>
    public void ChargeForFile((string Tenant, Guid Person, Guid? Customer) to, long bytes)
    {
        foreach (var (other, usage) in _fileUsages.Where(u => u.Key.Tenant == to.Tenant).ToList())
        {
            _fileUsages[other] = new FileUsage(
                usage.Unattached + (other.Person == to.Person ? bytes : 0),
                usage.Customer + (to.Customer is not null && other.Customer == to.Customer ? bytes : 0),
                usage.Organisation + bytes);
        }

        Charge(Guid.Parse(to.Tenant));
        if (to.Customer is { } customer) Charge(customer);

        void Charge(Guid owner) =>
            _fileCharges[(to.Tenant, owner)] = _fileCharges.GetValueOrDefault((to.Tenant, owner)) + bytes;
    }

    public Guid? NotificationRecipient(string tenant, Guid id) =>
        _notifications.TryGetValue((tenant, id), out var recipient) ? recipient : null;

    public bool IsEmailTaken(string tenant, string key) => _emails.Contains((tenant, key));

    public Invitation? Invitation(string tokenHash) => _invitations.GetValueOrDefault(tokenHash);

    public int ApiTokensOf(string tenant, Guid person) => _apiTokens[(tenant, person)];

    public void CountApiToken(string tenant, Guid person) => _apiTokens[(tenant, person)]++;

    public void SetState(string tenant, Guid id, object? state) => _streams[(tenant, id)].State = state;

    public void SetUpload(string tenant, Upload upload) => _uploads[(tenant, upload.Id)] = upload;

    public void SetEmailTaken(string tenant, string key) => _emails.Add((tenant, key));

    /// <summary>What was decided holds only while a stream is as it was read.</summary>
    public void Hold(string tenant, Guid id) => _held.Add((tenant, id));

    public void Append(string tenant, Guid id, object @event, Command command) =>
        _streams[(tenant, id)].Pending.Add((@event, command));

    public void AddReceipts(Command command)
    {
        if (command.Ids is not { Count: > 0 } ids) return;
        var fingerprint = command.Fingerprint();
        foreach (var id in ids)
        {
            if (_receipts.TryAdd((command.Caller.TenantId, id), fingerprint))
                _newReceipts.Add((command.Caller.TenantId, id, fingerprint));
        }
    }

    /// <summary>Decides one command on what the group knows so far.</summary>
    public Refusal? Decide(Command command)
    {
        command.RecordedAt = null;
        var caller = command.Caller;
        var gone = caller.Actor switch
        {
            Actor.Administrator or Actor.Auditor => State(caller.TenantId, caller.Actor.Id)
                is not Domain.Organisation.Administrator { Active: true },
            Actor.Contact => State(caller.TenantId, caller.Actor.Id) is not Domain.Customers.Contact { Active: true },
            _ => false,
        };
        if (gone)
            return new AccessHasEnded();
        if (caller.SessionId is { } session && !_sessions.Contains((caller.TenantId, session)))
            return new SessionHasEnded();

        var repeated = false;
        foreach (var id in command.Ids)
        {
            if (id == Guid.Empty) return new IdIsEmpty();
            if (!_receipts.TryGetValue((caller.TenantId, id), out var fingerprint)) continue;
            if (!CryptographicOperations.FixedTimeEquals(fingerprint, command.Fingerprint())) return new IdIsUsed();
            repeated = true;
        }

        var workspace = new Workspace(this, command);
        if (repeated)
        {
            command.Repeat(workspace);
            return null;
        }

        if (command.Decide(workspace) is { } refusal) return refusal;

        // Nothing was done for any of them: the same command may be tried again.
        if (command is BulkCommand { IsRefusedForAll: true }) return null;
        workspace.Accept();
        command.RecordedAt = Now;
        return null;
    }

    // Lateral, and not flattened, for the reason that is given in ReadAsync.
    internal static string LastingSessions(string keys) =>
        $"""
        from unnest({keys}) as k(tenant, id)
        cross join lateral (
            select from messaging.sessions
            where tenant_id = k.tenant and id = k.id and ended_at is null and expires_at > clock_timestamp() offset 0) s
        """;

    /// <summary>The group as far as this node knows it without reading; null when something has to be read.</summary>
    public static Group? Assume(KnownStreams known, Reads reads)
    {
        if (!reads.StreamsAlone || known.Now is not { } now) return null;
        var group = new Group { Now = now, _isAssumed = true };
        foreach (var (tenant, id) in reads.Streams)
        {
            if (known.Find(tenant, id) is not { } stream)
                return null;
            group._streams.Add(
                (tenant, id), new StreamInGroup(tenant, id) { Version = stream.Version, State = stream.State });
        }

        group._sessions.UnionWith(reads.Sessions);

        return group;
    }

    /// <summary>Reads what the commands need, all of it in one round trip.</summary>
    public static async Task<Group> ReadAsync(
        IDocumentStore store, NpgsqlConnection database, Reads reads, KnownStreams known,
        CancellationToken cancellation)
    {
        // Lateral, and not flattened (offset 0): the plan is a look-up in the index for each key. A join would be
        // planned once, while the tables are small, as a scan of the whole table, and be kept so.
        var group = new Group();
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select clock_timestamp()"));
        AddKeys(
            batch,
            """
            select k.tenant, k.id, s.version, n.kind, n.format, n.version, n.state
            from unnest($1::text[], $2::uuid[]) as k(tenant, id)
            left join lateral (select version from messaging.mt_streams
                where tenant_id = k.tenant and id = k.id offset 0) s on true
            left join lateral (
                select kind, format, version, state::text as state from messaging.snapshots
                where tenant_id = k.tenant and stream_id = k.id and version <= s.version offset 0) n on true
            """,
            reads.Streams);
        AddKeys(
            batch,
            """
            select k.tenant, k.id, r.fingerprint from unnest($1::text[], $2::uuid[]) as k(tenant, id)
            cross join lateral (select fingerprint from messaging.receipts
                where tenant_id = k.tenant and id = k.id offset 0) r
            """,
            reads.Receipts);
        if (reads.Uploads.Count > 0)
        {
            AddKeys(
                batch,
                """
                select k.tenant, k.id, u.name, u.media_type, u.size, u.sha256, u.uploaded_by_kind, u.uploaded_by_id,
                    u.comment_id, u.discarded_at is not null
                from unnest($1::text[], $2::uuid[]) as k(tenant, id)
                cross join lateral (select * from messaging.uploads where tenant_id = k.tenant and id = k.id offset 0) u
                """,
                reads.Uploads);
        }

        if (reads.FileUsages.Count > 0) batch.BatchCommands.Add(FileUsageQuery.Of(reads.FileUsages));

        if (reads.Notifications.Count > 0)
        {
            AddKeys(
                batch,
                """
                select k.tenant, k.id, n.recipient_id from unnest($1::text[], $2::uuid[]) as k(tenant, id)
                cross join lateral (select recipient_id from messaging.notifications
                    where tenant_id = k.tenant and id = k.id offset 0) n
                """,
                reads.Notifications);
        }

        if (reads.Emails.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                select k.tenant, k.email from unnest($1::text[], $2::text[]) as k(tenant, email)
                cross join lateral (select from messaging.accounts
                    where tenant_id = k.tenant and email_key = k.email offset 0) a
                """)
            {
                Parameters =
                {
                    new NpgsqlParameter { Value = reads.Emails.Select(k => k.Tenant).ToArray() },
                    new NpgsqlParameter { Value = reads.Emails.Select(k => k.Key).ToArray() },
                },
            });
        }

        if (reads.Invitations.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                select token_hash, tenant_id, person_id, expires_at, used_at is not null, version
                from messaging.invitations where token_hash = any($1)
                """)
            {
                Parameters = { new NpgsqlParameter { Value = reads.Invitations.ToArray() } },
            });
        }

        if (reads.AskedPeople.Count > 0)
        {
            // Distinct: whoever asked and who was asked may both be named. One row is written for each time.
            AddKeys(
                batch,
                """
                select distinct a.* from unnest($1::text[], $2::uuid[]) as k(tenant, id)
                cross join lateral (
                    select tenant_id, person_id, asked_by, again, asked_at from messaging.invitations_asked
                    where tenant_id = k.tenant and person_id = k.id and asked_at > clock_timestamp() - interval '1 day'
                    union all
                    select tenant_id, person_id, asked_by, again, asked_at from messaging.invitations_asked
                    where tenant_id = k.tenant and asked_by = k.id and asked_at > clock_timestamp() - interval '1 hour'
                    offset 0) a
                """,
                reads.AskedPeople);
        }

        if (reads.ApiTokens.Count > 0)
        {
            AddKeys(
                batch,
                $"""
                select k.tenant, k.id,
                    (select count(*)::int {ApiTokens.Working} and t.tenant_id = k.tenant and t.person_id = k.id)
                from unnest($1::text[], $2::uuid[]) as k(tenant, id)
                """,
                reads.ApiTokens);
        }

        if (reads.Sessions.Count > 0)
            AddKeys(batch, $"select k.tenant, k.id {LastingSessions("$1::text[], $2::uuid[]")}", reads.Sessions);

        var behind = new List<(StreamInGroup Stream, long Snapshot)>();
        await using (var reader = await batch.ExecuteReaderAsync(cancellation))
        {
            await reader.ReadAsync(cancellation);
            group.Now = reader.GetFieldValue<DateTimeOffset>(0);
            known.Read(group.Now);

            await reader.NextResultAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                var stream = new StreamInGroup(reader.GetString(0), reader.GetGuid(1));
                group._streams.Add((stream.Tenant, stream.Id), stream);
                if (await reader.IsDBNullAsync(2, cancellation)) continue;
                stream.Version = reader.GetInt64(2);
                var snapshot = 0L;
                if (
                    !await reader.IsDBNullAsync(3, cancellation)
                    && Aggregate.Of(reader.GetString(3), reader.GetInt32(4)) is { } aggregate
                )
                    (snapshot, stream.State) = (reader.GetInt64(5), aggregate.Restore(reader.GetString(6)));
                if (snapshot < stream.Version) behind.Add((stream, snapshot));
            }

            await reader.NextResultAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
                group._receipts.Add((reader.GetString(0), reader.GetGuid(1)), reader.GetFieldValue<byte[]>(2));

            if (reads.Uploads.Count > 0)
            {
                await reader.NextResultAsync(cancellation);
                while (await reader.ReadAsync(cancellation))
                {
                    var by = new Participant(Enum.Parse<ParticipantKind>(reader.GetString(6)), reader.GetGuid(7));
                    Guid? comment = await reader.IsDBNullAsync(8, cancellation) ? null : reader.GetGuid(8);
                    group._uploads.Add(
                        (reader.GetString(0), reader.GetGuid(1)),
                        new Upload(reader.GetGuid(1), reader.GetString(2), reader.GetString(3), reader.GetInt64(4),
                            reader.GetString(5), by, comment, reader.GetBoolean(9)));
                }
            }

            if (reads.FileUsages.Count > 0)
            {
                await reader.NextResultAsync(cancellation);
                while (await reader.ReadAsync(cancellation))
                {
                    var key = (reader.GetString(0), reader.GetGuid(1),
                        await reader.IsDBNullAsync(2, cancellation) ? (Guid?)null : reader.GetGuid(2));
                    group._fileUsages.Add(key, FileUsageQuery.Read(reader));
                }
            }

            if (reads.Notifications.Count > 0)
            {
                await reader.NextResultAsync(cancellation);
                while (await reader.ReadAsync(cancellation))
                    group._notifications.Add((reader.GetString(0), reader.GetGuid(1)), reader.GetGuid(2));
            }

            if (reads.Emails.Count > 0)
            {
                await reader.NextResultAsync(cancellation);
                while (await reader.ReadAsync(cancellation))
                    group._emails.Add((reader.GetString(0), reader.GetString(1)));
            }

            if (reads.Invitations.Count > 0)
            {
                await reader.NextResultAsync(cancellation);
                while (await reader.ReadAsync(cancellation))
                {
                    group._invitations.Add(
                        reader.GetString(0),
                        new Invitation(
                            reader.GetString(1), reader.GetGuid(2), reader.GetFieldValue<DateTimeOffset>(3),
                            reader.GetBoolean(4),
                            await reader.IsDBNullAsync(5, cancellation) ? null : reader.GetInt64(5)));
                }
            }

            if (reads.AskedPeople.Count > 0)
            {
                await reader.NextResultAsync(cancellation);
                while (await reader.ReadAsync(cancellation))
                {
                    group.Asked.Add(new Asked(
                        reader.GetString(0), reader.GetGuid(1), reader.GetGuid(2), reader.GetBoolean(3),
                        reader.GetFieldValue<DateTimeOffset>(4)));
                }
            }

            if (reads.ApiTokens.Count > 0)
            {
                await reader.NextResultAsync(cancellation);
                while (await reader.ReadAsync(cancellation))
                    group._apiTokens.Add((reader.GetString(0), reader.GetGuid(1)), reader.GetInt32(2));
            }

            if (reads.Sessions.Count > 0)
            {
                await reader.NextResultAsync(cancellation);
                while (await reader.ReadAsync(cancellation))
                    group._sessions.Add((reader.GetString(0), reader.GetGuid(1)));
            }
        }

        foreach (var (stream, snapshot) in behind) await stream.ReplayAsync(store, snapshot, cancellation);
        foreach (var stream in group._streams.Values)
        {
            if (stream.State is { } state) known.Remember(stream.Tenant, stream.Id, stream.Version, state);
        }

        return group;
    }

    /// <summary>Whether accepted commands left anything to write.</summary>
    public bool HasWork => Writes.Count > 0 || _newReceipts.Count > 0 || _streams.Values.Any(s => s.Pending.Count > 0);

    /// <summary>Writes everything in one transaction, and in one round trip.</summary>
    public async Task CommitAsync(
        IDocumentStore store, NpgsqlConnection database, ProjectInline project, KnownStreams known,
        CancellationToken cancellation)
    {
        // In one order on every node, so that two groups wait for each other's rows and never in a circle.
        var changed = _streams.Values.Where(s => s.Pending.Count > 0).OrderBy(s => s.Id).ToList();

        // Streams that decisions only looked at are checked where nothing was read.
        List<StreamInGroup> streams = _isAssumed ? [.. _streams.Values.OrderBy(s => s.Id)]
            : _held.Count == 0 ? changed
            : _streams
                .Values.Where(s => s.Pending.Count > 0 || _held.Contains((s.Tenant, s.Id)))
                .OrderBy(s => s.Id)
                .ToList();
        var events = await EventsAsync(store, changed);

        // Without a transaction of its own a batch is one: nothing of it stays when a statement fails.
        await using var batch = database.CreateBatch();
        EventAppend.AddStreamsTo(
            batch,
            streams.ConvertAll(s => new EventAppend.Stream(
                s.Tenant, s.Id, s.Version, s.Pending.Count, _held.Contains((s.Tenant, s.Id)))),
            _isAssumed ? [.. _sessions] : []
        );
        AddReceiptsTo(batch);

        foreach (var write in Writes) batch.BatchCommands.Add(write.ToCommand());
        if (_fileCharges.Count > 0)
        {
            // In the order of the keys, for the same reason as streams.
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                insert into messaging.file_usage as f (tenant_id, owner_id, bytes)
                select k.* from unnest($1::text[], $2::uuid[], $3::bigint[]) as k(tenant, owner, bytes) order by 1, 2
                on conflict (tenant_id, owner_id) do update set bytes = greatest(0, f.bytes + excluded.bytes)
                """)
            {
                Parameters =
                {
                    new NpgsqlParameter { Value = _fileCharges.Keys.Select(k => k.Tenant).ToArray() },
                    new NpgsqlParameter { Value = _fileCharges.Keys.Select(k => k.Owner).ToArray() },
                    new NpgsqlParameter { Value = _fileCharges.Values.ToArray() },
                },
            });
        }

        project(events, batch);

        // Last, when nothing is left that can be refused: a number of the sequence that is taken and comes to nothing
        // holds up those who read in its order.
        EventAppend.AddEventsTo(batch, events, store.Options.Serializer());
        await batch.ExecuteNonQueryAsync(cancellation);
        foreach (var stream in changed)
        {
            if (stream.State is { } state)
                known.Changed(stream.Tenant, stream.Id, stream.Version + stream.Pending.Count, state);
        }
    }

    private void AddReceiptsTo(NpgsqlBatch batch)
    {
        if (_newReceipts.Count == 0) return;

        // In one order, for the same reason as streams.
        _newReceipts.Sort((one, other) => one.Id.CompareTo(other.Id));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            insert into messaging.receipts (tenant_id, id, fingerprint, created_at)
            select r.*, $4 from unnest($1::text[], $2::uuid[], $3::bytea[]) as r
            """)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = _newReceipts.ConvertAll(r => r.Tenant).ToArray() },
                new NpgsqlParameter { Value = _newReceipts.ConvertAll(r => r.Id).ToArray() },
                new NpgsqlParameter { Value = _newReceipts.ConvertAll(r => r.Fingerprint).ToArray() },
                new NpgsqlParameter { Value = Now },
            },
        });
    }

    private async Task<List<IEvent>> EventsAsync(IDocumentStore store, List<StreamInGroup> changed)
    {
        // Only to make events: it never opens a connection.
        await using var session = store.LightweightSession();
        var events = new List<IEvent>();
        foreach (var stream in changed)
        {
            var version = stream.Version;
            foreach (var (data, command) in stream.Pending)
            {
                var actor = command.Caller.Actor;
                var @event = session.Events.BuildEvent(data);
                @event.Id = Guid.CreateVersion7();
                @event.TenantId = stream.Tenant;
                @event.StreamId = stream.Id;
                @event.Version = ++version;
                @event.Timestamp = Now;
                @event.CorrelationId = command.CorrelationId;
                @event.CausationId = command.CausationId;
                @event.UserName = actor.Id.ToString();
                @event.SetHeader(EventHeaders.ActorKind, actor.Participant.Kind.ToString());
                @event.SetHeader(EventHeaders.ActorId, actor.Id.ToString());
                @event.SetHeader(EventHeaders.ActorRole, actor.Role.ToString());

                // Whether they did it themselves, or a script that they gave a token: what is not kept now nobody can
                // tell later.
                if (command.Caller is { ApiToken: not null, SessionId: { } token })
                    @event.SetHeader(EventHeaders.ApiToken, token.ToString());
                events.Add(@event);
            }
        }

        return events;
    }

    /// <summary>It did not commit: what it went by has to be read before it is gone by again.</summary>
    public void Forget(KnownStreams known)
    {
        foreach (var (tenant, id) in _streams.Keys) known.Forget(tenant, id);
    }

    private static void AddKeys(NpgsqlBatch batch, string sql, HashSet<(string Tenant, Guid Id)> keys)
    {
        var tenants = new string[keys.Count];
        var ids = new Guid[keys.Count];
        var i = 0;
        foreach (var (tenant, id) in keys) (tenants[i], ids[i++]) = (tenant, id);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = tenants, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new NpgsqlParameter { Value = ids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid },
            },
        });
    }

    private sealed class StreamInGroup(string tenant, Guid id)
    {
        public string Tenant { get; } = tenant;

        public Guid Id { get; } = id;

        public object? State { get; set; }

        public long Version { get; set; }

        public List<(object Event, Command Command)> Pending { get; } = [];

        /// <summary>Adds to the state of a snapshot what happened after it.</summary>
        /// <param name="snapshot">The version of the snapshot; 0 without one.</param>
        public async Task ReplayAsync(IDocumentStore store, long snapshot, CancellationToken cancellation)
        {
            await using var session = store.LightweightSession(Tenant);
            foreach (var e in await session.Events.FetchStreamAsync(Id, fromVersion: snapshot + 1, token: cancellation))
            {
                State = Aggregate.Of(e.Data).Evolve(State, Id, e.Data);
                Version = e.Version;
            }
        }
    }
}
