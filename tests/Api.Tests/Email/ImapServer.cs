using System.Diagnostics;
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

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts it.</summary>
    /// <param name="old">Mails that the mailbox has already.</param>
    public static async Task<ImapServer> StartAsync(int old = 0)
    {
        var dovecot = DebianProgram.Find("dovecot");
        var directory = new TempDirectory();
        var port = DebianProgram.FreePort();
        var isRoot = Environment.IsPrivilegedProcess;
        var (user, group) = isRoot ? ("nobody", "nogroup")
            : (Environment.UserName, (await SaidAsync("id", "-gn")).Trim());
        var mails = Directory.CreateDirectory(directory["mail"]).FullName;
        foreach (var folder in (string[])["cur", "new", "tmp"])
            Directory.CreateDirectory(Path.Combine(mails, "Maildir", folder));
        for (var i = 0; i < old; i++)
        {
            await File.WriteAllTextAsync(
                Path.Combine(mails, "Maildir", "cur", $"1000000{i:d6}.M1P1.old:2,"), $"Subject: {i}\r\n\r\nalt\r\n",
                Cancellation);
        }

        if (isRoot && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(
                directory.Path,
                File.GetUnixFileMode(directory.Path) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
            await SaidAsync("chown", "-R", $"{user}:{group}", mails);
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
            ssl = no
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
                port = {{port}}
              }
              inet_listener imaps {
                port = 0
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

    /// <summary>The mails in it, and how many of them were seen.</summary>
    public async Task<(int All, int Seen)> CountAsync()
    {
        using var client = await ConnectAsync();
        var folder = await client.GetFolderAsync("INBOX", Cancellation);
        await folder.OpenAsync(FolderAccess.ReadOnly, Cancellation);
        return (folder.Count, (await folder.SearchAsync(SearchQuery.Seen, Cancellation)).Count);
    }

    /// <summary>Ends it, and starts it again.</summary>
    public async Task StartAgainAsync()
    {
        await _program.DisposeAsync();
        _program = await DebianProgram.StartAsync(_command[0], _command[1..], Port);
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
