using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using Messaging.Application.Accounts;
using Messaging.Domain;

namespace Messaging.Api.Security;

/// <summary>
/// Tells the operator's monitoring of events at the product's doors (OWASP ASVS 16.3): one line of the log's category
/// <see cref="Category"/> for each <see cref="SecurityEvent"/>, and a count of them as a metric. It names people by
/// their ids, accounts that may not exist by a keyed hash of their address, and origins by their network: never a name,
/// an address, a password or a token.
/// </summary>
/// <remarks>
/// Events that are repeated within <see cref="Period"/> are counted and told at its end, in one line. Each kind has
/// <see cref="MostLines"/> lines, and as many at the end, whatever an attacker does. The metric has all of them.
/// </remarks>
public sealed class SecurityLog : BackgroundService
{
    /// <summary>The category of the log, and the name of the meter.</summary>
    public const string Category = "Messaging.Security";

    /// <summary>
    /// Lines of one kind of event in a <see cref="Period"/>, of different people, accounts or networks.
    /// </summary>
    public const int MostLines = 20;

    private const string Nothing = "-";
    private const int AccountBytes = 8;

    /// <summary>Period in which repeated events are gathered.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private static readonly Meter s_meter = new(Category);

    private static readonly Counter<long> s_events = s_meter.CreateCounter<long>(
        "messaging.security.events", "{event}",
        "Sign-ins, refusals and what else concerns the doors of the product, by kind.");

    private readonly byte[] _key;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly Dictionary<Line, int> _repeated = [];
    private readonly Dictionary<SecurityEvent, (int Lines, int Left)> _kinds = [];

    /// <summary>Hashes accounts' addresses with a key, so that they can be compared and not guessed.</summary>
    /// <param name="key">At least 32 bytes; the same for all nodes, so that an account has one name in all
    /// logs.</param>
    public SecurityLog(byte[] key, ILoggerFactory loggers, TimeProvider clock) =>
        (_key, _logger, _clock) = (key, loggers.CreateLogger(Category), clock);

    /// <summary>Tells of something.</summary>
    /// <param name="what">The event.</param>
    /// <param name="from">Network that it came from.</param>
    /// <param name="who">The caller concerned, where known.</param>
    /// <param name="account">Address that was typed as the account's; only its hash is told.</param>
    /// <param name="detail">A word of ours, such as the name of a field of the schema: never what a stranger
    /// wrote.</param>
    public void Record(
        SecurityEvent what, Network from, Caller? who = null, string? account = null, string? detail = null)
    {
        s_events.Add(1, new KeyValuePair<string, object?>("event", what.ToString()));
        if (!_logger.IsEnabled(LevelOf(what)))
            return;
        var line = new Line(
            what, from.Shown, who?.TenantId, who?.Actor.Id, account is null ? null : NameOf(account), detail);
        lock (_lock)
        {
            if (_repeated.TryGetValue(line, out var times))
            {
                _repeated[line] = times + 1;
                return;
            }

            var (lines, left) = _kinds.GetValueOrDefault(what);
            _kinds[what] = lines < MostLines ? (lines + 1, left) : (lines, left + 1);
            if (lines >= MostLines) return;
            _repeated.Add(line, 0);
        }

        Write(line, 1);
    }

    /// <summary>Returns an account's name in the log: the beginning of a keyed hash of its address.</summary>
    public string NameOf(string address) =>
        Convert.ToHexStringLower(
            HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(EmailKey.Of(address))).AsSpan(0, AccountBytes));

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);

        // Not where the timer ends: whoever stops early may be faster than it starts.
        Sum();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, _clock);
        while (await timer.WaitForNextTickAsync(stoppingToken)) Sum();
    }

    // Tells the gathered events, and begins the next period.
    private void Sum()
    {
        List<(Line Line, int Times)> repeated;
        List<(SecurityEvent What, int Times)> left;
        lock (_lock)
        {
            repeated = [.. _repeated.Where(entry => entry.Value > 0).Select(entry => (entry.Key, entry.Value))];
            left = [.. _kinds.Where(entry => entry.Value.Left > 0).Select(entry => (entry.Key, entry.Value.Left))];
            _repeated.Clear();
            _kinds.Clear();
        }

        foreach (var (line, times) in repeated)
            Write(line, times);
        foreach (var (what, times) in left)
            Write(new Line(what, null, null, null, null, "others, not told one by one"), times);
    }

    private void Write(Line line, int times) =>
        _logger.Log(
            LevelOf(line.What),
            new EventId((int)line.What, line.What.ToString()),
            "{SecurityEvent} from {Network}: person {Person} of {Organisation}, account {Account}, {Detail}, "
                + "times {Times}",
            line.What,
            line.Network ?? Nothing,
            line.Person?.ToString() ?? Nothing,
            line.Organisation ?? Nothing,
            line.Account ?? Nothing,
            line.Detail ?? Nothing,
            times
        );

    private static LogLevel LevelOf(SecurityEvent what) =>
        what switch
        {
            SecurityEvent.SignedIn
            or SecurityEvent.InvitationAccepted
            or SecurityEvent.PasswordChanged
            or SecurityEvent.PasswordReset
            or SecurityEvent.PasswordResetRequested
            or SecurityEvent.EmailChangeAsked
            or SecurityEvent.EmailChanged
            or SecurityEvent.NewDevice
            or SecurityEvent.SecondFactorChanged
            or SecurityEvent.SecondFactorReset
            or SecurityEvent.SecondFactorRequired
            or SecurityEvent.SessionEnded
            or SecurityEvent.IssuerLinked
            or SecurityEvent.ApiTokenCreated
            or SecurityEvent.ApiTokenEnded
            or SecurityEvent.ServiceAccountCreated
            or SecurityEvent.ServiceAccountEnded => LogLevel.Information,
            _ => LogLevel.Warning,
        };

    private readonly record struct Line(
        SecurityEvent What, string? Network, string? Organisation, Guid? Person, string? Account, string? Detail);
}
