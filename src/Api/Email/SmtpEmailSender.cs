using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using Messaging.Application.Notifications;
using Messaging.Domain;
using MimeKit;

namespace Messaging.Api.Email;

/// <summary>
/// Time limits for the parts of an SMTP conversation.
/// </summary>
/// <param name="Connect">
/// Time limit for connection, encryption and authentication together.
/// </param>
/// <param name="Reply">
/// Each reply up to the recipient's. RFC 5321 4.5.3.2 would have 5 minutes; but nothing was taken yet, so trying again
/// costs nothing, and a mail that is stuck holds a place.
/// </param>
/// <param name="ContentReply">Each reply after that: above all the one to the content (RFC 5321 4.5.3.2.6), as after
/// giving up on it nobody knows whether the mail was taken.</param>
/// <param name="Total">One mail, once connected.</param>
/// <param name="Farewell">A mail already under way when the process is told to stop: giving up at once leaves that
/// open, too.</param>
/// <param name="Idle">A connection unused for this time is closed, not used again.</param>
internal sealed record SmtpTimeouts(
    TimeSpan Connect, TimeSpan Reply, TimeSpan ContentReply, TimeSpan Total, TimeSpan Farewell, TimeSpan Idle)
{
    /// <summary>The product's; tests have no ten minutes.</summary>
    public static SmtpTimeouts Default { get; } = new(
        Connect: TimeSpan.FromMinutes(2), Reply: TimeSpan.FromMinutes(2), ContentReply: TimeSpan.FromMinutes(10),
        Total: TimeSpan.FromMinutes(13), Farewell: TimeSpan.FromSeconds(5), Idle: TimeSpan.FromSeconds(30));
}

/// <summary>
/// Hands mails to an SMTP server over connections that are kept for a while: as many as mails are under way at once
/// (<see cref="SendingPlaces"/>). A connection with any error is closed: the server's state is then anybody's guess.
/// </summary>
internal sealed class SmtpEmailSender : IEmailSender, IAsyncDisposable
{
    private const int MostMailsPerConnection = 100;
    private static readonly TimeSpan s_check = TimeSpan.FromSeconds(5);

    private readonly EmailOptions _options;
    private readonly EmailRenderer _renderer;
    private readonly TimeProvider _clock;
    private readonly SmtpTimeouts _timeouts;
    private readonly RemoteCertificateValidationCallback? _trust;
    private readonly ConcurrentStack<SmtpConnection> _idle = new();
    private readonly ITimer _sweep;
    private volatile bool _disposed;

    /// <summary>Connects to nothing yet.</summary>
    /// <param name="trust">Validates the server's certificate; null: by the system's trust store.</param>
    public SmtpEmailSender(
        EmailOptions options, EmailRenderer renderer, TimeProvider clock, SmtpTimeouts? timeouts = null,
        RemoteCertificateValidationCallback? trust = null)
    {
        _options = options;
        _renderer = renderer;
        _clock = clock;
        _timeouts = timeouts ?? SmtpTimeouts.Default;
        _trust = trust;
        _sweep = clock.CreateTimer(_ => _ = CloseIdleAsync(_timeouts.Idle), null, _timeouts.Idle, _timeouts.Idle);
    }

    /// <inheritdoc/>
    public async Task<SentMail> SendAsync(OutgoingEmail email, Func<bool> isStillMine, CancellationToken cancellation)
    {
        using var rendered = _renderer.Render(email);
        using var span = SmtpTelemetry.Start(_options);
        using var connecting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        connecting.CancelAfter(_timeouts.Connect);
        try
        {
            await HandOverAsync(rendered, isStillMine, connecting, cancellation);
            return rendered.Sent;
        }
        catch (Exception e)
        {
            SmtpTelemetry.Failed(span, e);
            throw;
        }
    }

    private async Task HandOverAsync(
        RenderedEmail email, Func<bool> isStillMine, CancellationTokenSource connecting, CancellationToken cancellation)
    {
        var connection = await TakeAsync(email.NeedsSmtpUtf8, connecting.Token, cancellation);
        try
        {
            connection.IsStillMine = isStillMine;
            await SendAsync(connection, email, cancellation);
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        await KeepAsync(connection);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        await _sweep.DisposeAsync();
        await CloseIdleAsync(TimeSpan.Zero);
    }

    private async Task SendAsync(SmtpConnection connection, RenderedEmail email, CancellationToken cancellation)
    {
        var (from, to) = (new MailboxAddress("", email.Bounces.Wire), new MailboxAddress("", email.To.Wire));
        var format = FormatOptions.Default.Clone();
        if (email.NeedsSmtpUtf8)
        {
            if (!connection.OffersUtf8)
            {
                throw email.From.NeedsSmtpUtf8
                    ? new EmailDelayedException(
                        EmailDelay.Server,
                        "Messaging:Smtp:From has letters beyond ASCII before the @, which the SMTP server does "
                            + "not support (SMTPUTF8)."
                    )
                    : new EmailRefusedException(
                        "The recipient's address has letters beyond ASCII before the @, which the SMTP server "
                            + "does not support (SMTPUTF8)."
                    );
            }

            format.International = true;
        }
        else
        {
            // Otherwise the library writes domains in Unicode, and demands an extension of every server behind this one
            // that the mail does not need.
            connection.Capabilities &= ~SmtpCapabilities.UTF8;
        }

        cancellation.ThrowIfCancellationRequested();
        using var limit = new CancellationTokenSource(_timeouts.Total);
        using var stop = cancellation.UnsafeRegister(_ => limit.CancelAfter(_timeouts.Farewell), null);
        connection.Step = SmtpProgress.None;
        try
        {
            connection.SetTimeout(_timeouts.Reply);
            await connection.SendAsync(format, email.Message, from, [to], limit.Token, connection);
        }
        catch (SmtpCommandException e)
        {
            var reply = Reply(e, email.To);
            throw IsFinal(e.StatusCode)
                ? new EmailRefusedException(reply)
                : new EmailDelayedException(IsOfServer(e) ? EmailDelay.Server : EmailDelay.Recipient, reply);
        }
        catch (Exception e) when (e is not EmailDelayedException && connection.Step == SmtpProgress.Content)
        {
            throw new EmailOutcomeUnknownException(
                "The SMTP server had the mail and did not answer: perhaps it was sent.", e)
            {
                Mail = email.Sent,
            };
        }
        catch (Exception e) when (e is not EmailDelayedException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw Delayed(
                connection.Step == SmtpProgress.None ? EmailDelay.Server : EmailDelay.Recipient,
                "The conversation with the SMTP server broke off", e);
        }
    }

    /// <summary>
    /// True when a reply that does not refuse this mail for good is about the server, or our own configuration, rather
    /// than about the recipient.
    /// </summary>
    private static bool IsOfServer(SmtpCommandException e) =>
        (int)e.StatusCode is 421 or >= 500 || e.ErrorCode == SmtpErrorCode.SenderNotAccepted;

    /// <summary>
    /// True when a reply rejects this mail for good. Replies that ask for authentication or encryption concern our
    /// configuration; so does 503, a wrong order of commands, with some servers. Once it is put right, the mail goes
    /// out.
    /// </summary>
    private static bool IsFinal(SmtpStatusCode code) => (int)code is >= 500 and not (503 or 530 or 534 or 535 or 538);

    private async Task<SmtpConnection> TakeAsync(
        bool needsUtf8, CancellationToken limit, CancellationToken cancellation)
    {
        while (_idle.TryPop(out var idle))
        {
            // A capability that was turned off on a connection stays off.
            var fits = !needsUtf8 || !idle.OffersUtf8 || idle.Capabilities.HasFlag(SmtpCapabilities.UTF8);
            if (fits && await IsAliveAsync(idle, limit)) return idle;
            idle.Dispose();
        }

        var connection = new SmtpConnection(_timeouts.ContentReply);
        try
        {
            await ConnectAsync(connection, limit, cancellation);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private async Task<bool> IsAliveAsync(SmtpConnection connection, CancellationToken limit)
    {
        if (_clock.GetElapsedTime(connection.LastUsed) > _timeouts.Idle) return false;
        using var check = CancellationTokenSource.CreateLinkedTokenSource(limit);
        check.CancelAfter(s_check);
        try
        {
            await connection.NoOpAsync(check.Token);
            return true;
        }
        catch (Exception)
        {
            // A new connection shows whether the problem matters, whatever it is.
            return false;
        }
    }

    private async Task ConnectAsync(SmtpConnection connection, CancellationToken limit, CancellationToken cancellation)
    {
        // Not by default: it asks the certificate's issuer over HTTP for each connection, and mail would stand still
        // while that is unreachable, as behind many a firewall. Mail servers among themselves do not ask either.
        connection.CheckCertificateRevocation = false;
        if (_trust is not null) connection.ServerCertificateValidationCallback = _trust;

        var doing = "connect";
        // A socket of our own for NoDelay alone: with it, a mail does not wait 40 ms for the acknowledgement of its own
        // first half.
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(_options.Host!, _options.Port, limit);
            connection.SetTimeout(_timeouts.Connect);
            await connection.ConnectAsync(
                socket, _options.Host!, _options.Port, _options.Security.SocketOptions(), limit);

            // "auto" takes any offer, and a man in the middle decides on that.
            if (!connection.IsSecure && _options.Security == SmtpSecurity.Auto && !_options.HostIsThisMachine)
            {
                throw new EmailDelayedException(
                    EmailDelay.Server,
                    "The SMTP server offers no encryption (STARTTLS), so no mail was given to it. Set "
                        + "Messaging:Smtp:Security to none to allow it, in a network that you trust."
                );
            }

            connection.OffersUtf8 = connection.Capabilities.HasFlag(SmtpCapabilities.UTF8);
            if (_options.User is null) return;
            doing = "authenticate";
            if (!connection.IsSecure && _options.Security != SmtpSecurity.None)
                throw new EmailDelayedException(
                    EmailDelay.Server,
                    "The SMTP server offers no encryption, so the password was not sent. Set "
                        + "Messaging:Smtp:Security to none to allow it."
                );
            await connection.AuthenticateAsync(_options.User, _options.Password!, limit);
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is EmailDelayedException) throw;
            cancellation.ThrowIfCancellationRequested();
            throw Delayed(EmailDelay.Server, $"Could not {doing} to the SMTP server", e);
        }
    }

    private async Task KeepAsync(SmtpConnection connection)
    {
        connection.LastUsed = _clock.GetTimestamp();
        if (++connection.Mails < MostMailsPerConnection && connection.IsConnected && !_disposed)
        {
            _idle.Push(connection);
            // Disposed in between: nobody else would close it.
            if (_disposed) await CloseIdleAsync(TimeSpan.Zero);
        }
        else
        {
            await CloseAsync(connection);
        }
    }

    private async Task CloseIdleAsync(TimeSpan unusedFor)
    {
        var all = new SmtpConnection[_idle.Count + _options.Connections];
        var count = _idle.TryPopRange(all);
        foreach (var connection in all.Take(count))
        {
            if (_clock.GetElapsedTime(connection.LastUsed) >= unusedFor) await CloseAsync(connection);
            else _idle.Push(connection);
        }
    }

    private static async Task CloseAsync(SmtpConnection connection)
    {
        using (connection)
        using (var limit = new CancellationTokenSource(s_check))
        {
            try
            {
                await connection.DisconnectAsync(quit: true, limit.Token);
            }
            catch (Exception)
            {
                // The mails on it were taken; its end matters to nobody.
            }
        }
    }

    private static EmailDelayedException Delayed(EmailDelay by, string what, Exception e) => new(
        by,
        e switch
        {
            SmtpCommandException command => $"{what}: {Reply(command, null)}",
            _ => $"{what}: {MailServer.WhyNot(e)}",
        },
        e is SmtpCommandException or OperationCanceledException or TimeoutException ? null : e);

    /// <summary>
    /// The server's reply in the form that we keep: servers like to repeat the address, which must not be kept or
    /// logged.
    /// </summary>
    private static string Reply(SmtpCommandException e, EmailAddress? to)
    {
        var text = PlainText.OneLine(e.Message, 1_000);
        if (to is not null)
        {
            foreach (var address in (string[])[to.Wire, to.Shown])
                text = text.Replace($"<{address}>", "<…>", StringComparison.OrdinalIgnoreCase)
                    .Replace(address, "…", StringComparison.OrdinalIgnoreCase);
        }
        return string.Create(CultureInfo.InvariantCulture, $"{(int)e.StatusCode} {PlainText.Cut(text, 300, out _)}");
    }

    /// <summary>How far a mail has come in its conversation.</summary>
    private enum SmtpProgress
    {
        /// <summary>Nothing of it was accepted.</summary>
        None,

        /// <summary>Its sender was: the next word is about its recipient.</summary>
        Sender,

        /// <summary>The server gets the content, or has it.</summary>
        Content,
    }

    /// <summary>A connection and the pool's knowledge of it.</summary>
    private sealed class SmtpConnection(TimeSpan contentReply) : SmtpClient, ITransferProgress
    {
        /// <summary>How far the mail has come.</summary>
        public SmtpProgress Step { get; set; }

        public int Mails { get; set; }

        public long LastUsed { get; set; }

        /// <summary>True when the server takes addresses beyond ASCII.</summary>
        public bool OffersUtf8 { get; set; }

        /// <summary>Tells if the mail that the connection is used for may still be sent.</summary>
        public Func<bool> IsStillMine { get; set; } = () => true;

        public void SetTimeout(TimeSpan timeout) => Timeout = (int)timeout.TotalMilliseconds;

        /// <summary>The content is on its way: what comes in the way from now on leaves the outcome open.</summary>
        void ITransferProgress.Report(long bytesTransferred, long totalSize) => Step = SmtpProgress.Content;

        /// <inheritdoc/>
        void ITransferProgress.Report(long bytesTransferred) => Step = SmtpProgress.Content;

        /// <inheritdoc/>
        protected override void OnSenderAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response) =>
            Step = SmtpProgress.Sender;

        /// <summary>From the recipient's acceptance on, the server may take longer: next it gets the content.</summary>
        protected override void OnRecipientAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response)
        {
            if (!IsStillMine()) throw EmailDelayedException.TakenOnElsewhere();
            SetTimeout(contentReply);
        }
    }
}
