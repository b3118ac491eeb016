namespace Messaging.Domain.Files;

/// <summary>A file that has arrived. It belongs to whoever uploaded it until it comes with a comment.</summary>
/// <param name="Name">Its name, made harmless.</param>
/// <param name="MediaType">Its type, decided when it was uploaded.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">The SHA-256 of the content, in lower-case hexadecimal.</param>
/// <param name="UploadedBy">The participant who uploaded it.</param>
/// <param name="CommentId">The comment it came with; null so far.</param>
/// <param name="IsDiscarded">True when it was taken back, or was attached to nothing for too long: it cannot be
/// attached.</param>
public sealed record Upload(
    Guid Id, string Name, string MediaType, long Size, string Sha256, Participant UploadedBy, Guid? CommentId,
    bool IsDiscarded = false);
