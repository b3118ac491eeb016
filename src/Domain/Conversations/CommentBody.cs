namespace Messaging.Domain.Conversations;

/// <summary>The text of a comment. A comment with files may have none.</summary>
public static class CommentBody
{
    /// <summary>Checks a text as it was given.</summary>
    /// <param name="files">The number of files that come with it: with one it may be empty.</param>
    /// <returns>The refusal, or null when the text is fine.</returns>
    public static Refusal? Check(string given, int files) =>
        Text.Check(given, "body", ConversationDecider.BodyMaximum, minimum: files > 0 ? 0 : 1);

    /// <summary>The text as it is recorded: as it was given, and empty where nobody would see anything of it.</summary>
    public static string Kept(string given) => Text.IsVisible(given) ? given : "";
}
