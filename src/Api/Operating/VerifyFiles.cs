using Messaging.Api.Files;
using Messaging.Api.Hosting;
using Messaging.Application.Files;
using Microsoft.Extensions.Logging.Abstractions;

namespace Messaging.Api.Operating;

/// <summary>Compares the files that were attached with what was recorded of them.</summary>
internal static class VerifyFiles
{
    private const int MostNamed = 20;

    /// <summary>Compares all of them, and says what was found.</summary>
    /// <param name="unknown">Exit code where they are not here, so that nothing can be told of them.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(Installation installation, int unknown, CancellationToken cancellation)
    {
        var attached = new AttachedFiles(installation.Database);
        var tenants = await attached.TenantsAsync(cancellation);
        if (tenants.Count == 0) return CommandLine.Done;
        var options = FileStoreOptions.Read(installation.Configuration, installation.DataDirectory);
        if (!Directory.Exists(options.Directory)) return await RefuseAsync();
        var store = new FolderFileStore(options);
        if (await SharedParts.FilesOfAsync(installation.Database, cancellation) is { } name) store.Id.Expect(name);
        using var files = new CheckedFiles(store, NullLogger<CheckedFiles>.Instance);
        var check = new FilesCheck(attached, files);
        var (count, bytes, damaged) = (0L, 0L, new List<DamagedFile>());
        try
        {
            store.Id.Check();
            foreach (var tenant in tenants)
            {
                for (Guid? after = Guid.Empty; after is { } last;)
                {
                    var page = await check.CompareAsync(tenant, last, cancellation);
                    (after, count, bytes) = (page.Last, count + page.Files, bytes + page.Bytes);
                    damaged.AddRange(page.Damaged);
                }
            }
        }
        catch (FileStoreAwayException)
        {
            return await RefuseAsync();
        }

        foreach (var (tenant, file, what) in damaged.Take(MostNamed))
        {
            await Console.Error.WriteLineAsync(
                $"File {file.Id} (version {file.Version} of stream {file.Conversation}, organisation {tenant}) is not "
                    + $"what was attached: {what}.");
        }

        if (damaged.Count > 0)
            return await CommandLine.RefuseAsync($"{damaged.Count} of {count} files are not what was attached.");
        await Console.Out.WriteLineAsync(
            $"The files are what was attached: {count} files, {Backup.Bytes(bytes)}.");
        return CommandLine.Done;

        Task<int> RefuseAsync() =>
            CommandLine.RefuseAsync(
                $"The files cannot be compared: the folder of this database's files is not at {options.Directory}. "
                    + "Name it in Messaging__Files__Directory, or leave them out by --without-files.",
                unknown);
    }
}
