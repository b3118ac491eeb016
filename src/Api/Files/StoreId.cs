using System.Text;
using Messaging.Application.Files;
using Messaging.Domain;

namespace Messaging.Api.Files;

/// <summary>
/// The name of a folder of files, in a file of it. The database knows the name, too: a folder without it is another
/// one, such as the empty one beneath a volume that is not mounted, or a node's own that the others do not have.
/// </summary>
internal sealed class StoreId(string directory)
{
    /// <summary>Name of the file; without a dot, so that every tool that copies the folder takes it along.</summary>
    [Stored("file_of_store_id")]
    public const string FileName = "store-id";

    private volatile string? _expected;

    /// <summary>Path of the file.</summary>
    public string Path => System.IO.Path.Combine(directory, FileName);

    /// <summary>Reads it.</summary>
    /// <returns>Null when there is none.</returns>
    public Guid? Read()
    {
        try
        {
            return Guid.TryParse(File.ReadAllText(Path).Trim(), out var id) ? id : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Gives the folder its name; the first one stays.</summary>
    /// <returns>Its name.</returns>
    /// <exception cref="IOException">The file's content is no name.</exception>
    public Guid Write(Guid id)
    {
        var given = Encoding.ASCII.GetBytes($"{id}\n");
        var text = Encoding.ASCII.GetString(WrittenOnce.ReadOrMake(Path, $"{id}".Length, () => given));
        return Guid.TryParse(text.Trim(), out var kept) ? kept : throw new IOException($"{Path} has no name in it.");
    }

    /// <summary>From now on <see cref="Check"/> wants this name.</summary>
    public void Expect(Guid id) => _expected = id.ToString();

    /// <summary>
    /// Checks that it is the folder that the database knows: one that is unmounted while the product runs fails, too.
    /// </summary>
    /// <exception cref="FileStoreAwayException">It is not.</exception>
    public void Check()
    {
        if (_expected is { } expected && Read()?.ToString() != expected) throw new FileStoreAwayException();
    }
}
