using Messaging.Domain;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>The allowance for uploads of one request. Disposed of when the request is done.</summary>
public abstract class UploadAllowance : IDisposable
{
    /// <summary>Takes bytes that arrive.</summary>
    /// <returns>The reason why they are not taken; null when they are.</returns>
    public abstract Refusal? Take(long bytes);

    /// <summary>Bytes that were taken no longer count as arriving.</summary>
    public abstract void Dispose();
}
