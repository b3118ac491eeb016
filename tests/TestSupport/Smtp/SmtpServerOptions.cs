namespace Messaging.TestSupport.Smtp;

/// <summary>What the test server offers.</summary>
public sealed record SmtpServerOptions
{
    /// <summary>Offers STARTTLS.</summary>
    public bool StartTls { get; init; }

    /// <summary>Speaks TLS from the first byte.</summary>
    public bool ImplicitTls { get; init; }

    /// <summary>With credentials, MAIL is refused with 530 until somebody has authenticated with them.</summary>
    public (string User, string Password)? Credentials { get; init; }

    /// <summary>The mechanisms offered, of PLAIN and LOGIN.</summary>
    public IReadOnlyList<string> AuthMechanisms { get; init; } = ["PLAIN", "LOGIN"];

    public bool Pipelining { get; init; } = true;
    public bool EightBitMime { get; init; } = true;
    public bool SmtpUtf8 { get; init; } = true;

    /// <summary>Announced, and kept, as the limit of a message.</summary>
    public int MaxMessageBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>Beyond it, mails are refused with 452, so that a test that runs wild ends.</summary>
    public int MaxMessages { get; init; } = 100_000;

    /// <summary>Beyond it, connections are closed with 421.</summary>
    public int MaxSessions { get; init; } = 256;

    /// <summary>A session that says nothing for so long is closed with 421.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(5);
}
