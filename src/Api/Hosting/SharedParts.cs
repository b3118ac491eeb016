using Messaging.Api.Auth;
using Messaging.Api.Files;
using Messaging.Domain;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>
/// Checks at the start that this node has the parts that all nodes on its database have to share beside it: the folder
/// of files and the key that signs tokens. Equal settings prove little: a path may lead somewhere else on each machine.
/// </summary>
internal sealed class SharedParts(
    NpgsqlDataSource database, FolderFileStore files, AuthOptions auth, ILogger<SharedParts> logger)
{
    [Stored("shared_part_files")]
    private const string Files = "files";

    [Stored("shared_part_key")]
    private const string Key = "signing key";

    /// <summary>
    /// Checks; the database records what it does not know yet. Called by one process after the other.
    /// </summary>
    /// <param name="several">True when there may be other nodes.</param>
    /// <param name="isAlone">True when none runs now.</param>
    /// <exception cref="InvalidOperationException">
    /// This node, one of several, has another folder or another key than the running ones; the message says what to do.
    /// </exception>
    public async Task CheckAsync(bool several, bool isAlone, CancellationToken cancellation)
    {
        await CheckFilesAsync(several, cancellation);
        if (several) await CheckKeyAsync(isAlone, cancellation);
    }

    /// <summary>The name of the folder of files that a database knows; null when it knows none.</summary>
    public static async Task<Guid?> FilesOfAsync(NpgsqlDataSource database, CancellationToken cancellation) =>
        await FindAsync(database, Files, cancellation) is { } name ? Guid.Parse(name) : null;

    private async Task CheckFilesAsync(bool several, CancellationToken cancellation)
    {
        var known = await FilesOfAsync(database, cancellation);
        var there = files.Id.Read();
        if (known is { } id && there != id)
        {
            var what =
                $"{files.Id.Path} {(there is { } other ? $"says {other}" : "is missing")}, and the database says {id}";
            var wayOut = $"if this is the right folder all the same, write {id} into that file";
            if (several)
            {
                throw new InvalidOperationException(
                    $"Messaging:Nodes is several, and this node's folder of files is not the one of the others: "
                        + $"{what}. Mount the one that"
                    + $" they have, and name it in Messaging:Files:Directory; {wayOut}.");
            }

            // A copy of a database with none of its files is worked on, too, but never in silence: nothing is taken in
            // that would lie beneath a volume that is mounted later.
            if (await HasFilesAsync(cancellation))
            {
                files.Id.Expect(id);
                logger.LogCritical(
                    "The folder of files is not the one of this database: {What}. No file is taken in, given out "
                        + "or removed until it is there."
                    + " Mount it, or name it in Messaging:Files:Directory; {WayOut}",
                    what, wayOut);
                return;
            }

            known = null;
        }

        if (known is not null)
        {
            files.Id.Expect(known.Value);
            return;
        }

        var adopted = files.Id.Write(Guid.NewGuid());
        await RememberAsync(Files, adopted.ToString(), cancellation);
        files.Id.Expect(adopted);
    }

    // The name is derived from the key: it shows that the key is the same, and nothing else of it.
    private async Task CheckKeyAsync(bool isAlone, CancellationToken cancellation)
    {
        var name = Convert.ToHexStringLower(auth.KeyFor("name of the key"));
        var known = await FindAsync(database, Key, cancellation);
        if (known == name) return;
        if (known is not null && !isAlone)
        {
            throw new InvalidOperationException(
                "Messaging:Auth:SigningKey is not the one of the nodes that run: they would not take this one's "
                    + "tokens, nor it theirs. Set"
                    + " the same one on each; to change it, stop all nodes, and start them with the new one. Of "
                        + "several nodes, one that crashed"
                    + " counts for half a minute."
            );
        }

        await RememberAsync(Key, name, cancellation);
    }

    private static async Task<string?> FindAsync(
        NpgsqlDataSource database, string part, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select name from messaging.shared where part = $1");
        command.Parameters.Add(new() { Value = part });
        return (string?)await command.ExecuteScalarAsync(cancellation);
    }

    private async Task RememberAsync(string part, string name, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "insert into messaging.shared (part, name) values ($1, $2) on conflict (part) do update set name = "
                + "excluded.name"
        );
        command.Parameters.Add(new() { Value = part });
        command.Parameters.Add(new() { Value = name });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task<bool> HasFilesAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select exists (select from messaging.uploads)");
        return await command.ExecuteScalarAsync(cancellation) is true;
    }
}
