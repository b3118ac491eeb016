using System.Collections.Concurrent;
using System.Net.Security;
using Messaging.Api.Email;
using Messaging.Api.Email.Inbound;
using Messaging.Application.Notifications.Inbound;
using Messaging.Domain;
using Messaging.TestSupport;
using Messaging.TestSupport.Smtp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;
using static Messaging.Api.Tests.Email.InboundShapes;

namespace Messaging.Api.Tests.Email;

/// <summary>What servers of a mailbox may do, and several nodes that read it: no answer is lost, and none counts twice.
/// </summary>
public sealed class InboundServerTests : IAsyncLifetime
{
    private InboundOffice _office = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _office = await InboundOffice.StartAsync(old: 5);

    public async ValueTask DisposeAsync()
    {
        if (_office is not null) await _office.DisposeAsync();
    }

    [Fact]
    public async Task It_goes_on_after_the_server_was_away_on_another_node_and_where_mails_have_other_numbers()
    {
        var (conversation, mail) = await _office.BeginAsync("Ausfall");
        var reply = ReplyTo(mail);
        await _office.Mailbox.StartAgainAsync();
        await _office.Mailbox.AppendAsync(Mail(Dieter, reply, "r1", "Nach dem Ausfall."));
        await _office.LastCommentAsync(conversation, "Nach dem Ausfall.");

        // Two nodes: one reads, and the other goes on where that one ends.
        await using (await _office.Product.StartNodeAsync(InboundOffice.SettingsOf(_office.Mailbox)))
        {
            for (var i = 1; i <= 3; i++)
                await _office.Mailbox.AppendAsync(Mail(Dieter, reply, $"two{i}", $"Zu zweit {i}."));
            await _office.LastCommentAsync(conversation, "Zu zweit 3.");
            await _office.Product.StopAsync();
            await _office.Mailbox.AppendAsync(Mail(Dieter, reply, "r2", "Während der eine stand."));
            await _office.UntilAsync("select count(*) = 5 from messaging.inbound_mails where outcome = 'Comment'");
        }

        await _office.Mailbox.AppendAsync(Mail(Dieter, reply, "r3", "Während beide standen."));
        await _office.Product.StartAgainAsync();
        await _office.LastCommentAsync(conversation, "Während beide standen.");

        // A node that was killed between a comment and its note of it reads the mail again.
        await _office.ScalarAsync(
            "with a as (delete from messaging.inbound_mails) update messaging.inbound_mailboxes set next_uid = 1 "
                + "returning 1");
        await _office.Mailbox.AppendAsync(Mail(Dieter, reply, "r4", "Nach dem Ende."));
        await _office.LastCommentAsync(conversation, "Nach dem Ende.");

        // The server numbers its mails anew, and one came meanwhile.
        var numbers = await _office.ScalarAsync("select uid_validity from messaging.inbound_mailboxes");
        await _office.Mailbox.StartAgainAsync(async () =>
        {
            _office.Mailbox.Forget();
            await _office.Mailbox.DeliverAsync(Mail(Dieter, reply, "r5", "Mit anderen Nummern."));
        });
        await _office.LastCommentAsync(conversation, "Mit anderen Nummern.");
        (await _office.ScalarAsync("select uid_validity from messaging.inbound_mailboxes")).ShouldNotBe(numbers);
        await _office.Mailbox.AppendAsync(Mail(Dieter, reply, "r6", "Zuletzt."));
        await _office.LastCommentAsync(conversation, "Zuletzt.");
        (await _office.BodiesAsync(conversation)).ShouldBe(
            [
                "Bitte schicken Sie die Belege.", "Nach dem Ausfall.", "Zu zweit 1.", "Zu zweit 2.", "Zu zweit 3.",
                "Während der eine stand.", "Während beide standen.", "Nach dem Ende.", "Mit anderen Nummern.",
                "Zuletzt.",
            ]);
    }

    [Fact]
    public async Task A_password_goes_to_no_server_that_is_not_the_right_one_or_that_does_not_encrypt()
    {
        var (conversation, mail) = await _office.BeginAsync("Verschlüsselt");

        // Not even on this machine.
        await RefusedAsync(_office.Mailbox, "offen", SmtpSecurity.Auto, "the password was not sent");
        await RefusedAsync(_office.Mailbox, "starttls", SmtpSecurity.StartTls, "does not offer what is configured");

        // A certificate that nobody vouches for, and the same where this machine trusts it.
        using var certificate = SmtpServer.CreateCertificate();
        await using var encrypted = await ImapServer.StartAsync(certificate: certificate);
        await RefusedAsync(encrypted, "fremd", SmtpSecurity.Tls, "certificate is not trusted");
        var thumbprint = certificate.GetCertHashString();
        await using var reading = await ReadAsync(
            encrypted, "vertraut", SmtpSecurity.Tls, new Lines(), (_, shown, _, _) =>
                shown?.GetCertHashString() == thumbprint);
        await _office.LookedAsync("vertraut");
        await encrypted.DeliverAsync(Mail(Dieter, ReplyTo(mail), "t1", "Über TLS."));
        await _office.LastCommentAsync(conversation, "Über TLS.");
    }

    [Fact]
    public async Task Where_a_server_tells_nothing_by_itself_it_is_asked()
    {
        var (conversation, mail) = await _office.BeginAsync("Ohne IDLE");
        await using var silent = await ImapServer.StartAsync(idle: false);
        await using var reading = await ReadAsync(silent, "still", SmtpSecurity.None, new Lines());
        await _office.LookedAsync("still");
        await silent.AppendAsync(Mail(Dieter, ReplyTo(mail), "i1", "Gefragt."));
        await _office.LastCommentAsync(conversation, "Gefragt.");
    }

    private async Task RefusedAsync(ImapServer server, string user, SmtpSecurity security, string why)
    {
        var said = new Lines();
        await using (await ReadAsync(server, user, security, said))
            await Waiting.UntilAsync(() => said.All.Any(line => line.Contains(why, StringComparison.Ordinal)));
        said.All.ShouldAllBe(line => !line.Contains(ImapServer.Password, StringComparison.Ordinal));
        (await _office.ScalarAsync(
            $"select count(*) from messaging.inbound_mailboxes where mailbox like '{user}@%' and next_uid is not null"))
            .ShouldBe(0L);
    }

    // Reads one more mailbox than the product does.
    private async Task<Reading> ReadAsync(
        ImapServer server, string user, SmtpSecurity security, Lines said,
        RemoteCertificateValidationCallback? trust = null)
    {
        var options = new InboundOptions
        {
            Host = "127.0.0.1",
            Port = server.Port,
            User = user,
            Password = ImapServer.Password,
            Security = security,
            Address = EmailAddress.Of("antwort@kanzlei.example"),
            MaximumBytes = 1_000_000,
        };
        var services = _office.Product.Services;
        var mailbox = new InboundMailbox(
            options, services.GetRequiredService<InboundMails>(), services.GetRequiredService<InboundReader>(), said,
            trust);
        await mailbox.StartAsync(Cancellation);
        return new Reading(mailbox);
    }

    private sealed class Reading(InboundMailbox mailbox) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await mailbox.StopAsync(CancellationToken.None);
            mailbox.Dispose();
        }
    }

    private sealed class Lines : ILogger<InboundMailbox>
    {
        private readonly ConcurrentQueue<string> _lines = [];

        public IReadOnlyList<string> All => [.. _lines];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));
    }
}
