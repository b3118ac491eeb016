namespace Messaging.Application.Notifications.Push;

/// <summary>What a push service said.</summary>
public enum PushOutcome
{
    /// <summary>The service tells the browser.</summary>
    Taken,

    /// <summary>It does not know the browser any more, or does not let this server tell it.</summary>
    Gone,

    /// <summary>It may take it later.</summary>
    Later,
}

/// <summary>Tells a browser that there is something, by the service of its vendor (RFC 8030).</summary>
public interface IPushSender
{
    /// <summary>False where nobody is told so.</summary>
    bool CanSend { get; }

    /// <summary>Sends a message without content.</summary>
    /// <param name="endpoint">The address that the browser was given.</param>
    Task<PushOutcome> SendAsync(string endpoint, CancellationToken cancellation);
}
