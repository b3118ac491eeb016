using System.Security.Cryptography;
using Messaging.Api.Files;
using Messaging.Application.Commands;
using Messaging.Application.Files;
using Messaging.Application.Tests.Support;
using Messaging.Domain;
using Messaging.Domain.Conversations;

namespace Messaging.Application.Tests.Files;

/// <summary>Files, from their bytes in a real folder to the comment they come with.</summary>
public sealed class UploadsTests(StoreFixture store) : IClassFixture<StoreFixture>, IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("messaging-").FullName;
    private FolderFileStore _files = null!;
    private CommandExecutor _executor = null!;
    private Uploads _uploads = null!;
    private UploadBacklog _backlog = null!;
    private Office _office = null!;

    // Of files that count 64 KiB each: two that are attached to nothing, three of a customer, five in all.
    private static readonly FileQuotas s_quotas = new(2 * FileQuotas.Least, 3 * FileQuotas.Least, 5 * FileQuotas.Least);

    public async ValueTask InitializeAsync()
    {
        _files = new FolderFileStore(new FileStoreOptions(_directory, 1000));
        _executor = await store.StartExecutorAsync();
        _uploads = new Uploads(_executor, _files, store.Database, s_quotas);
        _backlog = new UploadBacklog(
            store.Database, _files);
        _office = await Office.OpenAsync(_executor);
    }

    public async ValueTask DisposeAsync()
    {
        await _executor.StopAsync(CancellationToken.None);
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_file_is_kept_whole_and_comes_with_one_comment_of_its_uploader()
    {
        var conversation = await _office.ConverseAsync(_executor);
        var content = RandomNumberGenerator.GetBytes(1000);
        var (file, refusal) = await UploadAsync(_office.Dieter, content);
        refusal.ShouldBeNull();
        var upload = file!.Upload;
        upload.Sha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(content)));

        (await _executor.TryAsync(Office.Comment(_office.Anna, conversation, files: upload.Id)))
            .ShouldBe(new FileNotFound(0));
        await _executor.DoAsync(Office.Comment(_office.Dieter, conversation, files: upload.Id));
        (await _executor.TryAsync(Office.Comment(_office.Dieter, conversation, files: upload.Id)))
            .ShouldBe(new FileIsAttachedAlready(0));

        (await store.EventsAsync(_office, conversation))[^1].Data.ShouldBeOfType<FileAttached>().FileId
            .ShouldBe(upload.Id);
        (await _uploads.FindAsync(_office.Dieter, upload.Id, CancellationToken.None))!.Upload.CommentId
            .ShouldNotBeNull();
        (await _uploads.FindAsync(_office.Anna, upload.Id, CancellationToken.None)).ShouldBeNull();
        await using var stream = await _files.OpenReadAsync(upload.Id, CancellationToken.None);
        var kept = new MemoryStream();
        await stream!.CopyToAsync(kept, TestContext.Current.CancellationToken);
        kept.ToArray().ShouldBe(content);
    }

    [Fact]
    public async Task One_file_in_two_comments_of_a_group_comes_with_the_first()
    {
        var conversation = await _office.ConverseAsync(_executor);
        var (file, _) = await UploadAsync(_office.Dieter, [1, 2, 3]);
        var answers = await Task.WhenAll(
            _executor.TryAsync(Office.Comment(_office.Dieter, conversation, files: file!.Upload.Id)),
            _executor.TryAsync(Office.Comment(_office.Dieter, conversation, files: file.Upload.Id)));

        answers.ShouldBe([null, new FileIsAttachedAlready(0)], ignoreOrder: true);
    }

    [Fact]
    public async Task What_is_refused_leaves_no_bytes_behind()
    {
        (await UploadAsync(_office.Paul, [1, 2, 3])).Refusal.ShouldBeOfType<AuditorsWriteNothing>();
        (await UploadAsync(_office.Dieter, [1, 2, 3], "a\0b.pdf")).Refusal.ShouldBeOfType<TextHasNul>();
        await _executor.StopAsync(CancellationToken.None);
        await Should.ThrowAsync<ExecutorStoppedException>(UploadAsync(_office.Dieter, [1, 2, 3]));

        Directory.GetFiles(_directory, "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task Quotas_are_kept_and_what_goes_makes_room()
    {
        var conversation = await _office.ConverseAsync(_executor);
        (await UploadAsync(_office.Dieter)).Refusal.ShouldBeNull();
        var second = (await UploadAsync(_office.Dieter)).File!.Upload.Id;
        (await UploadAsync(_office.Dieter)).Refusal.ShouldBe(new TooMuchUnattached(s_quotas.UnattachedBytesPerPerson));
        (await _uploads.RoomAsync(_office.Dieter, CancellationToken.None)).Bytes.ShouldBe(0);

        // Attached, it counts for the customer; a larger one counts as what it has.
        await _executor.DoAsync(Office.Comment(_office.Dieter, conversation, files: second));
        (await UploadAsync(_office.Dieter)).Refusal.ShouldBeNull();
        await _executor.DoAsync(Office.Comment(_office.Dieter, conversation, files: await LastAsync(_office.Dieter)));
        (await UploadAsync(_office.Dieter)).Refusal.ShouldBe(new CustomerHasNoRoom(s_quotas.BytesPerCustomer));

        // The office is none of its customers.
        var annas = (await UploadAsync(_office.Anna)).File!.Upload.Id;
        (await UploadAsync(_office.Anna)).Refusal.ShouldBeNull();
        await _executor.DoAsync(Office.Comment(_office.Anna, conversation, files: annas));
        (await UploadAsync(_office.Anna)).Refusal.ShouldBe(new OrganisationHasNoRoom(s_quotas.BytesPerOrganisation));
        Kept().ShouldBe(5);

        (await _uploads.DiscardAsync(_office.Anna, await LastAsync(_office.Anna))).ShouldBeNull();
        (await UploadAsync(_office.Anna)).Refusal.ShouldBeNull();
        await CountedIsTrueAsync();
    }

    [Fact]
    public async Task Many_at_once_exceed_no_quota()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => UploadAsync(_office.Dieter)));
        answers.Count(a => a.Refusal is null).ShouldBe(2);
        Kept().ShouldBe(2);
        await CountedIsTrueAsync();
    }

    [Fact]
    public async Task Taking_a_file_back_removes_it_and_the_same_again_changes_nothing()
    {
        var conversation = await _office.ConverseAsync(_executor);
        var id = (await UploadAsync(_office.Dieter)).File!.Upload.Id;
        await _files.KeepThumbnailAsync(id, new byte[10], CancellationToken.None);

        // Somebody else's, one that is none, and somebody else's again.
        foreach (var other in (Caller[])[_office.Anna, _office.Bernd])
        {
            (await _uploads.DiscardAsync(other, id)).ShouldBe(new UploadNotFound());
            (await _uploads.DiscardAsync(other, Guid.NewGuid())).ShouldBe(new UploadNotFound());
        }

        (await _uploads.DiscardAsync(_office.Paul, id)).ShouldBe(new AuditorsWriteNothing());
        Kept().ShouldBe(1);

        (await _uploads.DiscardAsync(_office.Dieter, id)).ShouldBeNull();
        (await _uploads.DiscardAsync(_office.Dieter, id)).ShouldBeNull();
        Directory.GetFiles(_directory, "*", SearchOption.AllDirectories).ShouldBeEmpty();
        (await _uploads.FindAsync(_office.Dieter, id, CancellationToken.None)).ShouldBeNull();
        (await _executor.TryAsync(Office.Comment(_office.Dieter, conversation, files: id)))
            .ShouldBe(new FileNotFound(0));
        await CountedIsTrueAsync();

        var attached = (await UploadAsync(_office.Dieter)).File!.Upload.Id;
        await _executor.DoAsync(Office.Comment(_office.Dieter, conversation, files: attached));
        (await _uploads.DiscardAsync(_office.Dieter, attached)).ShouldBe(new FileIsAttached());
        Kept().ShouldBe(1);
    }

    [Fact]
    public async Task What_is_attached_to_nothing_goes_after_a_day_and_nothing_else()
    {
        var conversation = await _office.ConverseAsync(_executor);
        var (old, attached) = ((await UploadAsync(_office.Dieter)).File!.Upload.Id,
            (await UploadAsync(_office.Dieter)).File!.Upload.Id);
        await _executor.DoAsync(Office.Comment(_office.Dieter, conversation, files: attached));
        var others = (await UploadAsync(_office.Anna)).File!.Upload.Id;
        var now = DateTimeOffset.UtcNow;
        await SweepAsync(now.AddHours(23.9));
        Kept().ShouldBe(3);
        await SetAsync(others, "unattached_since = now() + interval '1 hour'");
        await SweepAsync(now.AddHours(24.1));
        Kept().ShouldBe(2);
        (await _files.OpenReadAsync(old, CancellationToken.None)).ShouldBeNull();
        foreach (var kept in (Guid[])[attached, others])
        {
            await using var stream = await _files.OpenReadAsync(kept, CancellationToken.None);
            stream.ShouldNotBeNull();
        }

        // For a day it is remembered, then there is no row.
        (await _uploads.DiscardAsync(_office.Dieter, old)).ShouldBeNull();
        await CountedIsTrueAsync();
        await SweepAsync(now.AddHours(49));
        (await _uploads.DiscardAsync(_office.Dieter, old)).ShouldBe(new UploadNotFound());
        (await store.ScalarAsync<long>("select count(*) from messaging.uploads where id = any($1)",
            (Guid[])[old, others])).ShouldBe(1);
    }

    [Fact]
    public async Task Whatever_is_being_attached_while_it_goes_is_attached_whole_or_refused()
    {
        var conversation = await _office.ConverseAsync(_executor);
        var generous = new Uploads(_executor, _files, store.Database, FileQuotas.Default);
        var other = await store.StartExecutorAsync();
        var (attached, refused) = (0, 0);
        for (var round = 0; round < 40 || (round < 400 && Math.Min(attached, refused) <= 5); round++)
        {
            var ids = new List<Guid>();
            for (var i = 0; i < 3; i++)
            {
                var staged = await _files.StageAsync(new MemoryStream([1, 2, 3]), CancellationToken.None);
                ids.Add((await generous.UploadAsync(_office.Dieter, "a.pdf", "application/pdf", staged, false, false,
                    CancellationToken.None)).File!.Upload.Id);
            }

            // Two nodes attach, one takes back, and one sweeps.
            var attaching = ids.Select((id, i) => (i == 0 ? other : _executor)
                .TryAsync(Office.Comment(_office.Dieter, conversation, files: id))).ToList();
            // Sooner or later: how fast which of them is depends on the machine.
            await Task.Delay(round % 10 * 2, TestContext.Current.CancellationToken);
            var sweeping = SweepAsync(DateTimeOffset.UtcNow.AddHours(25));
            var taking = generous.DiscardAsync(_office.Dieter, ids[2]);
            var outcomes = await Task.WhenAll(attaching);
            await sweeping;
            await taking;
            for (var i = 0; i < ids.Count; i++)
            {
                await using var stream = await _files.OpenReadAsync(ids[i], CancellationToken.None);
                if (outcomes[i] is null) stream.ShouldNotBeNull();
                else outcomes[i].ShouldBe(new FileNotFound(0));
                (attached, refused) = outcomes[i] is null ? (attached + 1, refused) : (attached, refused + 1);
            }
        }

        await SweepAsync(DateTimeOffset.UtcNow.AddHours(25));
        Kept().ShouldBe(attached);
        attached.ShouldBeGreaterThan(5);
        refused.ShouldBeGreaterThan(5);
        (await store.EventsAsync(_office, conversation)).Count(e => e.Data is FileAttached).ShouldBe(attached);
        await CountedIsTrueAsync();
        await other.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task One_file_that_two_nodes_attach_comes_with_one_comment()
    {
        var other = await store.StartExecutorAsync();
        var conversations = new[] { await _office.ConverseAsync(_executor), await _office.ConverseAsync(_executor) };
        for (var round = 0; round < 20; round++)
        {
            var id = (await UploadAsync(_office.Anna)).File!.Upload.Id;
            var answers = await Task.WhenAll(
                _executor.TryAsync(Office.Comment(_office.Anna, conversations[0], files: id)),
                other.TryAsync(Office.Comment(_office.Anna, conversations[1], files: id)));
            answers.ShouldBe([null, new FileIsAttachedAlready(0)], ignoreOrder: true);
            await store.ScalarAsync<object>("update messaging.file_usage set bytes = 0");
        }

        await other.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task What_an_earlier_version_took_in_is_counted()
    {
        await UploadAsync(_office.Dieter);
        await UploadAsync(_office.Anna);
        await store.ScalarAsync<object>("delete from messaging.file_usage where tenant_id = $1", _office.Anna.TenantId);
        await _backlog.CountUsageAsync(CancellationToken.None);
        await CountedIsTrueAsync();
        (await UsageAsync(_office.Anna.OrganisationId)).ShouldBe(2 * FileQuotas.Least);
        (await UsageAsync(_office.Dieter.OnlyCustomerId!.Value)).ShouldBe(FileQuotas.Least);
    }

    [Fact]
    public async Task What_was_missed_is_taken_by_one_node_a_few_of_each_person_at_a_time()
    {
        // Of an earlier version: nobody knows whether a thumbnail was missed.
        var uploads = new Uploads(_executor, _files, store.Database, FileQuotas.Default);
        for (var i = 0; i < 2; i++) await UploadAsync(_office.Dieter);
        for (var i = 0; i < 8; i++)
        {
            var staged = await _files.StageAsync(new MemoryStream([1]), CancellationToken.None);
            await uploads.UploadAsync(_office.Dieter, "a.png", "image/png", staged, true, false,
                CancellationToken.None);
        }

        var annas = await uploads.UploadAsync(
            _office.Anna, "b.png", "image/png", await _files
                .StageAsync(new MemoryStream([1]), CancellationToken.None), true, true, CancellationToken.None);
        (await TakeAsync()).ShouldBeEmpty();

        // Whoever recorded them did not come to it. What is to be scanned first waits for that.
        await store.ScalarAsync<object>(
            "update messaging.uploads set thumbnail_due_at = now() - interval '1 s', "
            + "scan_due_at = scan_due_at - interval '1 hour' where tenant_id = $1", _office.Anna.TenantId);
        await _backlog.PassOverThumbnailsAsync(["image/png"], CancellationToken.None);
        var taken = await Task.WhenAll(TakeAsync(), TakeAsync());
        taken.SelectMany(t => t).Select(t => t.Id).Distinct().Count().ShouldBe(taken.Sum(t => t.Count));
        taken[0].Concat(taken[1]).ShouldAllBe(d => d.Person == _office.Dieter.Actor.Id);
        taken.Sum(t => t.Count).ShouldBeInRange(5, 8);

        (await _backlog.TakeScansAsync(100, CancellationToken.None)).Where(IsOurs).Select(d => d.Id)
            .ShouldBe([annas.File!.Upload.Id]);
        await _backlog.SettleScanAsync(_office.Anna.TenantId, annas.File.Upload.Id, null, CancellationToken.None);
        (await TakeAsync()).ShouldContain(d => d.Id == annas.File.Upload.Id);
        (await _backlog.SettleThumbnailAsync(_office.Anna.TenantId, annas.File.Upload.Id, true,
            CancellationToken.None)).ShouldBeTrue();
        var state = (await _uploads.FindAsync(_office.Anna, annas.File.Upload.Id, CancellationToken.None))!.State;
        state.ShouldBe(new FileState(true, FileScan.Clean, null));

        async Task<List<DueFile>> TakeAsync() => [.. (await _backlog
            .TakeThumbnailsAsync(1_000, CancellationToken.None)).Where(IsOurs)];

        bool IsOurs(DueFile due) => due.TenantId == _office.Anna.TenantId;
    }

    private int Kept() => Directory.GetFiles(Path.Combine(_directory, "kept"), "*", SearchOption.AllDirectories).Length;

    private async Task SweepAsync(DateTimeOffset now)
    {
        await _backlog.DiscardUnattachedAsync(now, CancellationToken.None);
        await _backlog.RemoveDiscardedAsync(now, CancellationToken.None);
    }

    private Task<object?> SetAsync(Guid id, string assignment) =>
        store.ScalarAsync<object>($"update messaging.uploads set {assignment} where id = $1", id);

    private Task<long> UsageAsync(Guid owner) =>
        store.ScalarAsync<long>("select bytes from messaging.file_usage where tenant_id = $1 and owner_id = $2",
            _office.Anna.TenantId, owner);

    // What is counted is what counting all would find.
    private async Task CountedIsTrueAsync()
    {
        var counted = await AllAsync();
        await _backlog.CountUsageAsync(CancellationToken.None);
        (await AllAsync()).ShouldBe(counted);

        Task<string?> AllAsync() => store.ScalarAsync<string>(
            "select string_agg(owner_id || ' ' || bytes, ', ' order by owner_id) from messaging.file_usage "
            + "where tenant_id = $1 and bytes > 0", _office.Anna.TenantId);
    }

    private async Task<Guid> LastAsync(Caller caller) => await store.ScalarAsync<Guid>(
        "select id from messaging.uploads where uploaded_by_id = $1 and comment_id is null and discarded_at is null "
        + "order by created_at desc limit 1", caller.Actor.Id);

    private async Task<(UploadedFile? File, Refusal? Refusal)> UploadAsync(
        Caller caller, byte[]? content = null, string name = "belege.pdf")
    {
        var staged = await _files.StageAsync(new MemoryStream(content ?? [1, 2, 3]), CancellationToken.None);
        return await _uploads.UploadAsync(caller, name, "application/pdf", staged, false, false,
            CancellationToken.None);
    }
}
