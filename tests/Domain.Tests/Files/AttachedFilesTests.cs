using System.Collections.Immutable;
using Messaging.Domain.Conversations;
using Messaging.Domain.Files;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Files;

public sealed class AttachedFilesTests
{
    [Fact]
    public void A_comment_carries_its_files_in_the_order_they_were_named()
    {
        var (first, second) = (Uploaded(200, Dieter), Uploaded(199, Dieter));
        Started().When(Dieter, Comment(first, second)).Then(
            new CommentAdded(Id(102), Dieter.Participant, "Anbei", CommentVisibility.Public),
            Attached(first, Id(102), Dieter),
            Attached(second, Id(102), Dieter));
    }

    [Fact]
    public void Only_ones_own_uploads_can_be_attached_and_others_look_like_unknown_ones()
    {
        Started()
            .When(Bernd, Comment(Uploaded(200, Bernd), new FileToAttach(Id(201), null)))
            .ThenRefused(new FileNotFound(1));
        Started().When(Bernd, Comment(Uploaded(200, Bernd), Uploaded(201, Anna))).ThenRefused(new FileNotFound(1));
        Started().When(Dieter, Comment(Uploaded(200, Anna))).ThenRefused(new FileNotFound(0));
    }

    [Fact]
    public void A_contact_does_not_reach_the_upload_of_an_administrator_of_the_same_id()
    {
        var namesake = new Actor.Contact(Anna.Id, KrauseId);
        Started().When(namesake, Comment(Uploaded(200, Anna))).ThenRefused(new FileNotFound(0));
    }

    [Fact]
    public void A_file_comes_with_one_comment_only()
    {
        var attached = Uploaded(200, Anna) with { Upload = Uploaded(200, Anna).Upload! with { CommentId = Id(101) } };
        Started().When(Anna, Comment(attached)).ThenRefused(new FileIsAttachedAlready(0));
    }

    [Fact]
    public void A_file_is_named_once() =>
        Started()
            .When(Anna, Comment(Uploaded(200, Anna), Uploaded(201, Anna), Uploaded(200, Anna)))
            .ThenRefused(new FileNamedTwice(2));

    [Fact]
    public void A_comment_has_at_most_20_files()
    {
        FileToAttach[] files = [.. Enumerable.Range(200, 21).Select(i => Uploaded(i, Anna))];
        Started().When(Anna, Comment(files[..20])).ThenAccepted();
        Started().When(Anna, Comment(files)).ThenRefused(new TooManyFiles(20));
    }

    internal static FileToAttach Uploaded(int number, Actor by) =>
        new(
            Id(number),
            new Upload(Id(number), "Beleg.pdf", "application/pdf", 1_234, new string('a', 64), by.Participant, null));

    internal static FileAttached Attached(FileToAttach file, Guid commentId, Actor by) =>
        new(file.Id, commentId, "Beleg.pdf", "application/pdf", 1_234, new string('a', 64), by.Participant);

    private static AddComment Comment(params FileToAttach[] files) =>
        new(Id(102), "Anbei", CommentVisibility.Public, files.ToImmutableArray());
}
