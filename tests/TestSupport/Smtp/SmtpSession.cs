using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using MimeKit;

namespace Messaging.TestSupport.Smtp;

/// <summary>One connection to the test server, from greeting to QUIT.</summary>
internal sealed class SmtpSession(SmtpServer server, Socket socket, int number) : IAsyncDisposable
{
    private const int LongestCommand = 2048;
    private const int LongestContentLine = 998;

    private readonly SmtpServerOptions _options = server.Options;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private Stream _stream = new NetworkStream(socket, ownsSocket: true);
    private int _start;
    private int _end;

    private bool _secure;
    private bool _greeted;
    private string? _user;
    private string? _from;
    private bool _eightBit;
    private bool _utf8;
    private readonly List<string> _recipients = [];

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    public async Task RunAsync(bool tooMany, CancellationToken stopping)
    {
        if (_options.ImplicitTls) await SecureAsync(stopping);
        if (tooMany)
        {
            await WriteAsync("421 4.7.0 too many connections\r\n", TimeSpan.Zero, stopping);
            return;
        }
        if (!await AnswerAsync(SmtpStep.Connect, "220 localhost ESMTP test", stopping)) return;

        while (await ReadLineAsync(LongestCommand, stopping) is { } bytes)
        {
            // Whether anything beyond ASCII is allowed depends on SMTPUTF8: the commands that take an address check it.
            var line = Encoding.UTF8.GetString(bytes);
            if (!await HandleAsync(line, stopping)) return;
        }
    }

    private async Task<bool> HandleAsync(string line, CancellationToken stopping)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var verb = (space < 0 ? line : line[..space]).ToUpperInvariant();
        var argument = space < 0 ? "" : line[(space + 1)..].Trim();
        server.Note(number, verb == "AUTH" ? $"AUTH {argument.Split(' ')[0]}" : line);

        switch (verb)
        {
            case "EHLO" or "HELO":
                return await AnswerAsync(
                    SmtpStep.Ehlo,
                    verb == "HELO" ? "250 localhost" : Capabilities(),
                    stopping,
                    () =>
                    {
                        _greeted = true;
                        ResetTransaction();
                    }
                );
            case "STARTTLS":
                return await StartTlsAsync(stopping);
            case "AUTH":
                return await AuthenticateAsync(argument, stopping);
            case "MAIL":
                return await MailAsync(argument, stopping);
            case "RCPT":
                return await RecipientAsync(argument, stopping);
            case "DATA":
                return await DataAsync(stopping);
            case "RSET":
                return await AnswerAsync(SmtpStep.Rset, "250 2.0.0 reset", stopping, ResetTransaction);
            case "NOOP":
                return await AnswerAsync(SmtpStep.Noop, "250 2.0.0 still here", stopping);
            case "QUIT":
                await AnswerAsync(SmtpStep.Quit, "221 2.0.0 bye", stopping);
                return false;
            default:
                server.Violation(number, $"unknown command {verb}");
                return await RefuseAsync("502 5.5.1 unknown command", stopping);
        }
    }

    private string Capabilities()
    {
        List<string> lines = ["localhost", $"SIZE {_options.MaxMessageBytes}", "ENHANCEDSTATUSCODES"];
        if (_options.Pipelining) lines.Add("PIPELINING");
        if (_options.EightBitMime) lines.Add("8BITMIME");
        if (_options.SmtpUtf8) lines.Add("SMTPUTF8");
        if (_options.StartTls && !_secure) lines.Add("STARTTLS");
        if (_options.Credentials is not null) lines.Add($"AUTH {string.Join(' ', _options.AuthMechanisms)}");
        return Format(250, lines);
    }

    private async Task<bool> StartTlsAsync(CancellationToken stopping)
    {
        if (!_options.StartTls || _secure) return await RefuseAsync("502 5.5.1 no STARTTLS here", stopping);
        if (_start != _end) server.Violation(number, "bytes pipelined after STARTTLS");
        _start = _end = 0;

        var reaction = server.NextReaction(SmtpStep.StartTls);
        if (reaction.NoTls)
        {
            await WriteAsync("220 2.0.0 go ahead\r\nthis is no TLS at all\r\n", TimeSpan.Zero, stopping);
            await UntilClientLeavesAsync(stopping);
            return false;
        }
        var proceeds = false;
        if (!await ReactAsync(reaction, "220 2.0.0 go ahead", stopping, () => proceeds = true)) return false;
        if (!proceeds) return true;

        await SecureAsync(stopping);
        _greeted = false;
        _user = null;
        ResetTransaction();
        return true;
    }

    private async Task SecureAsync(CancellationToken stopping)
    {
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = tls;
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificate = server.Certificate }, stopping);
        _secure = true;
    }

    private async Task<bool> AuthenticateAsync(string argument, CancellationToken stopping)
    {
        if (_options.Credentials is not { } expected) return await RefuseAsync("502 5.5.1 no AUTH here", stopping);
        if (!_greeted || _user is not null) return await RefuseAsync("503 5.5.1 not now", stopping);

        var words = argument.Split(' ', 2);
        var mechanism = words[0].ToUpperInvariant();
        if (!_options.AuthMechanisms.Contains(mechanism))
            return await RefuseAsync("504 5.5.4 unknown mechanism", stopping);

        string user, password;
        if (mechanism == "PLAIN")
        {
            var response = words.Length > 1 ? words[1] : await AskAsync("", stopping);
            var parts = Decode(response).Split('\0');
            if (parts.Length != 3) return await RefuseAsync("501 5.5.2 malformed", stopping);
            (user, password) = (parts[1], parts[2]);
        }
        else
        {
            user = Decode(words.Length > 1 ? words[1] : await AskAsync("VXNlcm5hbWU6", stopping));
            password = Decode(await AskAsync("UGFzc3dvcmQ6", stopping));
        }

        return (user, password) == expected
            ? await AnswerAsync(SmtpStep.Auth, "235 2.7.0 welcome", stopping, () => _user = user)
            : await RefuseAsync("535 5.7.8 wrong credentials", stopping);
    }

    private async Task<string> AskAsync(string challenge, CancellationToken stopping)
    {
        await WriteAsync($"334 {challenge}\r\n", TimeSpan.Zero, stopping);
        var line = await ReadLineAsync(LongestCommand, stopping)
            ?? throw new IOException("The client left during AUTH.");
        return Encoding.ASCII.GetString(line);
    }

    private static string Decode(string base64)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(base64));
        }
        catch (FormatException)
        {
            return "";
        }
    }

    private async Task<bool> MailAsync(string argument, CancellationToken stopping)
    {
        if (!_greeted || _from is not null)
        {
            server.Violation(number, "MAIL out of order");
            return await RefuseAsync("503 5.5.1 not now", stopping);
        }
        if (_options.Credentials is not null && _user is null)
            return await RefuseAsync("530 5.7.0 authentication required", stopping);
        if (!TryPath(argument, "FROM:", out var path, out var parameters))
            return await RefuseAsync("501 5.1.7 malformed sender", stopping);

        var eightBit = false;
        var utf8 = false;
        foreach (var parameter in parameters)
        {
            switch (parameter.ToUpperInvariant())
            {
                case "BODY=7BIT":
                    break;
                case "BODY=8BITMIME" when _options.EightBitMime:
                    eightBit = true;
                    break;
                case "SMTPUTF8" when _options.SmtpUtf8:
                    utf8 = true;
                    break;
                case var size when size.StartsWith("SIZE=", StringComparison.Ordinal):
                    if (int.TryParse(size.AsSpan(5), out var bytes) && bytes > _options.MaxMessageBytes)
                        return await RefuseAsync("552 5.3.4 too large", stopping);
                    break;
                default:
                    server.Violation(number, $"MAIL parameter {parameter}");
                    return await RefuseAsync("555 5.5.4 unknown parameter", stopping);
            }
        }
        if (!utf8 && !Ascii.IsValid(path))
        {
            server.Violation(number, "a sender beyond ASCII without SMTPUTF8");
            return await RefuseAsync("553 5.6.7 needs SMTPUTF8", stopping);
        }

        return await AnswerAsync(SmtpStep.MailFrom, "250 2.1.0 sender ok", stopping, () =>
        {
            _from = path;
            _eightBit = eightBit;
            _utf8 = utf8;
        });
    }

    private async Task<bool> RecipientAsync(string argument, CancellationToken stopping)
    {
        // No violation: after a refused MAIL, a client that pipelines has already sent it.
        if (_from is null)
            return await RefuseAsync("503 5.5.1 MAIL first", stopping);
        if (!TryPath(argument, "TO:", out var path, out _) || path.Length == 0)
            return await RefuseAsync("501 5.1.3 malformed recipient", stopping);
        if (!_utf8 && !Ascii.IsValid(path))
        {
            server.Violation(number, "a recipient beyond ASCII without SMTPUTF8");
            return await RefuseAsync("553 5.6.7 needs SMTPUTF8", stopping);
        }
        return await AnswerAsync(SmtpStep.RcptTo, "250 2.1.5 recipient ok", stopping, () => _recipients.Add(path));
    }

    private async Task<bool> DataAsync(CancellationToken stopping)
    {
        if (_from is null || _recipients.Count == 0)
            return await RefuseAsync("503 5.5.1 no valid recipients", stopping);

        var proceeds = false;
        if (!await AnswerAsync(SmtpStep.Data, "354 end with a dot", stopping, () => proceeds = true)) return false;
        if (!proceeds) return true;

        using var content = new MemoryStream();
        var tooLarge = false;
        while (true)
        {
            var line = await ReadLineAsync(_options.MaxMessageBytes, stopping)
                ?? throw new IOException("The client left during DATA.");
            if (line is [(byte)'.'])
                break;
            var text = line is [(byte)'.', .. var rest] ? rest : line;
            Inspect(text);
            tooLarge |= content.Length + text.Length > _options.MaxMessageBytes;
            if (tooLarge) continue;
            content.Write(text);
            content.Write("\r\n"u8);
        }
        if (tooLarge)
        {
            ResetTransaction();
            return await RefuseAsync("552 5.3.4 too large", stopping);
        }

        content.Position = 0;
        var message = await MimeMessage.LoadAsync(content, stopping);
        var mail = new ReceivedMail(
            _from, [.. _recipients], content.ToArray(), message, DateTimeOffset.UtcNow, number, _secure, _user);
        ResetTransaction();

        var reaction = server.NextReaction(mail);
        if ((reaction.Proceeds || reaction.Keep) && !server.Keep(mail))
            return await RefuseAsync("452 4.3.1 full", stopping);
        try
        {
            // Before the 250 leaves: a test that goes on once the client has it finds the mail acknowledged.
            return await ReactAsync(reaction, "250 2.0.0 taken", stopping, () => server.Acknowledge(mail, true));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            server.Acknowledge(mail, false);
            throw;
        }
    }

    private void Inspect(ReadOnlySpan<byte> line)
    {
        if (line.Length > LongestContentLine)
            server.Violation(number, $"a content line of {line.Length} bytes");
        if (line.Contains((byte)'\r') || line.Contains((byte)'\n'))
            server.Violation(number, "a bare line end in the content");
        if (!_eightBit && !_utf8 && line.ContainsAnyInRange((byte)0x80, (byte)0xFF))
            server.Violation(number, "8-bit content without 8BITMIME");
        if (line.Contains((byte)0))
            server.Violation(number, "a NUL in the content");
    }

    private void ResetTransaction()
    {
        _from = null;
        _recipients.Clear();
        _eightBit = _utf8 = false;
    }

    private static bool TryPath(string argument, string keyword, out string path, out string[] parameters)
    {
        (path, parameters) = ("", []);
        if (!argument.StartsWith(keyword, StringComparison.OrdinalIgnoreCase)) return false;
        var rest = argument[keyword.Length..].TrimStart();
        var close = rest.IndexOf('>', StringComparison.Ordinal);
        if (!rest.StartsWith('<') || close < 0) return false;
        path = rest[1..close];
        parameters = rest[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return true;
    }

    private Task<bool> AnswerAsync(SmtpStep step, string usual, CancellationToken stopping, Action? accept = null) =>
        ReactAsync(server.NextReaction(step), usual, stopping, accept);

    private async Task<bool> RefuseAsync(string reply, CancellationToken stopping)
    {
        await WriteAsync(reply + "\r\n", TimeSpan.Zero, stopping);
        return true;
    }

    /// <summary>Answers, or not; false when the session is over.</summary>
    private async Task<bool> ReactAsync(
        SmtpReaction reaction, string usual, CancellationToken stopping, Action? accept = null)
    {
        if (reaction.Delay > TimeSpan.Zero) await Task.Delay(reaction.Delay, stopping);
        if (reaction.Silent)
        {
            await UntilClientLeavesAsync(stopping);
            return false;
        }
        if (reaction.Code is { } code)
        {
            await WriteAsync(Format(code, reaction.Lines) + "\r\n", reaction.PerByte, stopping);
        }
        else if (reaction.Proceeds)
        {
            accept?.Invoke();
            await WriteAsync(usual + "\r\n", reaction.PerByte, stopping);
        }
        return !reaction.Close;
    }

    private async Task UntilClientLeavesAsync(CancellationToken stopping)
    {
        while (await _stream.ReadAsync(_buffer, stopping) > 0) { }
    }

    private static string Format(int code, IReadOnlyList<string> lines) =>
        string.Join("\r\n", lines.Select((line, i) => $"{code}{(i < lines.Count - 1 ? '-' : ' ')}{line}"));

    private async Task WriteAsync(string text, TimeSpan perByte, CancellationToken stopping)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (perByte == TimeSpan.Zero)
        {
            await _stream.WriteAsync(bytes, stopping);
            return;
        }
        for (var i = 0; i < bytes.Length; i++)
        {
            await _stream.WriteAsync(bytes.AsMemory(i, 1), stopping);
            await Task.Delay(perByte, stopping);
        }
    }

    /// <summary>
    /// Reads up to CR LF, which is left out; null when the client has left. A line feed alone is content, as RFC 5321
    /// has it.
    /// </summary>
    private async Task<byte[]?> ReadLineAsync(int longest, CancellationToken stopping)
    {
        var line = new ArrayBufferWriter<byte>();
        var carriageReturn = false;
        while (true)
        {
            while (_start < _end)
            {
                var b = _buffer[_start++];
                if (carriageReturn && b == '\n') return line.WrittenSpan[..^1].ToArray();
                carriageReturn = b == '\r';
                line.Write([b]);
                if (line.WrittenCount > longest) throw new IOException($"A line of more than {longest} bytes.");
            }
            using var idle = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            idle.CancelAfter(_options.IdleTimeout);
            _start = 0;
            _end = 0;
            _end = await _stream.ReadAsync(_buffer, idle.Token);
            if (_end == 0) return null;
        }
    }
}
