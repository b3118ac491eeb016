using Messaging.Api.Tests.Clients;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Deploy;

/// <summary>The files of <c>deploy</c>, which operators take as they are but for some values.</summary>
internal static class Shipped
{
    public static string Folder { get; } = Path.Combine(NodeProject.Root, "deploy");

    /// <summary>
    /// The text of one, with some values changed. A value that is not in it fails the test: the file is tried, not a
    /// copy of it.
    /// </summary>
    public static async Task<string> TextAsync(string name, params (string Old, string New)[] values)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Folder, name), TestContext.Current.CancellationToken);
        foreach (var (old, changed) in values)
        {
            text.ShouldContain(old);
            text = text.Replace(old, changed, StringComparison.Ordinal);
        }

        return text;
    }
}
