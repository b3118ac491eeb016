using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Messaging.Api.Files.Pictures;

/// <summary>Outcome for a picture that was given to a decoder.</summary>
/// <param name="Small">The small picture; null when there is none.</param>
/// <param name="Problem">Reason why the decoder ended, or had to be ended; null when it goes on.</param>
/// <param name="MayBeTriedAgain">
/// True when the picture may not have been the cause: somebody killed the decoder, or it was gone before.
/// </param>
internal sealed record Decoded(byte[]? Small, string? Problem, bool MayBeTriedAgain = false);

/// <summary>
/// A decoder in a process of its own (<see cref="DecoderProcess"/>), as the product sees it: a picture costs at most
/// <see cref="MostMemory"/>, <see cref="MostCpu"/> and <see cref="MostTime"/>, whatever it does to the decoder, and
/// then there is no small picture of it.
/// </summary>
internal sealed class DecoderWorker : IAsyncDisposable
{
    /// <summary>
    /// Limit of the process's memory, in bytes. The kernel enforces it by limiting allocations; where it cannot, the
    /// process is watched.
    /// </summary>
    public const long MostMemory = 256L * 1024 * 1024;

    /// <summary>Limit of processor time for one picture. The largest that are allowed take a second.</summary>
    public static readonly TimeSpan MostCpu = TimeSpan.FromSeconds(5);

    /// <summary>Limit of time for one picture, also where others have the processor.</summary>
    public static readonly TimeSpan MostTime = TimeSpan.FromSeconds(20);

    // Memory that a process leaks is gone with it.
    private const int MostPictures = 200;
    private const int MostLastWords = 2_000;

    // SIGXCPU.
    private const int OutOfProcessorTime = 128 + 24;

    private static readonly TimeSpan s_longestStart = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_longestEnd = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_watch = TimeSpan.FromMilliseconds(25);

    // Variables that programs need to be found and to start. None of them is a secret; the rest of the environment is
    // left out.
    private static readonly string[] s_inherited =
        ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DOTNET_ROOT", "DOTNET_ROOT_X64", "DOTNET_ROOT_ARM64", "SystemRoot",
            "windir", "TEMP", "TMP"];

    private readonly Process _process;
    private readonly TimeSpan _mostTime;
    private readonly TimeSpan _mostCpu;
    private readonly StringBuilder _lastWords = new();
    private int _pictures;

    private DecoderWorker(Process process, TimeSpan mostTime, TimeSpan mostCpu)
    {
        (_process, ProcessId, _mostTime, _mostCpu) = (process, process.Id, mostTime, mostCpu);
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_lastWords)
                if (line.Data is { } said && _lastWords.Length < MostLastWords)
                    _lastWords.AppendLine(said.Length < MostLastWords ? said : said[..MostLastWords]);
        };
        process.BeginErrorReadLine();
    }

    /// <summary>The process's number.</summary>
    public int ProcessId { get; }

    /// <summary>True when it has done so much that another one should be started.</summary>
    public bool IsWornOut => _pictures >= MostPictures || _process.HasExited
        || _process.TotalProcessorTime > DecoderProcess.MostCpuInAll - (2 * MostCpu);

    /// <summary>Starts a decoder, which is ready when this returns.</summary>
    /// <param name="program">Program to start; by default the product's own.</param>
    /// <param name="mostTime">By default <see cref="MostTime"/>.</param>
    /// <param name="mostCpu">By default <see cref="MostCpu"/>.</param>
    /// <exception cref="DecoderNotStartedException">It did not start; the message says why.</exception>
    public static async Task<DecoderWorker> StartAsync(ProcessStartInfo? program, CancellationToken cancellation,
        TimeSpan? mostTime = null, TimeSpan? mostCpu = null)
    {
        var start = program ?? OwnProgram();
        Confine(start);
        ProcessLimits.KeepDescriptorsFromChildren();
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Exception e) when (
            e is Win32Exception or InvalidOperationException or IOException or OutOfMemoryException)
        {
            throw new DecoderNotStartedException($"{start.FileName} could not be started: {e.Message}", e);
        }

        var worker = new DecoderWorker(process, mostTime ?? MostTime, mostCpu ?? MostCpu);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(s_longestStart);
            if (await worker.ReadAnswerAsync(patience.Token) is { Length: 0 }) return worker;
            await worker.DisposeAsync();
            throw new DecoderNotStartedException($"{start.FileName} started, and is no decoder. {worker.LastWords}");
        }
        catch (Exception e) when (e is not DecoderNotStartedException)
        {
            await worker.DisposeAsync();
            cancellation.ThrowIfCancellationRequested();
            throw new DecoderNotStartedException($"{start.FileName} did not become ready. {worker.LastWords}", e);
        }
    }

    /// <summary>Decodes a picture. After a problem the process is gone.</summary>
    /// <param name="file">Stream of the picture's bytes.</param>
    /// <param name="cancellation">Ends the process, when nobody wants the picture any more.</param>
    public async Task<Decoded> DecodeAsync(Picture picture, Stream file, CancellationToken cancellation)
    {
        _pictures++;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ended.CancelAfter(_mostTime);
        var tooLarge = false;
        var watch = WatchAsync(() => { tooLarge = true; ended.Cancel(); }, ended.Token);
        string? problem;
        try
        {
            var input = _process.StandardInput.BaseStream;
            await input.WriteAsync(DecoderProtocol.Request(picture, _mostCpu), ended.Token);
            await picture.Content.WriteAsync(file, input, ended.Token);
            var answer = await ReadAnswerAsync(ended.Token);
            if (answer is { Length: 0 }) return new Decoded(null, null);
            if (answer is not null && await DecoderProtocol.SmallPictureAsync(answer) is { } small)
                return new Decoded(small, null);
            problem = answer is null && await HasEndedAsync() ? null : "answered what is no answer";
        }
        catch (OperationCanceledException)
        {
            problem = cancellation.IsCancellationRequested ? "was not needed any more"
                : tooLarge ? "took too much memory"
                : "took too long";
        }
        catch (IOException e) when (e is not EndOfStreamException)
        {
            // Nobody reads its input: it has ended, or is about to.
            problem = await HasEndedAsync() ? null : e.Message;
        }
        finally
        {
            await ended.CancelAsync();
            await watch;
        }

        var code = problem is null ? _process.ExitCode : 0;
        await DisposeAsync();
        return new Decoded(
            null, $"{problem ?? $"ended with code {code}"} {LastWords}".Trim(),
            MayBeTriedAgain: problem is null && code != OutOfProcessorTime);
    }

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
            using var patience = new CancellationTokenSource(s_longestEnd);
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (Exception e) when (e is InvalidOperationException or OperationCanceledException)
        {
            // It is gone and was disposed of, or the kernel takes its time.
        }

        _process.Dispose();
    }

    private string LastWords
    {
        get { lock (_lastWords) return _lastWords.ToString().Trim(); }
    }

    /// <summary>
    /// The program that runs now, whatever started it: an executable of its own, or dotnet with a library.
    /// </summary>
    private static ProcessStartInfo OwnProgram()
    {
        var library = typeof(DecoderProcess).Assembly.Location;
        var executable = OperatingSystem.IsWindows() ? ".exe" : "";
        if (library.Length == 0) return new ProcessStartInfo(Environment.ProcessPath!, [DecoderProcess.Name]);

        // Path of the dotnet that runs us: <root>/shared/Microsoft.NETCore.App/<version>/.
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..",
            "dotnet" + executable));
        return File.Exists(dotnet)
            ? new ProcessStartInfo(dotnet, [library, DecoderProcess.Name])
            : new ProcessStartInfo(Path.ChangeExtension(library, executable), [DecoderProcess.Name]);
    }

    private static void Confine(ProcessStartInfo start)
    {
        start.UseShellExecute = false;
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.WorkingDirectory = Path.GetPathRoot(AppContext.BaseDirectory)!;
        var inherited = s_inherited.Select(name => (name, value: Environment.GetEnvironmentVariable(name)))
            .Where(v => v.value is { Length: > 0 }).ToList();
        start.Environment.Clear();
        foreach (var (name, value) in inherited) start.Environment[name] = value;

        // A small heap of its own (in hexadecimal), no threads but those it has, small stacks, no tables of languages,
        // and no diagnostics.
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_GCHeapHardLimit"] = "1800000";
        start.Environment["DOTNET_Thread_DefaultStackSize"] = "40000";
        start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_TieredCompilation"] = "0";
    }

    private async Task WatchAsync(Action tooLarge, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            await Task.Delay(s_watch, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                _process.Refresh();
                if (!_process.HasExited && _process.WorkingSet64 > MostMemory) tooLarge();
            }
            catch (Exception e) when (e is InvalidOperationException or Win32Exception or NotSupportedException)
            {
                // It has ended meanwhile.
                return;
            }
        }
    }

    private async Task<bool> HasEndedAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _process.WaitForExitAsync(patience.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        return _process.HasExited;
    }

    /// <summary>Returns its next answer; null when it sends something else, or nothing more.</summary>
    private async Task<byte[]?> ReadAnswerAsync(CancellationToken cancellation)
    {
        var output = _process.StandardOutput.BaseStream;
        var header = new byte[DecoderProtocol.AnswerLength];
        if (await output.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false,
            cancellation) < header.Length)
            return null;
        if (DecoderProtocol.ReadAnswer(header) is not { } length) return null;
        var answer = new byte[length];
        return await output.ReadAtLeastAsync(answer, length, throwOnEndOfStream: false, cancellation) == length
            ? answer : null;
    }
}

/// <summary>The decoder did not start.</summary>
/// <param name="message">Why.</param>
internal sealed class DecoderNotStartedException(string message, Exception? inner = null) : Exception(message, inner);
