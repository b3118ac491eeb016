using System.Diagnostics;
using Messaging.TestSupport;

namespace Messaging.Web.Tests.Support;

/// <summary>An OpenID Connect provider in a process of its own (<c>tests/Clients/issuer.mjs</c>).</summary>
internal sealed class Issuer : IDisposable
{
    private readonly Process _process;

    private Issuer(Process process, string authority) => (_process, Authority) = (process, authority);

    public string Authority { get; }

    /// <summary>Starts one that knows a client.</summary>
    /// <param name="redirectUri">Where it sends people back to.</param>
    public static async Task<Issuer> StartAsync(string client, string redirectUri)
    {
        var folder = Path.Combine(Root, "tests", "Clients");
        Needed.OrSkip(
            Directory.Exists(Path.Combine(folder, "node_modules", "oidc-provider")),
            "The npm packages of tests/Clients are missing: './dev test' installs them, with Node.js.");
        var start = new ProcessStartInfo("node", ["issuer.mjs"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["CLIENT_ID"] = client,
                ["REDIRECT_URI"] = redirectUri,
                ["PORT"] = $"{Ports.Free()}",
            },
        };
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith("http://", StringComparison.Ordinal)) continue;
            _ = process.StandardOutput.ReadToEndAsync();
            return new Issuer(process, line);
        }

        throw new InvalidOperationException("The issuer did not start.");
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static string Root
    {
        get
        {
            var directory = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(directory.FullName, "Messaging.sln"))) directory = directory.Parent!;
            return directory.FullName;
        }
    }
}
