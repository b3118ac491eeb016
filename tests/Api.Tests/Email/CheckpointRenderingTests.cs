using System.Security.Cryptography;
using System.Text;
using Messaging.Application.History;
using Messaging.Application.Notifications;
using MimeKit;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Email;

/// <summary>The mail with the checkpoint: what is copied out of it verifies, as its attachment does.</summary>
public class CheckpointRenderingTests
{
    private static readonly CheckpointKey s_key = new(RandomNumberGenerator.GetBytes(32));

    [Theory]
    [InlineData("de", "Prüfpunkt der Geschichte: 12.345 Ereignisse", "30. März 2026, 07:00 Uhr")]
    [InlineData("en", "Checkpoint of the history: 12,345 events", "30 March 2026, 07:00")]
    public void What_is_copied_out_of_the_text_verifies_as_the_attachment_does(
        string language, string subject, string time)
    {
        var root = SHA256.HashData([1]);
        var tenant = Guid.CreateVersion7().ToString();
        var note = s_key.Sign(tenant, 12_345, root);
        var mail = Mails.Read(
            new CheckpointEmail(
                Guid.CreateVersion7(), "paul.pruefer@kanzlei-berger.example", "Paul Prüfer", language,
                "Kanzlei Berger & Söhne", 12_345, note, new DateTimeOffset(2026, 3, 30, 5, 0, 0, TimeSpan.Zero),
                "Europe/Berlin")
            {
                MayChoose = true,
            });
        mail.Subject.ShouldBe(subject);
        foreach (var body in (string[])[mail.TextBody!, mail.HtmlBody!])
        {
            body.ShouldContain(time);
            body.ShouldContain("verify --checkpoint 000000012345.checkpoint");
            body.ShouldContain("/profile#notifications");
        }

        var text = mail.TextBody!.ReplaceLineEndings("\n");
        var copied = text[text.IndexOf("messaging/", StringComparison.Ordinal)..];
        var signature = copied.IndexOf("\u2014 messaging/", StringComparison.Ordinal);
        copied = copied[..(copied.IndexOf('\n', signature) + 1)];
        copied.ShouldBe(note);
        var file = mail.Attachments.ShouldHaveSingleItem().ShouldBeOfType<MimePart>();
        file.FileName.ShouldBe("000000012345.checkpoint");
        using var bytes = new MemoryStream();
        file.Content!.DecodeTo(bytes, TestContext.Current.CancellationToken);
        bytes.ToArray().ShouldBe(Encoding.UTF8.GetBytes(note));

        // As an editor on Windows saves it, and with the empty lines around it.
        foreach (var saved in (string[])[note, copied.TrimEnd(), $"\r\n{note.Replace("\n", "\r\n")}\r\n"])
        {
            var read = CheckpointNote.Read(saved, s_key.Public, out var why).ShouldNotBeNull(why);
            (read.TenantId, read.Size).ShouldBe((tenant, 12_345));
            read.Root.ShouldBe(root);
        }

        CheckpointNote.Read(note.Replace("12345", "12346"), s_key.Public, out _).ShouldBeNull();
    }
}
