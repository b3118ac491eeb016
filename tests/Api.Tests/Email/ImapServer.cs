using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Search;
using Messaging.Api.Tests.Deploy;
using Messaging.TestSupport;
using Xunit;

namespace Messaging.Api.Tests.Email;

/// <summary>
/// Debian's Dovecot on loopback, with one mailbox: as it is installed, or unpacked by <c>./dev test</c>, where it gets
/// its files by a mount of its own.
/// </summary>
internal sealed class ImapServer : IAsyncDisposable
{
    public const string User = "antwort";
    public const string Password = "geheim";

    private readonly TempDirectory _directory;
    private readonly string[] _command;
    private DebianProgram _program;

    private ImapServer(TempDirectory directory, int port, string[] command, DebianProgram program) =>
        (_directory, Port, _command, _program) = (directory, port, command, program);

    public int Port { get; }

    private string Mails => Path.Combine(_directory["mail"], "Maildir");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts it.</summary>
    /// <param name="old">Mails that the mailbox has already.</param>
    /// <param name="idle">Whether it tells of new mails by itself.</param>
    /// <param name="certificate">With which it speaks TLS, and nothing else; null: it speaks no TLS.</param>
    public static async Task<ImapServer> StartAsync(
        int old = 0, bool idle = true, X509Certificate2? certificate = null)
    {
        var dovecot = DebianProgram.Find("dovecot");
        var directory = new TempDirectory();
        var port = Ports.Free();
        var isRoot = Environment.IsPrivilegedProcess;
        var (user, group) = isRoot ? ("nobody", "nogroup")
            : (Environment.UserName, (await SaidAsync("id", "-gn")).Trim());
        var mails = Directory.CreateDirectory(directory["mail"]).FullName;
        foreach (var folder in (string[])["cur", "new", "tmp"])
            Directory.CreateDirectory(Path.Combine(mails, "Maildir", folder));
        for (var i = 0; i < old; i++)
        {
            File.WriteAllBytes(
                Path.Combine(mails, "Maildir", "cur", $"1000000{i:d6}.M1P1.old:2,"),
                Encoding.ASCII.GetBytes($"Subject: {i}\r\n\r\nalt\r\n"));
        }

        if (isRoot && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(
                directory.Path,
                File.GetUnixFileMode(directory.Path) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
            await SaidAsync("chown", "-R", $"{user}:{group}", mails);
        }

        var tls = "ssl = no";
        if (certificate is not null)
        {
            await File.WriteAllTextAsync(
                directory["certificate.pem"], certificate.ExportCertificatePem(), Cancellation);
            await File.WriteAllTextAsync(
                directory["key.pem"], certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(), Cancellation);
            tls = $"ssl = required\nssl_cert = <{directory["certificate.pem"]}\nssl_key = <{directory["key.pem"]}";
        }

        var configuration = directory["dovecot.conf"];
        await File.WriteAllTextAsync(
            configuration,
            $$"""
            base_dir = {{directory["run"]}}
            state_dir = {{directory["run"]}}
            log_path = /dev/stderr
            protocols = imap
            listen = 127.0.0.1
            {{tls}}
            mailbox_idle_check_interval = 1 s
            {{(idle ? "" : "imap_capability = IMAP4rev1 SASL-IR ID ENABLE LITERAL+ UIDPLUS NAMESPACE")}}
            disable_plaintext_auth = no
            default_internal_user = {{user}}
            default_internal_group = {{group}}
            default_login_user = {{user}}
            first_valid_uid = 1
            passdb {
              driver = static
              args = password={{Password}}
            }
            userdb {
              driver = static
              args = uid={{user}} gid={{group}} home={{mails}}
            }
            mail_location = maildir:{{mails}}/Maildir
            service imap-login {
              chroot =
              inet_listener imap {
                port = {{(certificate is null ? port : 0)}}
              }
              inet_listener imaps {
                port = {{(certificate is null ? 0 : port)}}
                ssl = yes
              }
            }
            service anvil {
              chroot =
            }
            """,
            Cancellation);
        string[] command = [dovecot, "-F", "-c", configuration];
        var unpacked = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(dovecot)!, ".."));
        if (unpacked is not ("/usr" or "/usr/local"))
            command = await InAMountAsync(unpacked, isRoot, configuration);
        var program = await DebianProgram.StartAsync(command[0], command[1..], port);
        return new ImapServer(directory, port, command, program);
    }

    /// <summary>Puts a mail into the mailbox.</summary>
    public async Task AppendAsync(string mail)
    {
        using var client = await ConnectAsync();
        var folder = await client.GetFolderAsync("INBOX", Cancellation);
        using var content = new MemoryStream(Encoding.Latin1.GetBytes(mail.ReplaceLineEndings("\r\n")));
        using var message = await MimeKit.MimeMessage.LoadAsync(
            new MimeKit.ParserOptions { MaxMimeDepth = 1_000 }, content, persistent: true, Cancellation);
        await folder.AppendAsync(message, MessageFlags.None, Cancellation);
    }

    /// <summary>Puts a mail into the mailbox as a file, as a mail server on the same machine does.</summary>
    /// <param name="filling">The number of letters that follow its text.</param>
    public async Task DeliverAsync(string mail, int filling = 0)
    {
        var name = $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}.{Guid.NewGuid():N}.test";
        var file = Path.Combine(Mails, "tmp", name);
        await using (var content = File.Create(file))
        {
            await content.WriteAsync(Encoding.Latin1.GetBytes(mail.ReplaceLineEndings("\r\n")), Cancellation);
            var line = Encoding.ASCII.GetBytes(new string('x', 76) + "\r\n");
            for (var written = 0; written < filling; written += line.Length)
                await content.WriteAsync(line, Cancellation);
        }

        File.Move(file, Path.Combine(Mails, "new", name));
    }

    /// <summary>The mails to an address, and how many of them were seen.</summary>
    public async Task<(int All, int Seen)> CountAsync(string to)
    {
        using var client = await ConnectAsync();
        var folder = await client.GetFolderAsync("INBOX", Cancellation);
        await folder.OpenAsync(FolderAccess.ReadOnly, Cancellation);
        var all = await folder.SearchAsync(SearchQuery.HeaderContains("To", to), Cancellation);
        return (all.Count, all.Intersect(await folder.SearchAsync(SearchQuery.Seen, Cancellation)).Count());
    }

    /// <summary>The number of mails that were seen.</summary>
    public async Task<int> SeenAsync()
    {
        using var client = await ConnectAsync();
        var folder = await client.GetFolderAsync("INBOX", Cancellation);
        await folder.OpenAsync(FolderAccess.ReadOnly, Cancellation);
        return (await folder.SearchAsync(SearchQuery.Seen, Cancellation)).Count;
    }

    /// <summary>Ends it, and starts it again.</summary>
    /// <param name="meanwhile">What is done while it is away.</param>
    public async Task StartAgainAsync(Func<Task>? meanwhile = null)
    {
        await _program.DisposeAsync();
        if (meanwhile is not null) await meanwhile();
        _program = await DebianProgram.StartAsync(_command[0], _command[1..], Port);
    }

    /// <summary>Has it number all mails anew when it starts again: its notes are lost.</summary>
    public void Forget()
    {
        foreach (var note in Directory.EnumerateFiles(Mails, "dovecot*")) File.Delete(note);
    }

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        _directory.Dispose();
    }

    private async Task<ImapClient> ConnectAsync()
    {
        var client = new ImapClient();
        await client.ConnectAsync("127.0.0.1", Port, MailKit.Security.SecureSocketOptions.None, Cancellation);
        await client.AuthenticateAsync(User, Password, Cancellation);
        return client;
    }

    // What is compiled in are the paths of an installation: in a mount of its own, what was unpacked is there.
    private static async Task<string[]> InAMountAsync(string unpacked, bool isRoot, string configuration)
    {
        var mount = $"mount -t overlay overlay -o lowerdir={unpacked}:/usr /usr";
        string[] unshare = isRoot ? ["unshare", "-m"] : ["unshare", "-rm"];
        using var tried = Process.Start(
            new ProcessStartInfo(unshare[0], [.. unshare[1..], "sh", "-c", mount]) { RedirectStandardError = true })!;
        await tried.WaitForExitAsync(Cancellation);
        Needed.OrSkip(
            tried.ExitCode == 0,
            "Dovecot is unpacked, and this machine allows no mount of its own: install dovecot-imapd.");
        var run = isRoot ? ""
            : $"unshare -U --map-user={await SaidAsync("id", "-u")} --map-group={await SaidAsync("id", "-g")} ";
        return [.. unshare, "sh", "-c", $"{mount} && exec {run}/usr/sbin/dovecot -F -c {configuration}"];
    }

    private static async Task<string> SaidAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var said = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        return said.Trim();
    }
}
