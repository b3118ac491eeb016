using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Messaging.Api.Hosting;

/// <summary>
/// Ends the process: SIGTERM, SIGINT (Ctrl+C) or SIGQUIT ask it to stop, from its first moment on. Every stage of
/// stopping has its time; should one not keep to it, the process is ended all the same, as by a crash, which loses
/// nothing acknowledged.
/// </summary>
internal sealed class Termination : IDisposable
{
    // Process managers, such as Docker and Kubernetes by their defaults for it, kill a process that has not ended after
    // 30 s.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(28);

    private readonly CancellationTokenSource _asked = new();
    private readonly IReadOnlyList<PosixSignalRegistration> _registrations;
    private int _signals;

    /// <summary>Waits for signals from now on.</summary>
    public Termination() =>
        _registrations = [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT }.Select(
            signal => PosixSignalRegistration.Create(signal, Ask))];

    /// <summary>Is cancelled once the process was asked to stop.</summary>
    public CancellationToken Asked => _asked.Token;

    /// <summary>Waits for signals no longer. The time that began with one goes on.</summary>
    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }

    private void Ask(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) > 1) return;
        new Thread(EndLate) { IsBackground = true, Name = "Termination" }.Start();
        _asked.Cancel();
    }

    private static void EndLate()
    {
        Thread.Sleep(s_longest);
        Console.Error.WriteLine(
            $"Messaging has not stopped within {s_longest.TotalSeconds} s and is ended."
            + " What was acknowledged is in the database.");
        using var own = Process.GetCurrentProcess();
        own.Kill();
    }
}
