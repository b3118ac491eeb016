namespace Messaging.TestSupport.Product;

/// <summary>The key that signs tokens, of nodes that share it: they have to be told.</summary>
public static class SharedKey
{
    /// <summary>
    /// The one that a product in this directory has made for itself, so that its tokens go on; else any.
    /// </summary>
    public static string Of(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, "token-signing.key");
        return Convert.ToBase64String(
            File.Exists(path) ? File.ReadAllBytes(path) : Enumerable.Range(1, 48).Select(i => (byte)i).ToArray());
    }
}
