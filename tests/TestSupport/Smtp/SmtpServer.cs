using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Messaging.TestSupport.Smtp;

/// <summary>
/// A real SMTP server on loopback whose behaviour a test scripts step by step. It keeps what it takes and notes what
/// clients do wrong.
/// </summary>
/// <remarks>
/// Our own, because the packages that exist can neither fall silent nor drop a connection between the content and its
/// 250.
/// </remarks>
public sealed class SmtpServer : IAsyncDisposable
{
    private const int LongestTranscript = 50_000;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<SmtpStep, Queue<SmtpReaction>> _once = [];
    private readonly Dictionary<SmtpStep, SmtpReaction> _always = [];
    private readonly Dictionary<string, SmtpReaction> _alwaysTo = [];
    private readonly Dictionary<int, (Socket Socket, Task Task)> _sessions = [];
    private readonly List<ReceivedMail> _received = [];
    private readonly List<string> _commands = [];
    private readonly List<string> _violations = [];
    private readonly Lazy<X509Certificate2> _certificate = new(CreateCertificate);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;
    private int _sessionCount;

    private SmtpServer(SmtpServerOptions options) => Options = options;

    /// <summary>Starts a server on a free port of loopback.</summary>
    public static SmtpServer Start(SmtpServerOptions? options = null)
    {
        var server = new SmtpServer(options ?? new SmtpServerOptions());
        server.Listen(0);
        return server;
    }

    public SmtpServerOptions Options { get; }

    public string Host { get; } = "127.0.0.1";

    public int Port { get; private set; }

    /// <summary>Self-signed, for <c>localhost</c> and 127.0.0.1, made at run time.</summary>
    public X509Certificate2 Certificate => _certificate.Value;

    /// <summary>The mails taken so far, in order of arrival; also those whose 250 was withheld.</summary>
    public IReadOnlyList<ReceivedMail> Received
    {
        get { lock (_gate) return [.. _received]; }
    }

    /// <summary>What clients said, as <c>session: command</c>; credentials and content left out.</summary>
    public IReadOnlyList<string> Commands
    {
        get { lock (_gate) return [.. _commands]; }
    }

    /// <summary>
    /// What clients did against RFC 5321: bare line ends, lines too long, 8-bit content unasked, commands out of order.
    /// </summary>
    public IReadOnlyList<string> Violations
    {
        get { lock (_gate) return [.. _violations]; }
    }

    /// <summary>How many connections were accepted.</summary>
    public int SessionCount => Volatile.Read(ref _sessionCount);

    /// <summary>How many connections are open.</summary>
    public int OpenSessions
    {
        get { lock (_gate) return _sessions.Count; }
    }

    /// <summary>
    /// Scripts the next times a step is reached, one reaction each; what was scripted before comes first.
    /// </summary>
    public SmtpServer Once(SmtpStep step, params SmtpReaction[] reactions)
    {
        lock (_gate)
        {
            if (!_once.TryGetValue(step, out var queue)) _once[step] = queue = new Queue<SmtpReaction>();
            foreach (var reaction in reactions) queue.Enqueue(reaction);
        }
        return this;
    }

    /// <summary>Scripts a step until told otherwise.</summary>
    public SmtpServer Always(SmtpStep step, SmtpReaction reaction)
    {
        lock (_gate) _always[step] = reaction;
        return this;
    }

    /// <summary>Scripts the answer to the content of every mail to a recipient until told otherwise.</summary>
    public SmtpServer AlwaysTo(string recipient, SmtpReaction reaction)
    {
        lock (_gate) _alwaysTo[recipient] = reaction;
        return this;
    }

    /// <summary>Forgets the script.</summary>
    public SmtpServer BehaveAgain()
    {
        lock (_gate)
        {
            _once.Clear();
            _always.Clear();
            _alwaysTo.Clear();
        }
        return this;
    }

    /// <summary>Closes the port, so that connections are refused; open sessions go on.</summary>
    public async Task StopListeningAsync()
    {
        Interlocked.Exchange(ref _listener, null)?.Stop();
        await _accepting;
    }

    /// <summary>Opens the same port again.</summary>
    public void ListenAgain() => Listen(Port);

    /// <summary>Cuts all open connections.</summary>
    public void DropConnections()
    {
        lock (_gate)
        {
            foreach (var (socket, _) in _sessions.Values) socket.Dispose();
        }
    }

    /// <summary>Waits until the mails taken satisfy a condition.</summary>
    /// <exception cref="TimeoutException">They did not in time; the message says what was there.</exception>
    public async Task<IReadOnlyList<ReceivedMail>> WaitForAsync(
        Func<IReadOnlyList<ReceivedMail>, bool> condition, TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        while (true)
        {
            Task changed;
            IReadOnlyList<ReceivedMail> mails;
            lock (_gate)
            {
                changed = _changed.Task;
                mails = [.. _received];
            }
            if (condition(mails)) return mails;
            try
            {
                await changed.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException(
                    $"The condition was not met within {timeout}. Mails received: {mails.Count}"
                        + string.Concat(
                            mails.Select(mail => $"\n- to {string.Join(", ", mail.Recipients)}: {mail.Message.Subject}")
                        )
                        + $"\nLast commands:\n{string.Join('\n', Commands.TakeLast(20))}"
                );
            }
        }
    }

    /// <summary>
    /// Waits for the first mail that satisfies a condition, whenever it came; a minute unless told otherwise, since
    /// beside other tests a product that has just started plans its first one late.
    /// </summary>
    public async Task<ReceivedMail> WaitForMailAsync(Func<ReceivedMail, bool> condition, TimeSpan? timeout = null) =>
        (await WaitForAsync(mails => mails.Any(condition), timeout ?? TimeSpan.FromMinutes(1))).First(condition);

    /// <summary>Waits until at least so many mails were taken.</summary>
    public Task<IReadOnlyList<ReceivedMail>> WaitForCountAsync(int count, TimeSpan? timeout = null) =>
        WaitForAsync(mails => mails.Count >= count, timeout ?? TimeSpan.FromSeconds(30));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await StopListeningAsync();
        Task[] sessions;
        lock (_gate) sessions = [.. _sessions.Values.Select(session => session.Task)];
        DropConnections();
        await Task.WhenAll(sessions).WaitAsync(TimeSpan.FromSeconds(10));
        if (_certificate.IsValueCreated) _certificate.Value.Dispose();
        _stopping.Dispose();
    }

    internal SmtpReaction NextReaction(SmtpStep step)
    {
        lock (_gate)
        {
            if (_once.TryGetValue(step, out var queue) && queue.TryDequeue(out var reaction)) return reaction;
            return _always.GetValueOrDefault(step, SmtpReaction.Proceed);
        }
    }

    internal SmtpReaction NextReaction(ReceivedMail mail)
    {
        lock (_gate)
        {
            foreach (var recipient in mail.Recipients)
            {
                if (_alwaysTo.TryGetValue(recipient, out var reaction)) return reaction;
            }
        }

        return NextReaction(SmtpStep.Content);
    }

    internal bool Keep(ReceivedMail mail)
    {
        lock (_gate)
        {
            if (_received.Count >= Options.MaxMessages) return false;
            _received.Add(mail);
            Signal();
        }
        return true;
    }

    internal void Acknowledge(ReceivedMail mail, bool acknowledged)
    {
        lock (_gate)
        {
            mail.Acknowledged = acknowledged;
            Signal();
        }
    }

    internal void Note(int session, string command)
    {
        lock (_gate)
        {
            if (_commands.Count < LongestTranscript) _commands.Add($"{session}: {command}");
        }
    }

    internal void Violation(int session, string what)
    {
        lock (_gate)
        {
            if (_violations.Count < LongestTranscript) _violations.Add($"{session}: {what}");
        }
    }

    private void Signal()
    {
        _changed.SetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private void Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        _listener = listener;
        _accepting = AcceptAsync(listener);
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptSocketAsync(_stopping.Token);
                socket.NoDelay = true;
            }
            catch (Exception e)
                when (e
                        is OperationCanceledException
                            or ObjectDisposedException
                            or SocketException
                            or InvalidOperationException
                )
            {
                return;
            }
            var number = Interlocked.Increment(ref _sessionCount);
            lock (_gate)
            {
                // The task removes itself under the same lock, so it cannot be gone before it is entered.
                _sessions[number] = (socket, Task.Run(() => ServeAsync(socket, number)));
            }
        }
    }

    private async Task ServeAsync(Socket socket, int number)
    {
        try
        {
            await using var session = new SmtpSession(this, socket, number);
            await session.RunAsync(tooMany: OpenSessions > Options.MaxSessions, _stopping.Token);
        }
        catch (Exception e)
            when (e
                    is IOException
                        or SocketException
                        or ObjectDisposedException
                        or OperationCanceledException
                        or InvalidOperationException
                        or FormatException
                        or System.Security.Authentication.AuthenticationException
            )
        {
            Note(number, $"({e.GetType().Name})");
        }
        finally
        {
            socket.Dispose();
            lock (_gate) _sessions.Remove(number);
        }
    }

    /// <summary>Makes a certificate of this machine's name that nobody vouches for.</summary>
    public static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(7));
    }
}
