namespace Messaging.Api.Files;

/// <summary>
/// The media types of pictures: browsers show them, and there are thumbnails of them. The web client's
/// <c>isPicture</c> has the same; a test compares.
/// </summary>
internal static class PictureTypes
{
    public const string Png = "image/png";
    public const string Jpeg = "image/jpeg";
    public const string Gif = "image/gif";
    public const string Webp = "image/webp";

    /// <summary>All of them.</summary>
    public static IReadOnlyCollection<string> All { get; } = [Png, Jpeg, Gif, Webp];
}
