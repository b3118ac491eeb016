using System.Diagnostics;
using System.Security.Cryptography;
using JasperFx.Events;
using Marten;
using Messaging.Domain;
using Messaging.Projections.Storage;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Messaging.Application.Commands;

/// <summary>
/// Carries out the commands of a batch: load, decide, append, answer. All of them are loaded in one round trip and
/// appended in one transaction; each is decided on its own, on what those before it did, and is answered on its own.
/// Read it from top to bottom.
/// </summary>
internal sealed partial class CommandHandler(
    IDocumentStore store, StateCache cache, CommitSignal? committed, ILogger logger)
{
    private const int Attempts = 10;

    // A database that does not answer costs an attempt up to half a minute: those behind it hear sooner that it is
    // away.
    private static readonly TimeSpan s_longestTrying = TimeSpan.FromSeconds(5);

    /// <summary>Carries them out and answers each, whatever happens.</summary>
    public async Task HandleAsync(CommandLane lane, IReadOnlyList<CommandExecution> executions)
    {
        using var span = CommandTelemetry.StartBatch(executions.Count, executions.Select(e => e.Span));
        if (await TryAsync(lane, executions) is not { } failure) return;
        var databaseIsAway = Postgres(failure) is { IsTransient: true } || ReadModelAccess.IsRefusal(failure);
        foreach (var execution in executions)
        {
            // Otherwise one of them cannot be written: the others still are, and each gets its own outcome.
            var own = databaseIsAway ? failure : await TryAsync(lane, [execution]);
            if (own is not null) execution.Fail(own);
        }
    }

    private async Task<Exception?> TryAsync(CommandLane lane, IReadOnlyList<CommandExecution> executions)
    {
        var reads = ReadSet.Of(executions);
        var began = Stopwatch.GetTimestamp();
        if (await DecideOnCachedStateAsync(lane, executions, reads)) return null;
        for (var attempt = 1; ; attempt++)
        {
            Answers? answers = null;
            try
            {
                var batch = await LoadAsync(await lane.ConnectAsync(), reads);
                answers = Decide(batch, executions);
                if (batch.HasWork) await AppendAsync(await lane.ConnectAsync(), batch);
                answers.Send();
                return null;
            }
            catch (Exception e)
            {
                answers?.KeepIfCommitted(e);
                LogBatchFailed(e, executions.Count, attempt);
                CommandTelemetry.TriedInVain(Activity.Current, e, fromCache: false);
                if (attempt == Attempts || !IsWorthAnotherTry(e)) return e;
                if (Postgres(e) is { IsTransient: true } && Stopwatch.GetElapsedTime(began) > s_longestTrying) return e;
            }

            // Two nodes that write to the same stream must not stay in step.
            await Task.Delay(Random.Shared.Next(10 * attempt));
        }
    }

    /// <summary>
    /// Carries out the batch without loading, when this node has cached all of its streams and nothing is refused: only
    /// a commit proves the cache right.
    /// </summary>
    /// <returns>True when it was right; otherwise the batch is loaded.</returns>
    private async Task<bool> DecideOnCachedStateAsync(
        CommandLane lane, IReadOnlyList<CommandExecution> executions, ReadSet reads)
    {
        if (LoadFromCache(reads) is not { } batch) return false;
        var answers = Decide(batch, executions);
        if (!batch.HasWork || !answers.AreAllAccepted) return false;
        try
        {
            await AppendAsync(await lane.ConnectAsync(), batch);
        }
        catch (Exception e)
        {
            // Any failure: the attempt after loading finds the cause, also if the commit went through after all.
            answers.KeepIfCommitted(e);
            foreach (var stream in batch.Streams) cache.Forget(stream.Tenant, stream.Id);
            CommandTelemetry.TriedInVain(Activity.Current, e, fromCache: true);
            if (ConcurrencyConflict.Is(e)) cache.BackOff();
            return false;
        }

        answers.Send();
        return true;
    }

    // Load

    private CommandBatch? LoadFromCache(ReadSet reads)
    {
        if (!reads.AllowsOptimisticDecision || cache.Now is not { } now) return null;
        var batch = new CommandBatch { Now = now, IsFromCache = true };
        if (!Find(reads.Streams) || !Find(reads.Further(batch))) return null;
        batch.Sessions.UnionWith(reads.Sessions);
        return batch;

        bool Find(IReadOnlyCollection<(string Tenant, Guid Id)> streams)
        {
            foreach (var (tenant, id) in streams)
            {
                if (cache.Find(tenant, id) is not { } cached) return false;
                batch.Add(new StreamInBatch(tenant, id) { Version = cached.Version, State = cached.State });
            }

            return true;
        }
    }

    /// <summary>
    /// Reads all that the commands need, in one round trip; in a second one the streams that follow from the first.
    /// </summary>
    private async Task<CommandBatch> LoadAsync(NpgsqlConnection database, ReadSet reads)
    {
        // Lateral, and not flattened (offset 0): the plan is a look-up in the index for each key. A join would be
        // planned once, while the tables are small, as a scan of the whole table, and be kept so.
        await using var statements = database.CreateBatch();
        statements.Add($"select clock_timestamp()");
        statements.Add(StreamsOf(reads.Streams));
        statements.Add(
            $"""
            select k.tenant, k.id, r.fingerprint from {Sql.Keys(reads.Receipts)} as k(tenant, id)
            cross join lateral (select fingerprint from messaging.receipts
                where tenant_id = k.tenant and id = k.id offset 0) r
            """);
        foreach (var keys in reads.Lookups.Values) statements.Add(keys.Find());
        if (reads.Sessions.Count > 0)
            statements.Add($"select k.tenant, k.id {CallerSessions.Lasting(Sql.Keys(reads.Sessions))}");

        var batch = new CommandBatch();
        var behind = new List<(StreamInBatch Stream, long Snapshot)>();
        await using (var reader = await statements.ExecuteReaderAsync(CancellationToken.None))
        {
            await reader.ReadAsync(CancellationToken.None);
            batch.Now = reader.GetFieldValue<DateTimeOffset>(0);
            cache.SetClock(batch.Now);

            await reader.NextResultAsync(CancellationToken.None);
            await ReadStreamsAsync(reader, batch, behind);

            await reader.NextResultAsync(CancellationToken.None);
            while (await reader.ReadAsync(CancellationToken.None))
                batch.AddReceipt(reader.GetString(0), reader.GetGuid(1), reader.GetFieldValue<byte[]>(2));

            foreach (var (lookup, keys) in reads.Lookups)
            {
                await reader.NextResultAsync(CancellationToken.None);
                batch.Add(lookup, await keys.ReadAsync(reader, CancellationToken.None));
            }

            if (reads.Sessions.Count > 0)
            {
                await reader.NextResultAsync(CancellationToken.None);
                while (await reader.ReadAsync(CancellationToken.None))
                    batch.Sessions.Add((reader.GetString(0), reader.GetGuid(1)));
            }
        }

        await ReplayAsync();
        if (reads.Further(batch) is { Count: > 0 } further)
        {
            await using var statement = database.CreateBatch();
            statement.Add(StreamsOf(further));
            await using (var reader = await statement.ExecuteReaderAsync(CancellationToken.None))
                await ReadStreamsAsync(reader, batch, behind);
            await ReplayAsync();
        }

        foreach (var stream in batch.Streams)
        {
            if (stream.State is { } state) cache.Remember(stream.Tenant, stream.Id, stream.Version, state);
        }

        return batch;

        async Task ReplayAsync()
        {
            foreach (var (stream, snapshot) in behind)
                await stream.ReplayAsync(store, snapshot, CancellationToken.None);
            behind.Clear();
        }
    }

    private static Sql StreamsOf(IReadOnlyCollection<(string Tenant, Guid Id)> keys) => Sql.Of(
        $"""
        select k.tenant, k.id, s.version, n.kind, n.format, n.version, n.state
        from {Sql.Keys(keys)} as k(tenant, id)
        left join lateral (select version from messaging.mt_streams
            where tenant_id = k.tenant and id = k.id offset 0) s on true
        left join lateral (
            select kind, format, version, state::text as state from messaging.snapshots
            where tenant_id = k.tenant and stream_id = k.id and version <= s.version offset 0) n on true
        """);

    private static async Task ReadStreamsAsync(
        NpgsqlDataReader reader, CommandBatch batch, List<(StreamInBatch Stream, long Snapshot)> behind)
    {
        while (await reader.ReadAsync(CancellationToken.None))
        {
            var stream = new StreamInBatch(reader.GetString(0), reader.GetGuid(1));
            batch.Add(stream);
            if (await reader.IsDBNullAsync(2, CancellationToken.None)) continue;
            stream.Version = reader.GetInt64(2);
            var snapshot = 0L;
            if (
                !await reader.IsDBNullAsync(3, CancellationToken.None)
                && Aggregates.Of(reader.GetString(3), reader.GetInt32(4)) is { } aggregate
            )
                (snapshot, stream.State) = (reader.GetInt64(5), aggregate.Restore(reader.GetString(6)));
            if (snapshot < stream.Version) behind.Add((stream, snapshot));
        }
    }

    // Decide

    private static Answers Decide(CommandBatch batch, IReadOnlyList<CommandExecution> executions)
    {
        var answers = new Answers(executions);
        for (var i = 0; i < executions.Count; i++)
        {
            try
            {
                answers.Set(i, Decide(batch, executions[i]));
            }
            catch (Exception e)
            {
                // A fault of one decision is its own caller's to hear of.
                answers.Set(i, e);
            }
        }

        return answers;
    }

    private static CommandOutcome Decide(CommandBatch batch, CommandExecution execution)
    {
        var (command, caller) = (execution.Command, execution.Command.Caller);
        var isChecked = !command.HasHappened && caller.Actor is not Actor.System;
        var person = isChecked ? batch.Stream(caller.TenantId, caller.Actor.Id).State : null;
        if (isChecked && (!Aggregates.MayAct(person, caller.Actor) || Aggregates.HasEnded(person, batch.Now)))
            return Refused(new AccessHasEnded());
        if (!command.HasHappened && !batch.SessionLasts(caller)) return Refused(new SessionHasEnded());

        var isRepeated = false;
        foreach (var id in command.IdempotencyKeys)
        {
            if (id == Guid.Empty) return Refused(new IdIsEmpty());
            if (batch.Receipt(caller.TenantId, id) is not { } fingerprint) continue;
            if (!CryptographicOperations.FixedTimeEquals(fingerprint, command.Fingerprint()))
                return Refused(new IdIsUsed());
            isRepeated = true;
        }

        // The limits of whoever acts are those of now: of the state that the commit checks.
        if (Aggregates.IsLimited(person))
            command = command with { Caller = caller with { Actor = Aggregates.WithLimits(person, caller.Actor) } };
        var work = new UnitOfWork(batch, execution, person);
        if (isRepeated) return execution.MayHaveCommitted ?? command.Repeat(work);
        if (command.Decide(work) is { } refusal) return Refused(refusal);
        var outcome = new CommandOutcome { RefusedAt = work.RefusedAt };

        // Nothing was done for any of them: the same command may be tried again.
        if (command.RefusalOf(outcome) is not null) return outcome;
        work.Accept();
        return outcome with { RecordedAt = batch.Now };

        static CommandOutcome Refused(Refusal refusal) => new() { Refusal = refusal };
    }

    // Append

    /// <summary>Writes everything in one transaction, and in one round trip.</summary>
    private async Task AppendAsync(NpgsqlConnection database, CommandBatch batch)
    {
        var began = CommandTelemetry.CommitBegins();

        // In one order on every node, so that two batches wait for each other's rows and never in a circle. Streams
        // that decisions only looked at are checked where nothing was read, and those of the callers in any case: what
        // they may do and see is that of the commit.
        var streams = batch.Streams
            .Where(s => s.Pending.Count > 0 || s.IsHeld || s.IsOfCaller || batch.IsFromCache)
            .OrderBy(s => s.Id)
            .ToList();
        var events = await EventsAsync(batch, streams);

        // Whatever has events keeps the read models. What it takes to hold them goes with statements that are there
        // anyway.
        var isFenced = events.Count > 0;

        // Without a transaction of its own a batch is one: nothing of it stays when a statement fails.
        await using var statements = database.CreateBatch();
        EventAppend.AddStreamsTo(
            statements,
            streams.ConvertAll(s => new EventAppend.Stream(s.Tenant, s.Id, s.Version, s.Pending.Count, s.IsHeld)),
            batch.IsFromCache ? [.. batch.Sessions] : [],
            isFenced);
        AddReceiptsTo(statements, batch, isFenced);
        foreach (var write in batch.Writes) statements.Add(write);
        foreach (var (sum, amounts) in batch.Sums) statements.Add(sum.StatementOf(Sorted(amounts)));
        ReadModelProjection.AddTo(events, statements);

        // Last, when nothing can be refused any more: a number taken from the sequence and left unused holds up the
        // readers in its order.
        EventAppend.AddEventsTo(statements, events, store.Options.Serializer());
        await statements.ExecuteNonQueryAsync(CancellationToken.None);
        CommandTelemetry.Committed(began);

        foreach (var stream in streams)
        {
            if (stream is { Pending.Count: > 0, State: { } state })
                cache.Committed(stream.Tenant, stream.Id, stream.NextVersion, state);
        }

        committed?.Set();
    }

    private async Task<List<IEvent>> EventsAsync(CommandBatch batch, List<StreamInBatch> streams)
    {
        // Only to make events: it never opens a connection.
        await using var session = store.LightweightSession();
        var events = new List<IEvent>();
        foreach (var stream in streams)
        {
            var version = stream.Version;
            foreach (var (data, by) in stream.Pending)
            {
                var (caller, actor) = (by.Command.Caller, by.Command.Caller.Actor);
                var @event = session.Events.BuildEvent(data);
                @event.Id = Guid.CreateVersion7();
                @event.TenantId = stream.Tenant;
                @event.StreamId = stream.Id;
                @event.Version = ++version;
                @event.Timestamp = batch.Now;
                @event.CorrelationId = by.CorrelationId;
                @event.CausationId = by.CausationId;
                @event.UserName = actor.Id.ToString();
                @event.SetHeader(EventHeaders.ActorKind, actor.Participant.Kind.ToString());
                @event.SetHeader(EventHeaders.ActorId, actor.Id.ToString());
                @event.SetHeader(EventHeaders.ActorRole, actor.Role.ToString());

                // Records whether the person or a script with their token did it: it cannot be found out later.
                if (caller is { ApiToken: not null, SessionId: { } token })
                    @event.SetHeader(EventHeaders.ApiToken, token.ToString());
                events.Add(@event);
            }
        }

        return events;
    }

    private static void AddReceiptsTo(NpgsqlBatch statements, CommandBatch batch, bool isFenced)
    {
        if (batch.NewReceipts is not { Count: > 0 } receipts)
        {
            if (isFenced) ReadModelFence.AddLookTo(statements);
            return;
        }

        // In one order, for the same reason as streams.
        receipts.Sort((one, other) => one.Id.CompareTo(other.Id));
        statements.Add(
            $"""
            insert into messaging.receipts (tenant_id, id, fingerprint, created_at)
            select r.*, {batch.Now} from unnest(
                {receipts.ConvertAll(r => r.Tenant).ToArray()}::text[],
                {receipts.ConvertAll(r => r.Id).ToArray()}::uuid[],
                {receipts.ConvertAll(r => r.Fingerprint).ToArray()}::bytea[]) as r
            {(isFenced ? Sql.Of($"where (select {ReadModelFence.Look}) is not null") : Sql.Nothing)}
            """);
    }

    // In one order, for the same reason as streams.
    private static Sql Sorted(Dictionary<(string Tenant, Guid Key), long> amounts) => Sql.Of(
        $"""
        (select * from unnest(
                {amounts.Keys.Select(k => k.Tenant).ToArray()}::text[],
                {amounts.Keys.Select(k => k.Key).ToArray()}::uuid[],
                {amounts.Values.ToArray()}::bigint[]) as k(tenant, id, amount)
            order by tenant, id) k
        """);

    // Another writer came first: the next attempt reads its events. Or the connection was lost: whether the commit went
    // through is in the receipts.
    private static bool IsWorthAnotherTry(Exception e) =>
        ConcurrencyConflict.Is(e)
        || Postgres(e) is { IsTransient: true } or PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    private static NpgsqlException? Postgres(Exception? e) =>
        e is null or NpgsqlException ? e as NpgsqlException : Postgres(e.InnerException);

    [LoggerMessage(LogLevel.Information, "A batch of {Count} commands did not commit at attempt {Attempt}")]
    private partial void LogBatchFailed(Exception e, int count, int attempt);

    // Answer

    /// <summary>Decisions to be answered once they are durable.</summary>
    private sealed class Answers(IReadOnlyList<CommandExecution> executions)
    {
        private readonly (CommandOutcome? Outcome, Exception? Fault)[] _all =
            new (CommandOutcome?, Exception?)[executions.Count];

        public bool AreAllAccepted => _all.All(a => a.Outcome is { Refusal: null });

        public void Set(int place, CommandOutcome outcome) => _all[place] = (outcome, null);

        public void Set(int place, Exception fault) => _all[place] = (null, fault);

        public void Send()
        {
            for (var i = 0; i < _all.Length; i++)
            {
                if (_all[i].Fault is { } fault)
                    executions[i].Fail(fault);
                else
                    executions[i].Answer(_all[i].Outcome!);
            }
        }

        /// <summary>
        /// The commit failed. Unless the database itself says that it did, it may have gone through all the same: then
        /// this is how the commands went, as those find out who meet their own receipts.
        /// </summary>
        public void KeepIfCommitted(Exception failure)
        {
            if (Postgres(failure) is PostgresException { IsTransient: false }) return;
            for (var i = 0; i < _all.Length; i++)
            {
                if (_all[i].Outcome is { RecordedAt: not null } outcome)
                    executions[i].MayHaveCommitted = outcome with { RecordedAt = null };
            }
        }
    }
}
