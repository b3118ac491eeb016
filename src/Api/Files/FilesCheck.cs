using Messaging.Application.Files;

namespace Messaging.Api.Files;

/// <summary>A file that is not what was attached.</summary>
/// <param name="What">What is wrong, as a part of a sentence.</param>
internal sealed record DamagedFile(string TenantId, AttachedFile File, string What);

/// <summary>What was found in a page of files.</summary>
/// <param name="Last">The last file of the page; null when there is none.</param>
internal sealed record ComparedFiles(Guid? Last, int Files, long Bytes, IReadOnlyList<DamagedFile> Damaged);

/// <summary>Compares the files that were attached with what was recorded of them.</summary>
internal sealed class FilesCheck(AttachedFiles attached, CheckedFiles files)
{
    /// <summary>The most files of a page.</summary>
    public const int Page = 100;

    /// <summary>Compares the next files of an organisation, in the order of their ids.</summary>
    /// <param name="after">The last file that was compared; empty for none.</param>
    /// <exception cref="FileStoreAwayException">The files are not there.</exception>
    public async Task<ComparedFiles> CompareAsync(string tenantId, Guid after, CancellationToken cancellation)
    {
        var page = await attached.PageAsync(tenantId, after, Page, cancellation);
        var damaged = new List<DamagedFile>();
        foreach (var file in page)
        {
            try
            {
                await files.CompareAsync(
                    new FileToSend(file.Id, "", "", file.Size, file.Sha256, FileState.Unknown), cancellation);
            }
            catch (FileDamagedException e)
            {
                damaged.Add(new DamagedFile(tenantId, file, e.What));
            }
        }

        return new ComparedFiles(page.Count == 0 ? null : page[^1].Id, page.Count, page.Sum(f => f.Size), damaged);
    }
}
