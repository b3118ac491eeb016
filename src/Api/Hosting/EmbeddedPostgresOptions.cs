namespace Messaging.Api.Hosting;

/// <summary>Place and behaviour of the embedded PostgreSQL.</summary>
/// <param name="DataDirectory">Its directory; created when missing. Two servers never share one.</param>
public sealed record EmbeddedPostgresOptions(string DataDirectory)
{
    /// <summary>
    /// True when commits survive a crash of the machine. The product never says no; tests that throw the data away do.
    /// </summary>
    public bool Durable { get; init; } = true;

    /// <summary>
    /// True when its user may create further databases. The product's may not; tests have a database each. Decided when
    /// the data is created.
    /// </summary>
    public bool MayCreateDatabases { get; init; }

    /// <summary>
    /// True when its user may create roles. The product's may not; tests have logins for reports. Decided when the data
    /// is created.
    /// </summary>
    public bool MayCreateRoles { get; init; }

    /// <summary>The port on 127.0.0.1; 0: one that is free.</summary>
    public int Port { get; init; }

    /// <summary>
    /// Directories to look for server binaries in, in this order; null: where systems usually have them.
    /// </summary>
    public IReadOnlyList<string>? BinaryDirectories { get; init; }
}

/// <summary>
/// The embedded PostgreSQL cannot run. The message says why and what to do, for the operator who started the product.
/// </summary>
public class EmbeddedPostgresException(string message, Exception? inner = null)
    : InvalidOperationException(message, inner);

/// <summary>Another process of the product has the data directory, and a server on it.</summary>
public sealed class EmbeddedPostgresInUseException(string message, Exception? inner = null)
    : EmbeddedPostgresException(message, inner);
