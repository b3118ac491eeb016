using System.Net.Security;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Search;
using Messaging.Application;
using Messaging.Application.Notifications.Inbound;

namespace Messaging.Api.Email.Inbound;

/// <summary>
/// Reads the mailbox of answers, on one node: what is new since it was last read, one mail after the other. Nothing is
/// ever removed from it; a mail that was dealt with is marked as seen.
/// </summary>
/// <param name="trust">Validates the server's certificate; null: by the system's trust store.</param>
internal sealed partial class InboundMailbox(
    InboundOptions options, InboundMails mails, InboundReader reader, ILogger<InboundMailbox> logger,
    RemoteCertificateValidationCallback? trust = null) : BackgroundService
{
    // Servers end IDLE after half an hour (RFC 2177), and networks forget a silent connection sooner.
    private static readonly TimeSpan s_idle = TimeSpan.FromMinutes(9);
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_renewal = InboundMails.Lease / 4;
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_connect = TimeSpan.FromMinutes(1);

    private const int LongestHeaders = 256 * 1024;
    private const int MostAttempts = 5;
    private const int MostAttemptsOfBounce = 60;

    private readonly Guid _holder = Guid.NewGuid();
    private readonly string _mailbox = $"{options.User}@{options.Host}/{options.Folder}";
    private (uint Uid, int Attempts) _failing;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = s_renewal;
            try
            {
                if (await mails.TakeAsync(_mailbox, _holder, stoppingToken) is not null)
                    await HoldAsync(() => failures = 0, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(MailServer.WhyNot(e), e);
                pause = Repeatedly.Spread(
                    TimeSpan.FromSeconds(Math.Min(Math.Pow(2, failures++), s_longestPause.TotalSeconds)));
            }
            catch (OperationCanceledException)
            {
                break;
            }

            await Task.Delay(pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        try
        {
            await mails.LetGoAsync(_mailbox, _holder, CancellationToken.None);
        }
        catch (Exception)
        {
            // It ends by itself.
        }
    }

    // Reads for as long as the mailbox is this node's.
    private async Task HoldAsync(Action succeeded, CancellationToken stopping)
    {
        using var held = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var renewal = RenewAsync(held);
        try
        {
            await ReadAsync(succeeded, held.Token);
        }
        finally
        {
            await held.CancelAsync();
            await renewal;
        }
    }

    private async Task RenewAsync(CancellationTokenSource held)
    {
        var missed = 0;
        while (!held.IsCancellationRequested)
        {
            await Task.Delay(s_renewal, held.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (held.IsCancellationRequested) return;
            try
            {
                missed = await mails.TakeAsync(_mailbox, _holder, held.Token) is null ? int.MaxValue : 0;
            }
            catch (Exception)
            {
                missed++;
            }

            if (missed > 1) await held.CancelAsync();
        }
    }

    private async Task ReadAsync(Action succeeded, CancellationToken cancellation)
    {
        using var client = new ImapClient
        {
            Timeout = (int)s_connect.TotalMilliseconds,

            // As for SMTP: it would ask a third party for each connection.
            CheckCertificateRevocation = false,
        };
        if (trust is not null) client.ServerCertificateValidationCallback = trust;
        await ConnectAsync(client, cancellation);
        var folder = await client.GetFolderAsync(options.Folder, cancellation);
        await folder.OpenAsync(FolderAccess.ReadWrite, cancellation);
        using var news = new News(folder);
        while (true)
        {
            news.Begin();
            await ReadNewAsync(folder, cancellation);
            succeeded();
            if (news.HasCome) continue;
            if (client.Capabilities.HasFlag(ImapCapabilities.Idle))
            {
                using var until = news.Until(s_idle);
                await client.IdleAsync(until.Token, cancellation);
            }
            else
            {
                await Task.Delay(s_poll, cancellation);
                await client.NoOpAsync(cancellation);
            }
        }
    }

    private async Task ConnectAsync(ImapClient client, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(s_connect);
        await client.ConnectAsync(options.Host!, options.Port, options.Security.SocketOptions(), limit.Token);

        // As for SMTP, also on this machine: "auto" takes any offer, and a password is for nobody else.
        if (!client.IsSecure && options.Security != SmtpSecurity.None)
        {
            throw new InvalidOperationException(
                "The IMAP server offers no encryption, so the password was not sent. Set Messaging:Inbound:Security "
                    + "to none to allow it, on this machine or in a network that you trust.");
        }

        await client.AuthenticateAsync(options.User, options.Password, limit.Token);
    }

    private async Task ReadNewAsync(IMailFolder folder, CancellationToken cancellation)
    {
        if (await mails.TakeAsync(_mailbox, _holder, cancellation) is not { } place) throw new LostMailboxException();
        var (isNew, isSame) = (place.UidValidity is null, place.UidValidity == folder.UidValidity);
        IList<UniqueId> uids = [];
        if (isSame)
        {
            // A server answers "from here to the last" with the last one in any case.
            uids = await folder.SearchAsync(
                SearchQuery.Uids(new UniqueIdRange(
                    new UniqueId(folder.UidValidity, (uint)Math.Max(1, place.NextUid)),
                    new UniqueId(folder.UidValidity, uint.MaxValue))),
                cancellation);
        }
        else if (!isNew)
        {
            // The server numbers its mails anew: those that came since it was last read, and some that are known.
            LogRenumbered(place.UidValidity ?? 0, folder.UidValidity);
            var since = (place.ReadAt ?? DateTimeOffset.UtcNow).UtcDateTime.AddDays(-2);
            uids = await folder.SearchAsync(SearchQuery.DeliveredAfter(since), cancellation);
        }

        if (!isSame)
        {
            // What was there before it was turned on is nobody's answer to a signed address.
            var next = uids.Count > 0 ? uids.Min(uid => uid.Id) : await NextUidAsync(folder, cancellation);
            await MoveAsync(folder, next, cancellation);
            place = place with { NextUid = next };
        }

        foreach (var uid in uids.Where(uid => uid.Id >= place.NextUid).OrderBy(uid => uid.Id))
        {
            if (await TryReadAsync(folder, uid, cancellation))
                await folder.AddFlagsAsync(uid, MessageFlags.Seen, silent: true, cancellation);
            await MoveAsync(folder, uid.Id + 1L, cancellation);
        }
    }

    private static async Task<long> NextUidAsync(IMailFolder folder, CancellationToken cancellation)
    {
        if (folder.UidNext is { } next) return next.Id;
        var all = await folder.SearchAsync(SearchQuery.All, cancellation);
        return all.Count == 0 ? 1 : all.Max(uid => uid.Id) + 1L;
    }

    private async Task MoveAsync(IMailFolder folder, long next, CancellationToken cancellation)
    {
        if (!await mails.MoveAsync(_mailbox, _holder, folder.UidValidity, next, cancellation))
            throw new LostMailboxException();
    }

    /// <returns>True when it was dealt with.</returns>
    private async Task<bool> TryReadAsync(IMailFolder folder, UniqueId uid, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                var found = await folder.FetchAsync([uid], MessageSummaryItems.Size, cancellation);

                // Removed by somebody meanwhile.
                if (found is not [{ Size: { } size }]) return false;
                return await reader.ReadAsync(new MailInBox(folder, uid, size), cancellation);
            }
            catch (BouncedTooSoonException) when (Attempts(uid) < MostAttemptsOfBounce)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
            }
            catch (BouncedTooSoonException)
            {
                return false;
            }
            catch (Exception e) when (IsOfMail(e) && Attempts(uid) >= MostAttempts)
            {
                // It would stop all that come after it.
                LogLeft(uid.Id, e);
                InboundTelemetry.Read("unreadable");
                return false;
            }
        }
    }

    private int Attempts(UniqueId uid)
    {
        _failing = _failing.Uid == uid.Id ? (uid.Id, _failing.Attempts + 1) : (uid.Id, 1);
        return _failing.Attempts;
    }

    // Not of the server, the way to it, or the database.
    private static bool IsOfMail(Exception e) =>
        e is not (OperationCanceledException or IOException or SocketException or ProtocolException
            or ServiceNotConnectedException or Npgsql.NpgsqlException or TimeoutException
            or Application.Commands.ExecutorStoppedException or Application.Files.FileStoreAwayException);

    [LoggerMessage(LogLevel.Warning, "The mailbox of answers could not be read, and is tried again: {Reason}")]
    private partial void LogFailed(string reason, Exception e);

    [LoggerMessage(LogLevel.Error, "The mail {Uid} in the mailbox of answers could not be read, and is left there")]
    private partial void LogLeft(uint uid, Exception e);

    [LoggerMessage(
        LogLevel.Warning,
        "The mailbox of answers is another one than before (UIDVALIDITY {Before}, now {Now}): what came since it was "
            + "last read is looked at again")]
    private partial void LogRenumbered(long before, uint now);

    /// <summary>Another node has the mailbox.</summary>
    private sealed class LostMailboxException() : Exception("Another node reads the mailbox.");

    /// <summary>Says whether something has come to a folder.</summary>
    private sealed class News : IDisposable
    {
        private readonly IMailFolder _folder;
        private readonly Lock _lock = new();
        private CancellationTokenSource? _until;

        public News(IMailFolder folder)
        {
            _folder = folder;
            folder.CountChanged += Came;
        }

        public bool HasCome { get; private set; }

        public void Begin() => HasCome = false;

        /// <summary>A time that is over when something comes.</summary>
        public CancellationTokenSource Until(TimeSpan longest)
        {
            var until = new CancellationTokenSource(longest);
            lock (_lock) _until = until;
            if (HasCome) until.Cancel();
            return until;
        }

        public void Dispose() => _folder.CountChanged -= Came;

        private void Came(object? sender, EventArgs e)
        {
            HasCome = true;
            lock (_lock)
            {
                try
                {
                    _until?.Cancel();
                }
                catch (ObjectDisposedException)
                {
                    // It is over already.
                }
            }
        }
    }

    private sealed class MailInBox(IMailFolder folder, UniqueId uid, uint size) : IMailInBox
    {
        public long Size => size;

        public async Task<Stream?> HeadersAsync(CancellationToken cancellation)
        {
            var headers = await folder.GetStreamAsync(uid, "HEADER", 0, LongestHeaders, cancellation);
            if (headers.Length < LongestHeaders) return headers;
            await headers.DisposeAsync();
            return null;
        }

        public async Task<MemoryStream> ContentAsync(CancellationToken cancellation)
        {
            await using var content = await folder.GetStreamAsync(uid, "", cancellation);
            var copy = new MemoryStream();
            await content.CopyToAsync(copy, cancellation);
            copy.Position = 0;
            return copy;
        }
    }
}
