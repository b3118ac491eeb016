using System.Diagnostics;
using System.Security.Cryptography;
using Messaging.Api.Files;
using Messaging.Application.Files;
using Messaging.TestSupport;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Files;

public sealed class FolderFileStoreTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_096)]
    [InlineData(1_000_003)]
    public async Task A_kept_file_is_read_back_byte_for_byte(int size)
    {
        var store = Store();
        var bytes = RandomNumberGenerator.GetBytes(size);
        var staged = await store.StageAsync(new MemoryStream(bytes), Cancellation);
        staged.Size.ShouldBe(size);
        staged.Sha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(bytes)));

        var id = Guid.CreateVersion7();
        await store.KeepAsync(staged, id, Cancellation);
        (await ReadAsync(store, id)).ShouldBe(bytes);
        // After a restart as well.
        (await ReadAsync(Store(), id)).ShouldBe(bytes);
        Staged().ShouldBeEmpty();
    }

    [Fact]
    public async Task The_type_is_sniffed_even_when_bytes_come_one_by_one()
    {
        var staged = await Store().StageAsync(new Trickle("%PDF-1.7 and more"u8.ToArray()), Cancellation);
        staged.SniffedMediaType.ShouldBe("application/pdf");
    }

    [Fact]
    public async Task Keeping_it_again_has_no_effect()
    {
        var store = Store();
        var staged = await store.StageAsync(new MemoryStream([1, 2, 3]), Cancellation);
        var id = Guid.CreateVersion7();
        await store.KeepAsync(staged, id, Cancellation);
        await store.KeepAsync(staged, id, Cancellation);
        await store.KeepAsync(await store.StageAsync(new MemoryStream([4]), Cancellation), id, Cancellation);

        (await ReadAsync(store, id)).ShouldBe([1, 2, 3]);
        Staged().ShouldBeEmpty();
    }

    [Fact]
    public async Task Many_at_once_do_not_disturb_each_other()
    {
        var store = Store();
        await Parallel.ForEachAsync(Enumerable.Range(0, 100), Cancellation, async (i, cancellation) =>
        {
            var id = Guid.CreateVersion7();
            await store.KeepAsync(await store.StageAsync(new MemoryStream([(byte)i]), cancellation), id, cancellation);
            (await ReadAsync(store, id)).ShouldBe([(byte)i]);
        });
    }

    [Fact]
    public async Task A_file_over_the_limit_is_refused_while_it_arrives_and_nothing_of_it_stays()
    {
        var store = Store(maximum: 1_000);
        (await store.StageAsync(new MemoryStream(new byte[1_000]), Cancellation)).Size.ShouldBe(1_000);

        var endless = new Endless();
        (await Should.ThrowAsync<FileTooLargeException>(store.StageAsync(endless, Cancellation))).Limit.ShouldBe(1_000);
        endless.Given.ShouldBeLessThan(1_000_000);
        Staged().Length.ShouldBe(1);
    }

    [Fact]
    public async Task An_upload_that_breaks_off_leaves_nothing()
    {
        await Should.ThrowAsync<IOException>(Store().StageAsync(new BreaksOff(), Cancellation));
        Staged().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_full_disk_is_an_error_that_leaves_nothing_and_passes()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Mounts a small file system.");
        Directory.CreateDirectory(_directory["files"]);
        Assert.SkipUnless(await RunAsync("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", _directory["files"]) == 0,
            "May not mount.");
        try
        {
            var store = Store();
            await Should.ThrowAsync<NoRoomForFilesException>(
                store.StageAsync(new MemoryStream(new byte[2_000_000]), Cancellation));
            Staged().ShouldBeEmpty();
            (await store.StageAsync(new MemoryStream(new byte[500_000]), Cancellation)).Size.ShouldBe(500_000);
        }
        finally
        {
            await RunAsync("umount", _directory["files"]);
        }
    }

    [Fact]
    public async Task Discarding_removes_what_is_staged_but_not_what_is_kept()
    {
        var store = Store();
        var unwanted = await store.StageAsync(new MemoryStream([1]), Cancellation);
        await store.DiscardAsync(unwanted);
        await store.DiscardAsync(unwanted);
        Staged().ShouldBeEmpty();

        var wanted = await store.StageAsync(new MemoryStream([2]), Cancellation);
        var id = Guid.CreateVersion7();
        await store.KeepAsync(wanted, id, Cancellation);
        await store.DiscardAsync(wanted);
        (await ReadAsync(store, id)).ShouldBe([2]);
    }

    [Fact]
    public async Task Deleting_removes_it_and_needs_none_to_be_there()
    {
        var store = Store();
        var id = Guid.CreateVersion7();
        await store.DeleteAsync(id, Cancellation);
        await store.KeepAsync(await store.StageAsync(new MemoryStream([1]), Cancellation), id, Cancellation);
        await store.DeleteAsync(id, Cancellation);
        (await store.OpenReadAsync(id, Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task What_was_never_staged_cannot_be_kept()
    {
        var store = Store();
        await Should.ThrowAsync<FileNotFoundException>(() =>
            store.KeepAsync(new StagedFile(Guid.NewGuid().ToString("N"), 1, "", null), Guid.CreateVersion7(),
            Cancellation));
        await Should.ThrowAsync<FormatException>(() => store
            .KeepAsync(new StagedFile("../../etc/passwd", 1, "", null), Guid.CreateVersion7(), Cancellation));
    }

    [Fact]
    public async Task Only_the_product_reads_the_files()
    {
        if (OperatingSystem.IsWindows()) return;
        await Store().StageAsync(new MemoryStream([1]), Cancellation);
        File.GetUnixFileMode(Staged().Single()).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(_directory["files"])
            .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task Staged_files_that_nobody_keeps_go_when_they_are_old()
    {
        var store = Store();
        var old = await store.StageAsync(new MemoryStream([1]), Cancellation);
        File.SetLastWriteTimeUtc(_directory[$"files/staging/{old.Key}"], DateTime.UtcNow.AddHours(-25));
        var fresh = await store.StageAsync(new MemoryStream([2]), Cancellation);
        store.RemoveStaged(DateTimeOffset.UtcNow.AddHours(-24)).ShouldBe(1);
        Staged().Single().ShouldEndWith(fresh.Key);
    }

    [Fact]
    public async Task What_would_leave_the_disk_less_than_is_to_stay_free_is_not_taken()
    {
        var free = new DriveInfo(_directory.Path).AvailableFreeSpace;
        var store = new FolderFileStore(new FileStoreOptions(_directory["files"], 1_000, ReserveBytes: free * 2));
        await Should.ThrowAsync<NoRoomForFilesException>(store.StageAsync(new MemoryStream([1]), Cancellation));
        Staged().ShouldBeEmpty();
    }

    [Fact]
    public void Settings_have_defaults_and_wrong_ones_are_named()
    {
        var none = new ConfigurationBuilder().Build();
        FileStoreOptions.Read(none, _directory.Path).ShouldBe(
            new FileStoreOptions(_directory["files"], 52_428_800, 1_073_741_824));
        FileStoreOptions.ReadQuotas(none).ShouldBe(new FileQuotas(1_073_741_824, 21_474_836_480, 536_870_912_000));

        foreach (var name in (string[])["MaximumBytes", "ReserveBytes", "UnattachedBytesPerPerson",
            "BytesPerCustomer", "BytesPerOrganisation"])
        {
            foreach (var wrong in (string[])["-1", "50MB", "1e3", "99999999999999999999", name == "ReserveBytes" ? "x"
                : "0"])
            {
                Should.Throw<InvalidOperationException>(() =>
                {
                    FileStoreOptions.Read(Settings(name, wrong), _directory.Path);
                    FileStoreOptions.ReadQuotas(Settings(name, wrong));
                }).Message.ShouldContain($"Messaging:Files:{name}");
            }
        }

        FileStoreOptions.Read(Settings("ReserveBytes", "0"), _directory.Path).ReserveBytes.ShouldBe(0);

        static IConfiguration Settings(string name, string value) =>
            new ConfigurationBuilder().AddInMemoryCollection([new($"Messaging:Files:{name}", value)]).Build();
    }

    private FolderFileStore Store(long maximum = FileStoreOptions.DefaultMaximumBytes) =>
        new(new FileStoreOptions(_directory["files"], maximum));

    private string[] Staged() => Directory.GetFiles(_directory["files/staging"]);

    private static async Task<byte[]> ReadAsync(FolderFileStore store, Guid id)
    {
        await using var stream = (await store.OpenReadAsync(id, Cancellation)).ShouldNotBeNull();
        stream.CanSeek.ShouldBeTrue();
        var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, Cancellation);
        return bytes.ToArray();
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(Cancellation);
        return process.ExitCode;
    }

    private abstract class Source : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException(); set =>
            throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private sealed class Trickle(byte[] bytes) : Source
    {
        private int _next;

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (_next == bytes.Length) return 0;
            buffer[offset] = bytes[_next++];
            return 1;
        }
    }

    private sealed class Endless : Source
    {
        public long Given { get; private set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            Given += count;
            return count;
        }
    }

    private sealed class BreaksOff : Source
    {
        private bool _begun;

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (_begun) throw new IOException("The connection broke off.");
            _begun = true;
            return count;
        }
    }
}
