using Messaging.Domain;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>What a caller may upload by a request. Disposed of when the request is done.</summary>
public abstract class UploadAllowance : IDisposable
{
    /// <summary>Takes bytes that arrive.</summary>
    /// <returns>Why they are not taken; null when they are.</returns>
    public abstract Refusal? Take(long bytes);

    /// <summary>What was taken counts as arriving no longer.</summary>
    public abstract void Dispose();
}
