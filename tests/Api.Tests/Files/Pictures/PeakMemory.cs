using System.Diagnostics;

namespace Messaging.Api.Tests.Files.Pictures;

/// <summary>Watches how much memory a process has, until it ends.</summary>
internal sealed class PeakMemory : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;
    private long _peak;

    public PeakMemory(int process) => _watching = Task.Run(() => WatchAsync(process));

    /// <summary>In bytes.</summary>
    public long Peak => Interlocked.Read(ref _peak);

    public void Dispose()
    {
        _stop.Cancel();
        _watching.Wait(TimeSpan.FromSeconds(5));
        _stop.Dispose();
    }

    private async Task WatchAsync(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            while (!_stop.IsCancellationRequested)
            {
                process.Refresh();
                if (process.WorkingSet64 > _peak) Interlocked.Exchange(ref _peak, process.WorkingSet64);
                await Task.Delay(5);
            }
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It has ended.
        }
    }
}
