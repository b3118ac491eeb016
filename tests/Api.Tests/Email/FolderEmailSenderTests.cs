using Messaging.Api.Email;
using Messaging.Application.Notifications;
using Microsoft.Extensions.Time.Testing;
using MimeKit;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Email;

public sealed class FolderEmailSenderTests : IDisposable
{
    private readonly string _data = Path.Combine(Path.GetTempPath(), $"messaging-{Guid.NewGuid():N}");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Folder => Path.Combine(_data, "mail");

    public void Dispose()
    {
        if (Directory.Exists(_data)) Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task A_mail_becomes_a_file_named_by_time_and_delivery_that_mail_programs_open()
    {
        var email = Mails.Comment() with
        {
            DeliveryId = Guid.CreateVersion7(new DateTimeOffset(2026, 3, 5, 13, 7, 9, TimeSpan.Zero)),
        };

        await Sender().SendAsync(email, Cancellation);

        var file = Directory.GetFiles(Folder).ShouldHaveSingleItem();
        Path.GetFileName(file).ShouldBe($"20260305T130709Z-{email.DeliveryId:N}.eml");
        using var mail = await MimeMessage.LoadAsync(file, Cancellation);
        mail.Subject.ShouldNotBeNull().ShouldContain("Belege für das dritte Quartal");
        mail.To.Mailboxes.Single().Address.ShouldBe(email.To);
        mail.TextBody.ShouldNotBeNull().ShouldContain("Viele Grüße");
    }

    [Fact]
    public async Task The_same_delivery_again_replaces_its_file()
    {
        var email = Mails.Comment();
        var unordered = Mails.Comment() with { DeliveryId = Guid.NewGuid() };

        for (var i = 0; i < 3; i++)
        {
            await Sender().SendAsync(email, Cancellation);
            await Sender().SendAsync(unordered, Cancellation);
        }

        Directory.GetFiles(Folder).Length.ShouldBe(2);
    }

    [Fact]
    public async Task Many_at_once_are_all_there_and_whole()
    {
        var sender = Sender();

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => sender.SendAsync(Mails.Comment(), Cancellation)));

        var files = Directory.GetFiles(Folder, "*.eml");
        files.Length.ShouldBe(50);
        foreach (var file in files) (await File.ReadAllTextAsync(file, Cancellation)).ShouldContain("</html>");
    }

    [Fact]
    public async Task What_cannot_be_written_is_tried_again_later_and_leaves_nothing_half()
    {
        Directory.CreateDirectory(_data);
        await File.WriteAllTextAsync(Folder, "in the way", Cancellation);

        await Should.ThrowAsync<IOException>(() => Sender().SendAsync(Mails.Comment(), Cancellation));

        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        File.Delete(Folder);
        await Should.ThrowAsync<OperationCanceledException>(() => Sender().SendAsync(Mails.Comment(), cancelled.Token));
        Directory.GetFiles(Folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_address_that_is_none_is_refused_here_too() =>
        await Should.ThrowAsync<EmailRefusedException>(() =>
            Sender().SendAsync(Mails.Comment() with { To = "nobody" }, Cancellation)
        );

    [Fact]
    public async Task Others_on_the_machine_cannot_read_the_mails()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");

        await Sender().SendAsync(Mails.Invitation(), Cancellation);

#pragma warning disable CA1416 // skipped on Windows above
        File.GetUnixFileMode(Directory.GetFiles(Folder).Single())
            .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
#pragma warning restore CA1416
    }

    [Fact]
    public async Task After_30_days_they_are_gone_and_what_somebody_else_put_there_is_not()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var sender = Sender(clock);
        var (first, second, third) = (Mails.Invitation(), Mails.Comment(), Mails.Comment());
        await sender.SendAsync(first, Cancellation);
        await File.WriteAllTextAsync(Path.Combine(Folder, "Notiz.txt"), "meine", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(Folder, ".half.eml.tmp"), "halb", Cancellation);

        clock.Advance(TimeSpan.FromDays(29));
        await sender.SendAsync(second, Cancellation);
        Directory.GetFiles(Folder).Length.ShouldBe(4);

        clock.Advance(TimeSpan.FromDays(2));
        // Files have the machine's time.
        File.SetLastWriteTimeUtc(
            Directory.GetFiles(Folder, $"*{second.DeliveryId:N}*").Single(), clock.GetUtcNow().UtcDateTime.AddDays(-2));
        await sender.SendAsync(third, Cancellation);
        Directory.GetFiles(Folder).Select(file => Path.GetFileName(file)!).Order().Select(name => name.Split('-')[^1])
            .ShouldBe(new[] { $"{second.DeliveryId:N}.eml", "Notiz.txt" }, ignoreOrder: true);
    }

    private FolderEmailSender Sender(TimeProvider? clock = null)
    {
        var options = EmailOptions.Read(Mails.Configuration(), _data);
        return new FolderEmailSender(
            options, new EmailRenderer(options, TimeProvider.System), clock ?? TimeProvider.System);
    }
}
