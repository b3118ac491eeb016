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
    private Office _office = null!;

    public async ValueTask InitializeAsync()
    {
        _files = new FolderFileStore(new FileStoreOptions(_directory, 1000));
        _executor = await store.StartExecutorAsync();
        _uploads = new Uploads(_executor, _files, store.Database);
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

        (await _executor.TryAsync(Office.Comment(_office.Anna, conversation, files: upload.Id))).ShouldBe(new FileNotFound(0));
        await _executor.DoAsync(Office.Comment(_office.Dieter, conversation, files: upload.Id));
        (await _executor.TryAsync(Office.Comment(_office.Dieter, conversation, files: upload.Id))).ShouldBe(new FileIsAttachedAlready(0));

        (await store.EventsAsync(_office, conversation))[^1].Data.ShouldBeOfType<FileAttached>().FileId.ShouldBe(upload.Id);
        (await _uploads.FindAsync(_office.Dieter, upload.Id, CancellationToken.None))!.Upload.CommentId.ShouldNotBeNull();
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

    private async Task<(UploadedFile? File, Refusal? Refusal)> UploadAsync(Caller caller, byte[] content, string name = "belege.pdf")
    {
        var staged = await _files.StageAsync(new MemoryStream(content), CancellationToken.None);
        return await _uploads.UploadAsync(caller, name, "application/pdf", staged, null, CancellationToken.None);
    }
}
