using System.Diagnostics;
using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.Files;
using Messaging.Domain;
using Messaging.Domain.Customers;
using Messaging.Projections.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Messaging.Application.Customers.Import;

/// <summary>
/// Reads, checks and carries out imports, one at a time on each node. All of it is in tables: a node takes an import by
/// a lease, and when it dies another goes on, or the same after its start. Lines are commands of the import's starter,
/// few at once and with pauses, so that they take at most half of a lane from others.
/// </summary>
public sealed partial class ImportWorker(
    NpgsqlDataSource database, CommandExecutor executor, CustomerImports imports, Uploads uploads, IFileStore store,
    InvitationLimits limits, ImportSignal signal, ReadModelAccess readModels, ILogger<ImportWorker> logger)
    : BackgroundService
{
    /// <summary>Lease of a node on an import; it is renewed with each block of lines.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(20);

    private const int Block = 500;
    private const int Recorded = 128;
    private const int AtOnce = 16;

    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_untilSwept = TimeSpan.FromHours(1);

    // One import goes on for so long; then it is another's turn.
    private static readonly TimeSpan s_turn = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestChecking = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_untilInvited = TimeSpan.FromMinutes(1);

    private static readonly Sql s_takenColumns = Sql.Raw(
        "i.tenant_id, i.id, i.state, i.file_id, i.created_by, i.started_by, i.invited_by, i.header, i.created_at");

    private long _swept = Environment.TickCount64 - (long)s_untilSwept.TotalMilliseconds;

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Repeatedly.WithoutEndAsync(s_poll, WorkAsync, LogFailed, stoppingToken);

    private async Task WorkAsync(CancellationToken stopping)
    {
        if (Environment.TickCount64 - _swept > s_untilSwept.TotalMilliseconds)
        {
            await imports.SweepAsync(stopping);
            _swept = Environment.TickCount64;
        }

        if (readModels.CanBeUsed && await TakeAsync(stopping) is { } taken) await HandleAsync(taken, stopping);
        else await signal.Wakeup.WaitAsync(s_poll, stopping);
    }

    private async Task<Taken?> TakeAsync(CancellationToken cancellation)
    {
        var lease = Guid.CreateVersion7();
        var taken = await Sql.Of(
            $"""
            with due as materialized (
                select tenant_id, id from messaging.customer_imports where due_at <= now()
                order by due_at limit 1 for update skip locked)
            update messaging.customer_imports i set lease = {lease}, due_at = now() + {Lease}
            from due d where i.tenant_id = d.tenant_id and i.id = d.id
            returning {s_takenColumns}
            """).ReturningAsync(
                database,
                r => new Taken(
                    lease, r.GetString(0), r.GetGuid(1), r.Enumeration<ImportState>(2), r.GetGuid(3), r.GetGuid(4),
                    r.GuidOrNull(5), r.GuidOrNull(6), r.GetFieldValue<string[]>(7), r.Instant(8)),
                cancellation);
        return taken.Count == 0 ? null : taken[0];
    }

    private async Task HandleAsync(Taken import, CancellationToken stopping)
    {
        try
        {
            switch (import.State)
            {
                case ImportState.Reading or ImportState.Checking:
                    await ReadAndCheckAsync(import, stopping);
                    break;
                case ImportState.Running when import.StartedBy is { } by:
                    await RunAsync(import, CallerOf(import, by), stopping);
                    break;
                case ImportState.Done when import.InvitedBy is { } by:
                    await InviteAsync(import, CallerOf(import, by), stopping);
                    break;
                default:
                    await SetAsync(import, Sql.Of($"due_at = null"), stopping);
                    break;
            }
        }
        catch (LeaseIsLostException)
        {
            // Another node has taken it on, or it was discarded.
        }
    }

    // The person's own rights at that moment count; the session they started it with may have ended.
    private static Caller CallerOf(Taken import, Guid person) =>
        new(import.TenantId, new Actor.Administrator(person, IsOwner: false));

    // Read and check

    private async Task ReadAndCheckAsync(Taken import, CancellationToken stopping)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        late.CancelAfter(s_longestChecking);
        try
        {
            var header = import.Header;
            if (import.State is ImportState.Reading)
            {
                if (await ReadAsync(import, late.Token) is not { } read) return;
                header = read;
            }

            await CheckAsync(import, ImportColumns.Of(header), late.Token);
        }
        catch (ImportProblemException e)
        {
            await RejectAsync(import, e.Problem, e.Line, stopping);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            await RejectAsync(import, ImportProblem.TooSlow, 1, stopping);
        }
    }

    /// <returns>The header; null when the file is still to be scanned.</returns>
    private async Task<string[]?> ReadAsync(Taken import, CancellationToken cancellation)
    {
        var caller = CallerOf(import, import.CreatedBy);
        var file = await uploads.FindAsync(caller, import.FileId, cancellation);
        if (file is { State.Scan: FileScan.Pending } && DateTimeOffset.UtcNow - import.CreatedAt < s_longestChecking)
        {
            await SetAsync(import, Sql.Of($"due_at = now() + {s_poll}"), cancellation);
            return null;
        }

        if (file is not { State.MayBeSent: true }
            || await store.OpenReadAsync(import.FileId, cancellation) is not { } content)
            throw new ImportProblemException(ImportProblem.NoFile);
        await using var opened = content;
        using var table = await CustomerFile.OpenAsync(content, CustomerImports.ColumnsMaximum, cancellation);

        // Lines that a crash left of an earlier attempt are read again.
        await Sql.Of(
            $"""
            delete from messaging.customer_import_lines
            where tenant_id = {import.TenantId} and import_id = {import.Id}
            """).ExecuteAsync(database, cancellation);
        var (block, count) = (new List<FileLine>(Block), 0);
        await foreach (var line in table.LinesAsync(cancellation))
        {
            if (++count > CustomerImports.LinesMaximum)
                throw new ImportProblemException(ImportProblem.TooManyLines, line.Line);
            block.Add(line);
            if (block.Count == Block) await KeepAsync();
        }

        await KeepAsync();
        if (count == 0) throw new ImportProblemException(ImportProblem.Empty);
        await SetAsync(
            import,
            Sql.Of(
                $"""
                state = {nameof(ImportState.Checking)}, encoding = {table.EncodingName},
                separator = {table.Separator.ToString()}, header = {table.Header}, line_count = {count}, progress = 0,
                due_at = now() + {Lease}
                """), cancellation);
        await uploads.DiscardAsync(caller, import.FileId);
        return table.Header;

        async Task KeepAsync()
        {
            if (block.Count == 0) return;
            var refusals = block.ConvertAll(l => l.Refusal);
            await Sql.Of(
                $"""
                insert into messaging.customer_import_lines (
                    tenant_id, import_id, line, cells, outcome, reason, field, message)
                select {import.TenantId}, {import.Id}, l.* from unnest(
                    {block.ConvertAll(l => l.Line).ToArray()}::integer[],
                    {block.ConvertAll(l => ImportCells.Write(l.Cells)).ToArray()}::text[],
                    {refusals.ConvertAll(r => r is null ? null : nameof(ImportOutcome.Refused)).ToArray()}::text[],
                    {refusals.ConvertAll(r => ImportReasons.Of(r)?.ToString()).ToArray()}::text[],
                    {refusals.ConvertAll(r => r?.Field).ToArray()}::text[],
                    {refusals.ConvertAll(r => r?.Message).ToArray()}::text[]) as l
                """).ExecuteAsync(database, cancellation);
            block.Clear();
            await SetAsync(import, Sql.Of($"progress = {count}, due_at = now() + {Lease}"), cancellation);
        }
    }

    private async Task CheckAsync(Taken import, ImportColumns columns, CancellationToken cancellation)
    {
        var check = new ImportCheck(database, import.TenantId, import.Id, columns);
        var (last, progress, contacts) = (0, 0, 0);
        var counts = new int[4];
        while (await BlockAsync() is { Count: > 0 } rows)
        {
            var results = await check.GoOnAsync(rows, cancellation);
            foreach (var result in results)
            {
                counts[(int)result.Decision.Outcome]++;
                contacts += result.Decision.NewContacts.Length;
            }

            await Sql.Of(
                $"""
                update messaging.customer_import_lines l
                set outcome = r.outcome, changes = string_to_array(r.changes, ','),
                    notes = string_to_array(r.notes, ','), new_contacts = string_to_array(r.contacts, ',')::integer[],
                    customer_id = r.customer, reason = r.reason, field = r.field, message = r.message
                from unnest(
                    {results.Select(r => r.Line).ToArray()}::integer[],
                    {results.Select(r => r.Decision.Outcome.ToString()).ToArray()}::text[],
                    {results.Select(r => string.Join(',', r.Decision.Changes)).ToArray()}::text[],
                    {results.Select(r => string.Join(',', r.Decision.Notes)).ToArray()}::text[],
                    {results.Select(r => string.Join(',', r.Decision.NewContacts)).ToArray()}::text[],
                    {results.Select(r => r.CustomerId).ToArray()}::uuid[],
                    {results.Select(r => ImportReasons.Of(r.Decision.Refusal)?.ToString()).ToArray()}::text[],
                    {results.Select(r => r.Decision.Refusal?.Field).ToArray()}::text[],
                    {results.Select(r => r.Decision.Refusal?.Message).ToArray()}::text[])
                    as r(line, outcome, changes, notes, contacts, customer, reason, field, message)
                where l.tenant_id = {import.TenantId} and l.import_id = {import.Id} and l.line = r.line
                """).ExecuteAsync(database, cancellation);
            progress += rows.Count;
            await SetAsync(import, Sql.Of($"progress = {progress}, due_at = now() + {Lease}"), cancellation);
        }

        var refused = await Sql.Of(
            $"""
            select count(*) from messaging.customer_import_lines
            where tenant_id = {import.TenantId} and import_id = {import.Id} and outcome = 'Refused'
            """).CountAsync(database, cancellation);
        await SetAsync(
            import,
            Sql.Of(
                $"""
                state = {nameof(ImportState.Checked)}, due_at = null, digest = {check.Digest}, progress = line_count,
                created_count = {counts[(int)ImportOutcome.Created]},
                changed_count = {counts[(int)ImportOutcome.Changed]},
                unchanged_count = {counts[(int)ImportOutcome.Unchanged]}, refused_count = {refused},
                contact_count = {contacts}
                """), cancellation);

        // Lines that were refused when the file was read stay so.
        async Task<List<(int Line, string[] Cells)>> BlockAsync()
        {
            var rows = await Sql.Of(
                $"""
                select line, cells from messaging.customer_import_lines
                where tenant_id = {import.TenantId} and import_id = {import.Id} and line > {last}
                    and (reason is null or reason not in ({nameof(ImportReason.TooManyCells)},
                        {nameof(ImportReason.QuoteIsOpen)}))
                order by line limit {Block}
                """).ListAsync(database, r => (r.GetInt32(0), ImportCells.Read(r.GetString(1))), cancellation);
            if (rows.Count > 0) last = rows[^1].Item1;
            return rows;
        }
    }

    private Task RejectAsync(Taken import, ImportProblem problem, int line, CancellationToken cancellation) =>
        SetAsync(
            import,
            Sql.Of(
                $"""
                state = {nameof(ImportState.Rejected)}, due_at = null, problem = {problem.ToString()},
                problem_line = {line}
                """), cancellation);

    // Run

    private async Task RunAsync(Taken import, Caller caller, CancellationToken stopping)
    {
        var columns = ImportColumns.Of(import.Header);
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < s_turn)
        {
            var lines = await Sql.Of(
                $"""
                select line, cells, customer_id, outcome, changes, new_contacts
                from messaging.customer_import_lines
                where tenant_id = {import.TenantId} and import_id = {import.Id} and not done
                    and outcome in ('Created', 'Changed')
                order by line limit {Recorded}
                """).ListAsync(database, r => PlannedOf(r), stopping);
            if (lines.Count == 0)
            {
                await SetAsync(
                    import,
                    Sql.Of(
                        $"""
                        state = {nameof(ImportState.Done)}, done_at = now(), progress = line_count,
                        due_at = case when invited_by is not null then now() end
                        """), stopping);
                return;
            }

            foreach (var chunk in lines.Chunk(AtOnce))
            {
                var chunkBegan = Stopwatch.GetTimestamp();
                var refusals = await Task.WhenAll(chunk.Select(line => CarryOutAsync(import, caller, line, stopping)));
                if (refusals.Any(r => r is AccessHasEnded))
                {
                    // A colleague may start it again; what was done stays done.
                    await SetAsync(
                        import,
                        Sql.Of($"state = {nameof(ImportState.Checked)}, started_by = null, due_at = null"), stopping);
                    return;
                }

                await RecordAsync(import, chunk, refusals, stopping);
                await Task.Delay(Stopwatch.GetElapsedTime(chunkBegan), stopping);
            }
        }

        await SetAsync(import, Sql.Of($"due_at = now()"), stopping);

        Planned PlannedOf(NpgsqlDataReader r) =>
            new(
                r.GetInt32(0), columns.Read(ImportCells.Read(r.GetString(1)), new HashSet<ImportNote>()).Line,
                r.GetGuid(2),
                new ImportDecision(
                    r.Enumeration<ImportOutcome>(3),
                    [.. r.GetFieldValue<string[]>(4).Select(Enum.Parse<ImportChange>)],
                    [.. r.GetFieldValue<int[]>(5)], [], null));
    }

    private async Task<Refusal?> CarryOutAsync(
        Taken import, Caller caller, Planned line, CancellationToken stopping)
    {
        try
        {
            var command = new ImportCustomerCommand(
                caller, import.Id, line.Line, line.CustomerId, line.Content, line.Decision);
            return (await executor.ExecuteAsync(command, stopping)).Refusal;
        }
        catch (Exception e) when (e is not (OperationCanceledException or ExecutorStoppedException)
            && e is not NpgsqlException { IsTransient: true } && !ReadModelAccess.IsRefusal(e))
        {
            LogLineFailed(e, import.TenantId, import.Id, line.Line);
            return new ImportedLineHasFailed();
        }
    }

    private async Task RecordAsync(
        Taken import, Planned[] lines, Refusal?[] refusals, CancellationToken stopping)
    {
        var (created, changed, contacts) = (0, 0, 0);
        for (var i = 0; i < lines.Length; i++)
        {
            if (refusals[i] is null) continue;
            if (lines[i].Decision.Outcome is ImportOutcome.Created) created++;
            else changed++;
            contacts += lines[i].Decision.NewContacts.Length;
        }

        var recorded = await Sql.Of(
            $"""
            with import as (
                update messaging.customer_imports
                set progress = progress + {lines.Length}, created_count = created_count - {created},
                    changed_count = changed_count - {changed}, refused_count = refused_count + {created + changed},
                    contact_count = contact_count - {contacts}, due_at = now() + {Lease}
                where tenant_id = {import.TenantId} and id = {import.Id} and lease = {import.Lease}
                returning tenant_id, id)
            update messaging.customer_import_lines l
            set done = true, outcome = case when r.reason is null then l.outcome else 'Refused' end,
                reason = r.reason, field = r.field, message = r.message
            from import i, unnest(
                {lines.Select(l => l.Line).ToArray()}::integer[],
                {refusals.Select(r => ImportReasons.Of(r)?.ToString()).ToArray()}::text[],
                {refusals.Select(r => r?.Field).ToArray()}::text[],
                {refusals.Select(r => r?.Message).ToArray()}::text[]) as r(line, reason, field, message)
            where l.tenant_id = i.tenant_id and l.import_id = i.id and l.line = r.line
            """).ExecuteAsync(database, stopping);
        if (recorded == 0) throw new LeaseIsLostException();
    }

    // Invite

    private async Task InviteAsync(Taken import, Caller caller, CancellationToken stopping)
    {
        // The person's own invitations have some room beside these.
        var own = limits with { PerHour = Math.Max(1, limits.PerHour * 4 / 5) };
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < s_turn)
        {
            var lines = await Sql.Of(
                $"""
                select line, new_contacts from messaging.customer_import_lines
                where tenant_id = {import.TenantId} and import_id = {import.Id} and done and not invited
                    and outcome in ('Created', 'Changed') and cardinality(new_contacts) > 0
                order by line limit {AtOnce}
                """).ListAsync(database, r => (Line: r.GetInt32(0), Places: r.GetFieldValue<int[]>(1)), stopping);
            if (lines.Count == 0)
            {
                await SetAsync(import, Sql.Of($"due_at = null"), stopping);
                return;
            }

            foreach (var (line, places) in lines)
            {
                var people = places.Select(place => ImportIds.OfContact(import.Id, line, place)).ToArray();
                foreach (var person in await WaitingAsync(import, people, stopping))
                {
                    var command = new InviteAgainCommand(caller, person) { Limits = own };
                    var outcome = await executor.ExecuteAsync(command, stopping);
                    if (outcome.Refusal is not (TooManyInvitations or AccessHasEnded)) continue;
                    await SetAsync(
                        import,
                        outcome.Refusal is AccessHasEnded
                            ? Sql.Of($"invited_by = null, due_at = null")
                            : Sql.Of($"due_at = now() + {s_untilInvited}"), stopping);
                    return;
                }

                await Sql.Of(
                    $"""
                    update messaging.customer_import_lines set invited = true
                    where tenant_id = {import.TenantId} and import_id = {import.Id} and line = {line}
                    """).ExecuteAsync(database, stopping);
                await SetAsync(
                    import,
                    Sql.Of($"invited_count = invited_count + {places.Length}, due_at = now() + {Lease}"), stopping);
            }
        }

        await SetAsync(import, Sql.Of($"due_at = now()"), stopping);
    }

    // Contacts who were invited meanwhile, by hand or before a crash, are not mailed again.
    private Task<List<Guid>> WaitingAsync(Taken import, Guid[] people, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select id from messaging.contacts
            where tenant_id = {import.TenantId} and id = any({people}) and active and not joined
                and invited_at is null
            order by id
            """).ListAsync(database, r => r.GetGuid(0), cancellation);

    /// <summary>Changes the import, if this node still has it; otherwise its work ends.</summary>
    private async Task SetAsync(Taken import, Sql assignments, CancellationToken cancellation)
    {
        var changed = await Sql.Of(
            $"""
            update messaging.customer_imports set {assignments}
            where tenant_id = {import.TenantId} and id = {import.Id} and lease = {import.Lease}
            """).ExecuteAsync(database, cancellation);
        if (changed == 0) throw new LeaseIsLostException();
    }

    [LoggerMessage(LogLevel.Warning, "Work on imports failed; it goes on when the lease ends")]
    private partial void LogFailed(Exception e);

    [LoggerMessage(
        LogLevel.Error, "Line {Line} of import {Import} of organisation {Tenant} failed and is told as refused")]
    private partial void LogLineFailed(Exception e, string tenant, Guid import, int line);

    private sealed record Taken(
        Guid Lease, string TenantId, Guid Id, ImportState State, Guid FileId, Guid CreatedBy, Guid? StartedBy,
        Guid? InvitedBy, string[] Header, DateTimeOffset CreatedAt);

    private sealed record Planned(int Line, ImportedCustomer Content, Guid CustomerId, ImportDecision Decision);

    private sealed class LeaseIsLostException : Exception;
}
