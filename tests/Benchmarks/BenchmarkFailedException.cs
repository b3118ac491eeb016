namespace Messaging.Benchmarks;

/// <summary>What was measured would mean nothing; the message says why.</summary>
internal sealed class BenchmarkFailedException(string message) : Exception(message);
