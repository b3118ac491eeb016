using Messaging.Application.Files;
using Messaging.Domain;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Customers.Import;

/// <summary>The state of an import.</summary>
[Stored("import_state")]
public enum ImportState
{
    /// <summary>The file is being read.</summary>
    Reading = 0,

    /// <summary>The dry run goes on: each line is decided on, and nothing is changed.</summary>
    Checking = 1,

    /// <summary>The dry run is done; the import waits to be started.</summary>
    Checked = 2,

    /// <summary>The lines are being carried out.</summary>
    Running = 3,

    /// <summary>All lines were carried out or refused.</summary>
    Done = 4,

    /// <summary>Nothing can be done with the file.</summary>
    Rejected = 5,
}

/// <summary>An import of customers from a file.</summary>
/// <param name="Progress">Lines that were read, checked or carried out, depending on the state.</param>
/// <param name="LineCount">Lines of the file that have something in them, below the header.</param>
/// <param name="Digest">The dry run's digest, which starting refers to; null until it is done.</param>
public sealed record CustomerImport(
    Guid Id, ImportState State, string FileName, DateTimeOffset CreatedAt, int Progress, int LineCount, string? Digest)
{
    /// <summary>The IANA name of the file's encoding; null until it was read.</summary>
    public string? Encoding { get; init; }

    /// <summary>The separator of the file's cells; null until it was read.</summary>
    public string? Separator { get; init; }

    /// <summary>The header of the file.</summary>
    public IReadOnlyList<string> Header { get; init; } = [];

    /// <summary>The reason why nothing can be done with the file.</summary>
    public ImportProblem? Problem { get; init; }

    /// <summary>The line of the file that the problem was met at.</summary>
    public int? ProblemLine { get; init; }

    /// <summary>The number of lines of each outcome, in the order of the outcomes.</summary>
    public IReadOnlyList<int> Counts { get; init; } = [0, 0, 0, 0];

    /// <summary>The number of contacts that the lines bring.</summary>
    public int ContactCount { get; init; }

    /// <summary>True when the contacts that it brought are invited by mail.</summary>
    public bool Invites { get; init; }

    /// <summary>The number of these contacts whose turn has come.</summary>
    public int InvitedCount { get; init; }

    /// <summary>True while lines are read, checked or carried out, or contacts are still to be invited.</summary>
    public bool IsUnderWay => State is ImportState.Reading or ImportState.Checking or ImportState.Running
        || (State is ImportState.Done && Invites && InvitedCount < ContactCount);
}

/// <summary>A line of an import, and what becomes of it.</summary>
/// <param name="Line">Its number in the file, from 1.</param>
/// <param name="Outcome">Null until it was checked.</param>
/// <param name="Reason">The reason of the refusal; null when it is not refused.</param>
/// <param name="Field">The field that is to blame, as the decision names it.</param>
/// <param name="Message">The refusal's sentence.</param>
public sealed record CustomerImportLine(
    int Line, IReadOnlyList<string> Cells, ImportOutcome? Outcome, IReadOnlyList<ImportChange> Changes,
    IReadOnlyList<ImportNote> Notes, Guid? CustomerId, ImportReason? Reason, string? Field, string? Message,
    bool IsDone);

/// <summary>Wakes the worker of this node when there is something to import.</summary>
public sealed class ImportSignal
{
    internal Wakeup Wakeup { get; } = new();
}

/// <summary>
/// Imports of customers: a file is checked, which changes nothing, and then started. Both go on in the background
/// (<see cref="ImportWorker"/>), whichever node does it, and after a restart.
/// </summary>
public sealed class CustomerImports(NpgsqlDataSource database, Uploads uploads, ImportSignal signal)
{
    /// <summary>The largest file, in bytes.</summary>
    public const long BytesMaximum = 10 * 1024 * 1024;

    /// <summary>The most lines of a file.</summary>
    public const int LinesMaximum = 50_000;

    /// <summary>The most columns of a file.</summary>
    public const int ColumnsMaximum = 200;

    /// <summary>The most imports of an office that are kept: a new one takes the place of the oldest.</summary>
    public const int ImportsMaximum = 5;

    /// <summary>Lifetime of an import and its lines.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    private const string Lines = "customer import lines";

    private static readonly Sql s_columns = Sql.Raw(
        "id, state, file_name, created_at, progress, line_count, digest, encoding, separator, header, problem, "
            + "problem_line, created_count, changed_count, unchanged_count, refused_count, contact_count, "
            + "invited_by is not null, invited_count");

    /// <summary>Has a file that the caller uploaded read and checked. Nothing else changes.</summary>
    /// <param name="id">The new import; the same again with the same file has no effect.</param>
    public async Task<Refusal?> CheckAsync(Caller caller, Guid id, Guid fileId, CancellationToken cancellation)
    {
        if (MayNot(caller) is { } refusal) return refusal;
        var known = await Sql.Of(
            $"""
            select file_id from messaging.customer_imports where tenant_id = {caller.TenantId} and id = {id}
            """).ListAsync(database, r => r.GetGuid(0), cancellation);
        if (known is [var before]) return before == fileId ? null : new ImportIdIsUsed();
        if (await uploads.FindAsync(caller, fileId, cancellation) is not { Upload.CommentId: null } file)
            return new ImportedFileNotFound();
        if (file.Upload.Size > BytesMaximum) return new ImportedFileIsTooLarge();
        if (!await MakeRoomAsync(caller, cancellation)) return new TooManyImports();
        await Sql.Of(
            $"""
            insert into messaging.customer_imports (
                tenant_id, id, state, file_id, file_name, created_at, created_by, due_at)
            values ({caller.TenantId}, {id}, {nameof(ImportState.Reading)}, {fileId}, {file.Upload.Name}, now(),
                {caller.Actor.Id}, now())
            on conflict do nothing
            """).ExecuteAsync(database, cancellation);
        signal.Wakeup.Set();
        return null;
    }

    /// <summary>
    /// Starts an import that was checked. Each line is decided anew; one that would have another effect than was shown
    /// is refused.
    /// </summary>
    /// <param name="digest">The dry run's digest, so that what was seen is what is started.</param>
    /// <param name="invites">True to invite the contacts that it brings, by mail.</param>
    public async Task<Refusal?> StartAsync(
        Caller caller, Guid id, string digest, bool invites, CancellationToken cancellation)
    {
        if (MayNot(caller) is { } refusal) return refusal;
        var started = await Sql.Of(
            $"""
            update messaging.customer_imports i
            set state = {nameof(ImportState.Running)}, started_by = {caller.Actor.Id}, due_at = now(), lease = null,
                progress = (select count(*) from messaging.customer_import_lines l
                    where l.tenant_id = i.tenant_id and l.import_id = i.id
                        and (l.done or l.outcome in ('Unchanged', 'Refused'))),
                invited_by = case when {invites} then {caller.Actor.Id} else invited_by end
            where tenant_id = {caller.TenantId} and id = {id} and state = {nameof(ImportState.Checked)}
                and digest = {digest} and not exists (select from messaging.customer_imports o
                    where o.tenant_id = i.tenant_id and o.state = {nameof(ImportState.Running)})
            """).ExecuteAsync(database, cancellation);
        if (started > 0)
        {
            signal.Wakeup.Set();
            return null;
        }

        return await FindAsync(caller, id, cancellation) switch
        {
            null => new ImportNotFound(),
            { Digest: null } => new ImportIsNotChecked(),
            { Digest: var other } when other != digest => new ImportDigestDiffers(),
            { State: ImportState.Running or ImportState.Done } => null,
            _ => new AnotherImportIsRunning(),
        };
    }

    /// <summary>Invites the contacts that an import brought, by mail, within the limits on invitations.</summary>
    public async Task<Refusal?> InviteAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        if (MayNot(caller) is { } refusal) return refusal;
        var asked = await Sql.Of(
            $"""
            update messaging.customer_imports
            set invited_by = {caller.Actor.Id},
                due_at = case when state = {nameof(ImportState.Done)} then now() else due_at end
            where tenant_id = {caller.TenantId} and id = {id}
                and state in ({nameof(ImportState.Running)}, {nameof(ImportState.Done)})
            """).ExecuteAsync(database, cancellation);
        if (asked == 0)
            return await FindAsync(caller, id, cancellation) is null ? new ImportNotFound() : new ImportIsNotStarted();
        signal.Wakeup.Set();
        return null;
    }

    /// <summary>Removes an import with its lines; customers stay as they are. One that is running goes on.</summary>
    public async Task<Refusal?> DiscardAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        if (MayNot(caller) is { } refusal) return refusal;
        var gone = await RemoveAsync(
            Sql.Of($"tenant_id = {caller.TenantId} and id = {id} and state <> {nameof(ImportState.Running)}"),
            cancellation);
        return gone > 0 ? null
            : await FindAsync(caller, id, cancellation) is null ? new ImportNotFound()
            : new ImportIsRunning();
    }

    /// <summary>An import of the office; null when there is none of that id.</summary>
    public Task<CustomerImport?> FindAsync(Caller caller, Guid id, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select {s_columns} from messaging.customer_imports
            where tenant_id = {caller.TenantId} and id = {id} and {!caller.IsLimited}
            """).FirstAsync(database, Read, cancellation);

    /// <summary>The office's imports that are kept, the latest first.</summary>
    public async Task<IReadOnlyList<CustomerImport>> ListAsync(Caller caller, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            select {s_columns} from messaging.customer_imports
            where tenant_id = {caller.TenantId} and {!caller.IsLimited}
            order by created_at desc, id limit {2 * ImportsMaximum}
            """).ListAsync(database, Read, cancellation);

    /// <summary>Lines of an import, in the order of the file.</summary>
    /// <param name="outcome">Only those of this outcome; null for all.</param>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">The cursor is none of this list.</exception>
    public async Task<Page<CustomerImportLine>> LinesAsync(
        Caller caller, Guid id, ImportOutcome? outcome, PageRequest page, CancellationToken cancellation)
    {
        var after = page.After is null ? 0 : Cursor.Position(Lines, page.After, "after");
        var rows = await Sql.Of(
            $"""
            select line, cells, outcome, changes, notes, customer_id, reason, field, message, done
            from messaging.customer_import_lines
            where tenant_id = {caller.TenantId} and import_id = {id} and line > {after} and {!caller.IsLimited}
                {Of(outcome)}
            order by line limit {Sql.Number(page.Size() + 1)}
            """).ListAsync(database, Line, cancellation);
        return Page<CustomerImportLine>.Of(rows, page, l => Cursor.Of(Lines, l.Line));
    }

    /// <summary>Number of lines of an import.</summary>
    /// <param name="outcome">Only those of this outcome; null for all.</param>
    public Task<int> LinesCountAsync(
        Caller caller, Guid id, ImportOutcome? outcome, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select count(*) from messaging.customer_import_lines
            where tenant_id = {caller.TenantId} and import_id = {id}{Of(outcome)}
            """).CountAsync(database, cancellation);

    /// <summary>Removes imports whose time is over.</summary>
    internal Task<int> SweepAsync(CancellationToken cancellation) =>
        RemoveAsync(
            Sql.Of($"created_at < now() - {Kept} and state <> {nameof(ImportState.Running)}"), cancellation);

    // Files have customers in them whom somebody who is limited does not see; and what is new would be none of theirs.
    private static Refusal? MayNot(Caller caller) =>
        caller.Actor is not Actor.Administrator ? new OnlyAdministratorsChangeCustomers()
        : caller.IsLimited
            ? new LimitedAdministratorsChangeNoAccess(
                "You see some of the customers only: somebody who sees all of them imports customers.")
        : null;

    private static CustomerImport Read(NpgsqlDataReader r) =>
        new(
            r.GetGuid(0), r.Enumeration<ImportState>(1), r.Text(2), r.Instant(3), r.GetInt32(4), r.GetInt32(5),
            r.StringOrNull(6))
        {
            Encoding = r.StringOrNull(7),
            Separator = r.StringOrNull(8),
            Header = r.GetFieldValue<string[]>(9),
            Problem = r.IsDBNull(10) ? null : r.Enumeration<ImportProblem>(10),
            ProblemLine = r.IsDBNull(11) ? null : r.GetInt32(11),
            Counts = [r.GetInt32(12), r.GetInt32(13), r.GetInt32(14), r.GetInt32(15)],
            ContactCount = r.GetInt32(16),
            Invites = r.GetBoolean(17),
            InvitedCount = r.GetInt32(18),
        };

    private static CustomerImportLine Line(NpgsqlDataReader r) =>
        new(
            r.GetInt32(0), ImportCells.Read(r.Text(1, copies: 2)),
            r.IsDBNull(2) ? null : r.Enumeration<ImportOutcome>(2),
            [.. r.GetFieldValue<string[]>(3).Select(Enum.Parse<ImportChange>)],
            [.. r.GetFieldValue<string[]>(4).Select(Enum.Parse<ImportNote>)],
            r.GuidOrNull(5), r.IsDBNull(6) ? null : r.Enumeration<ImportReason>(6), r.StringOrNull(7),
            r.StringOrNull(8), r.GetBoolean(9));

    private static Sql Of(ImportOutcome? outcome) =>
        outcome is { } only ? Sql.Of($" and outcome = {only.ToString()}") : Sql.Nothing;

    // The oldest import that is not under way goes first. False when the office has too many that are under way.
    private async Task<bool> MakeRoomAsync(Caller caller, CancellationToken cancellation)
    {
        var kept = await ListAsync(caller, cancellation);
        if (kept.Count < ImportsMaximum) return true;
        if (kept.LastOrDefault(i => !i.IsUnderWay) is not { } oldest) return false;
        await DiscardAsync(caller, oldest.Id, cancellation);
        return true;
    }

    private async Task<int> RemoveAsync(Sql which, CancellationToken cancellation)
    {
        var removed = await Sql.Of(
            $"""
            with gone as (
                delete from messaging.customer_imports where {which} returning tenant_id, id),
            lines as (
                delete from messaging.customer_import_lines l using gone g
                where l.tenant_id = g.tenant_id and l.import_id = g.id)
            select id from gone
            """).ReturningAsync(database, r => r.GetGuid(0), cancellation);
        return removed.Count;
    }
}

/// <summary>The file is none that the caller uploaded, or came with a comment.</summary>
public sealed record ImportedFileNotFound()
    : Refusal(RefusalKind.NotFound, "There is no such uploaded file of yours.", "fileId");

/// <summary>The file is larger than one may be.</summary>
public sealed record ImportedFileIsTooLarge()
    : Refusal(
        RefusalKind.TooLarge,
        $"A file to import may have at most {CustomerImports.BytesMaximum} bytes.", "fileId");

/// <summary>The office has as many imports under way as it may.</summary>
public sealed record TooManyImports()
    : Refusal(
        RefusalKind.Conflict, $"At most {CustomerImports.ImportsMaximum} imports may be under way at once.");

/// <summary>No such import in this organisation.</summary>
public sealed record ImportNotFound() : Refusal(RefusalKind.NotFound, "There is no such import.", "id");

/// <summary>The id was used for another file.</summary>
public sealed record ImportIdIsUsed()
    : Refusal(RefusalKind.Conflict, "This id was used already, with another file.", "id");

/// <summary>The dry run is not done.</summary>
public sealed record ImportIsNotChecked() : Refusal(RefusalKind.Conflict, "The file is not checked yet.", "id");

/// <summary>The digest is not that of the dry run.</summary>
public sealed record ImportDigestDiffers()
    : Refusal(RefusalKind.Conflict, "This digest is not that of the dry run: look at the lines again.", "digest");

/// <summary>An office carries one import out at a time.</summary>
public sealed record AnotherImportIsRunning()
    : Refusal(RefusalKind.Conflict, "Another import of the office is running.", "id");

/// <summary>There is nobody to invite before the import was started.</summary>
public sealed record ImportIsNotStarted() : Refusal(RefusalKind.Conflict, "The import was not started.", "id");

/// <summary>An import that is running is not removed.</summary>
public sealed record ImportIsRunning() : Refusal(RefusalKind.Conflict, "The import is running.", "id");
