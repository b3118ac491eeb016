namespace Messaging.TestSupport.Smtp;

/// <summary>The steps of a conversation at which a test can make the server behave otherwise.</summary>
public enum SmtpStep
{
    /// <summary>The greeting, right after the connection was accepted.</summary>
    Connect,
    Ehlo,
    StartTls,
    Auth,
    MailFrom,
    RcptTo,
    /// <summary>The answer to the DATA command.</summary>
    Data,
    /// <summary>The answer to the content, after its final dot.</summary>
    Content,
    Noop,
    Rset,
    Quit,
}

/// <summary>What the server does at a step instead of the usual.</summary>
public sealed record SmtpReaction
{
    /// <summary>The usual answer.</summary>
    public static SmtpReaction Proceed { get; } = new();

    /// <summary>Neither answers nor closes, until the client leaves.</summary>
    public static SmtpReaction Silence { get; } = new() { Silent = true };

    /// <summary>Closes without an answer; content that has arrived is not kept.</summary>
    public static SmtpReaction Drop { get; } = new() { Close = true };

    /// <summary>Keeps the content, then closes without the 250: the crash that makes a doubled mail possible.</summary>
    public static SmtpReaction KeepThenDrop { get; } = new() { Close = true, Keep = true };

    /// <summary>The usual answer, then closes.</summary>
    public static SmtpReaction ProceedThenDrop { get; } = new() { Usual = true, Close = true };

    /// <summary>Says 220 to STARTTLS and then speaks no TLS.</summary>
    public static SmtpReaction Garbage { get; } = new() { NoTls = true };

    /// <summary>Refuses with a reply of one or more lines.</summary>
    public static SmtpReaction Reply(int code, params string[] lines) =>
        new() { Code = code, Lines = lines.Length == 0 ? ["scripted"] : lines };

    /// <summary>Refuses and closes, as with 421.</summary>
    public static SmtpReaction ReplyThenDrop(int code, params string[] lines) =>
        Reply(code, lines) with
        {
            Close = true,
        };

    /// <summary>The usual answer, late.</summary>
    public static SmtpReaction After(TimeSpan delay) => Proceed with { Delay = delay };

    /// <summary>Waits before it reacts.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Waits between the bytes of the answer.</summary>
    public TimeSpan PerByte { get; init; }

    internal int? Code { get; init; }
    internal IReadOnlyList<string> Lines { get; init; } = [];
    internal bool Silent { get; init; }
    internal bool Close { get; init; }
    internal bool Keep { get; init; }
    internal bool Usual { get; init; }
    internal bool NoTls { get; init; }

    /// <summary>Whether the step takes effect and gets its usual answer.</summary>
    internal bool Proceeds => Code is null && !Silent && (!Close || Usual);
}
