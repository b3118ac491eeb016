using System.Collections.Concurrent;
using Messaging.Api.Security;
using Microsoft.Extensions.Logging;

namespace Messaging.Api.Tests.Security;

/// <summary>What the security log says, line by line.</summary>
public sealed class SecurityLines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<SecurityLine> _lines = [];

    public IReadOnlyList<SecurityLine> All => [.. _lines];

    public IReadOnlyList<SecurityLine> Of(SecurityEvent what) => [.. _lines.Where(line => line.What == what)];

    public ILogger CreateLogger(string categoryName) =>
        categoryName == SecurityLog.Category ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue(
            new SecurityLine(
                (SecurityEvent)eventId.Id,
                logLevel,
                formatter(state, exception),
                ((IReadOnlyList<KeyValuePair<string, object?>>)(object)state!).ToDictionary(
                    p => p.Key, p => p.Value?.ToString() ?? "")
            )
        );

    public void Dispose()
    {
    }
}

/// <summary>A line of it.</summary>
public sealed record SecurityLine(
    SecurityEvent What, LogLevel Level, string Text, IReadOnlyDictionary<string, string> Fields)
{
    public int Times => int.Parse(Fields["Times"], System.Globalization.CultureInfo.InvariantCulture);
}
