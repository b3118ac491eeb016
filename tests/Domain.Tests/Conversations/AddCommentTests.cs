using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Messaging.Domain.Tests.Files;
using Shouldly;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Conversations;

public sealed class AddCommentTests
{
    private static readonly AddComment s_comment = new(Id(102), "Danke", CommentVisibility.Public, []);

    [Fact]
    public void Both_sides_comment()
    {
        Started()
            .When(Bernd, s_comment)
            .Then(new CommentAdded(Id(102), Bernd.Participant, "Danke", CommentVisibility.Public));
        Started()
            .When(Dieter, s_comment)
            .Then(new CommentAdded(Id(102), Dieter.Participant, "Danke", CommentVisibility.Public));
    }

    [Fact]
    public void A_body_is_stored_as_given()
    {
        const string body = " <p onclick='x()'>\r\n\t\u001b[31m Ä\u0308 😀 ";
        Started()
            .When(Anna, s_comment with { Body = body })
            .Then(new CommentAdded(Id(102), Anna.Participant, body, CommentVisibility.Public));
    }

    [Fact]
    public void A_body_has_1_to_20000_characters_however_many_units_they_take()
    {
        Started().When(Anna, s_comment with { Body = "x" }).ThenAccepted();
        Started().When(Anna, s_comment with { Body = new string('ä', 20_000) }).ThenAccepted();
        Started().When(Anna, s_comment with { Body = string.Concat(Enumerable.Repeat("😀", 20_000)) }).ThenAccepted();
        Started()
            .When(Anna, s_comment with { Body = new string('x', 20_001) })
            .ThenRefused(new TextIsTooLong("body", 20_001, 20_000));
        Started().When(Anna, s_comment with { Body = "" }).ThenRefused(new TextIsEmpty("body"));
        Started().When(Anna, s_comment with { Body = "\u2003\n" }).ThenRefused(new TextIsEmpty("body"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \r\n ")]
    [InlineData("\u200B\u2060")]
    public void With_a_file_there_need_be_no_text(string nothing)
    {
        var file = AttachedFilesTests.Uploaded(200, Dieter);
        Started(ConversationStatus.Answered)
            .When(Dieter, s_comment with { Body = nothing, Files = [file] })
            .Then(
                new CommentAdded(Id(102), Dieter.Participant, "", CommentVisibility.Public),
                AttachedFilesTests.Attached(file, Id(102), Dieter),
                new StatusChanged(
                    ConversationStatus.Answered, ConversationStatus.Open, StatusChangeReason.CustomerReplied)
            );
        Started().When(Dieter, s_comment with { Body = "\0", Files = [file] }).ThenRefused(new TextHasNul("body", 0));
        Started()
            .When(Dieter, s_comment with { Body = "", Files = [new FileToAttach(Id(201), null)] })
            .ThenRefused(new FileNotFound(0));
    }

    [Fact]
    public void A_body_has_no_nul_and_no_lone_surrogate()
    {
        Started().When(Anna, s_comment with { Body = "ab\0" }).ThenRefused(new TextHasNul("body", 2));
        Started().When(Anna, s_comment with { Body = "ab\ud83d" }).ThenRefused(new TextIsIllFormed("body", 2));
        Started().When(Anna, s_comment with { Body = "\ude00ab" }).ThenRefused(new TextIsIllFormed("body", 0));
        Started()
            .When(Anna, s_comment with { Body = "\ud83d\ud83d\ude00" })
            .ThenRefused(new TextIsIllFormed("body", 0));
    }

    [Theory]
    [InlineData(ConversationStatus.Attention)]
    [InlineData(ConversationStatus.Answered)]
    public void A_customers_comment_reopens_with_its_reason(ConversationStatus status) =>
        Started(status).When(Dieter, s_comment).Then(
            new CommentAdded(Id(102), Dieter.Participant, "Danke", CommentVisibility.Public),
            new StatusChanged(status, ConversationStatus.Open, StatusChangeReason.CustomerReplied));

    [Fact]
    public void A_reopening_comes_after_the_comments_files()
    {
        var file = AttachedFilesTests.Uploaded(200, Dieter);
        Started(ConversationStatus.Answered)
            .When(Dieter, s_comment with { Files = [file] })
            .Then(
                new CommentAdded(Id(102), Dieter.Participant, "Danke", CommentVisibility.Public),
                AttachedFilesTests.Attached(file, Id(102), Dieter),
                new StatusChanged(
                    ConversationStatus.Answered, ConversationStatus.Open, StatusChangeReason.CustomerReplied)
            );
    }

    [Theory]
    [InlineData(ConversationStatus.Attention)]
    [InlineData(ConversationStatus.Answered)]
    public void An_administrators_comment_leaves_the_status(ConversationStatus status) =>
        Started(status)
            .When(Anna, s_comment)
            .Then(new CommentAdded(Id(102), Anna.Participant, "Danke", CommentVisibility.Public));

    [Theory]
    [InlineData(ConversationStatus.Open, ConversationStatus.Attention)]
    [InlineData(ConversationStatus.Open, ConversationStatus.Answered)]
    [InlineData(ConversationStatus.Attention, ConversationStatus.Answered)]
    [InlineData(ConversationStatus.Answered, ConversationStatus.Open)]
    public void An_administrators_comment_sets_a_status_after_its_files(ConversationStatus from, ConversationStatus to)
    {
        var file = AttachedFilesTests.Uploaded(200, Anna);
        Started(from)
            .When(Anna, s_comment with { Files = [file], Status = to, ExpectedVersion = 2 })
            .Then(
                new CommentAdded(Id(102), Anna.Participant, "Danke", CommentVisibility.Public),
                AttachedFilesTests.Attached(file, Id(102), Anna),
                new StatusChanged(from, to, StatusChangeReason.SetByAdministrator) { CommentId = Id(102) });
    }

    [Fact]
    public void The_status_that_there_is_already_is_not_set_once_more() =>
        Started(ConversationStatus.Attention)
            .When(Anna, s_comment with { Status = ConversationStatus.Attention })
            .Then(new CommentAdded(Id(102), Anna.Participant, "Danke", CommentVisibility.Public));

    [Fact]
    public void What_is_set_together_with_a_note_names_none_that_customers_do_not_see() =>
        Started()
            .When(
                Anna,
                s_comment with { Visibility = CommentVisibility.Internal, Status = ConversationStatus.Answered })
            .Then(
                new CommentAdded(Id(102), Anna.Participant, "Danke", CommentVisibility.Internal),
                new StatusChanged(
                    ConversationStatus.Open, ConversationStatus.Answered, StatusChangeReason.SetByAdministrator));

    [Fact]
    public void A_comment_that_sets_a_status_is_written_on_the_version_that_was_seen_or_not_at_all()
    {
        var comment = s_comment with { Status = ConversationStatus.Answered };
        var replied = Started(ConversationStatus.Attention)
            .After(Dieter, new AddComment(Id(103), "Eine Frage noch", CommentVisibility.Public, []));
        replied.When(Anna, comment with { ExpectedVersion = 2 }).ThenRefused(new ConversationChanged(2, 4));
        replied.When(Anna, comment with { ExpectedVersion = 4 }).ThenAccepted();
        replied.When(Anna, comment).ThenAccepted();
        Started().When(Anna, s_comment with { ExpectedVersion = 2 }).ThenRefused(new ExpectedVersionNeedsStatus());
    }

    [Theory]
    [InlineData(ConversationStatus.Open)]
    [InlineData(ConversationStatus.Answered)]
    public void A_customer_sets_no_status_with_a_comment_either(ConversationStatus status) =>
        Started()
            .When(Dieter, s_comment with { Status = status, ExpectedVersion = 1 })
            .ThenRefused(new CustomersSetNoStatus());

    [Fact]
    public void A_note_mentions_administrators_who_see_the_conversation_each_once()
    {
        var note = s_comment with { Visibility = CommentVisibility.Internal };
        var (bernd, carla) = (new Mention(Bernd.Id, State(Bernd)), new Mention(Carla.Id, State(Carla)));
        Started()
            .When(Anna, note with { Mentions = [carla, bernd, carla] })
            .Then(
                new CommentAdded(Id(102), Anna.Participant, "Danke", CommentVisibility.Internal)
                {
                    Mentions = [Carla.Id, Bernd.Id],
                });
        Started()
            .When(Anna, note with { Mentions = [.. Enumerable.Repeat(bernd, 20)] })
            .ThenAccepted();
        Started()
            .When(Anna, note with { Mentions = [.. Enumerable.Repeat(bernd, 21)] })
            .ThenRefused(new TooManyMentions(20));
        Started().When(Anna, s_comment with { Mentions = [bernd] }).ThenRefused(new OnlyNotesMention());
        Started().When(Dieter, s_comment with { Mentions = [bernd] }).ThenRefused(new CustomersMentionNobody());
    }

    [Fact]
    public void Nobody_can_be_mentioned_who_would_not_be_told()
    {
        var note = s_comment with { Visibility = CommentVisibility.Internal };
        var bernd = State(Bernd);
        Mention[] others =
        [
            new(Id(999), null), new(Bernd.Id, bernd with { Role = Role.Auditor }),
            new(Bernd.Id, bernd with { IsServiceAccount = true }),
        ];
        foreach (var other in others)
        {
            Started()
                .When(Anna, note with { Mentions = [new Mention(Carla.Id, State(Carla)), other] })
                .ThenRefused(new AdministratorNotFound("mentions.1"));
        }

        Started()
            .When(Anna, note with { Mentions = [new Mention(Bernd.Id, bernd with { Active = false })] })
            .ThenRefused(new AdministratorIsDeactivated("mentions.0"));
        var limited = bernd with { Given = new GivenCustomers([], ["Lohn"]) };
        Started()
            .When(Anna, note with { Mentions = [new Mention(Bernd.Id, limited)], Customer = Krause })
            .ThenRefused(new AdministratorDoesNotSeeCustomer("mentions.0"));
    }

    [Fact]
    public void A_comment_that_set_a_status_is_nothing_when_it_comes_again()
    {
        var comment = s_comment with { Status = ConversationStatus.Answered, ExpectedVersion = 2 };
        Started().After(Anna, comment).When(Anna, comment).ThenNothing();
    }

    [Fact]
    public void The_same_comment_again_appends_nothing_and_reopens_nothing()
    {
        var answered = Started(ConversationStatus.Attention)
            .After(Dieter, s_comment)
            .After(Anna, new ChangeStatus(ConversationStatus.Answered, null));
        answered.When(Dieter, s_comment).ThenNothing();
    }

    [Fact]
    public void The_first_message_is_a_comment_that_is_known() =>
        Started().When(Anna, s_comment with { CommentId = Id(101) }).ThenNothing();

    [Fact]
    public void The_latest_comment_ids_are_remembered()
    {
        var scenario = Started();
        for (var i = 0; i < Domain.Conversations.Conversation.RememberedIds; i++)
            scenario = scenario.After(Anna, s_comment with { CommentId = Id(1_000 + i) });
        for (var i = 0; i < Domain.Conversations.Conversation.RememberedIds; i++)
            scenario.When(Anna, s_comment with { CommentId = Id(1_000 + i) }).ThenNothing();
    }

    [Fact]
    public void Administrators_write_internal_notes_and_customers_do_not()
    {
        var note = s_comment with { Visibility = CommentVisibility.Internal };
        Started()
            .When(Anna, note)
            .Then(new CommentAdded(Id(102), Anna.Participant, "Danke", CommentVisibility.Internal));
        Started().When(Dieter, note).ThenRefused(new CustomersWriteNoInternalNotes());
    }

    [Fact]
    public void A_customer_comments_in_its_own_conversations_and_learns_nothing_of_others()
    {
        Started().When(Eva, s_comment).ThenRefused(new ConversationNotFound());
        Conversation().When(Eva, s_comment).ThenRefused(new ConversationNotFound());
        Started().After(Dieter, s_comment).When(Eva, s_comment).ThenRefused(new ConversationNotFound());
        Started().When(Eva, s_comment with { Body = "\0" }).ThenRefused(new ConversationNotFound());
    }

    [Fact]
    public void An_auditor_comments_nothing_not_even_again()
    {
        Started().When(Auditor, s_comment).ThenRefused(new AuditorsWriteNothing());
        Started().After(Anna, s_comment).When(Auditor, s_comment).ThenRefused(new AuditorsWriteNothing());
        Conversation().When(Auditor, s_comment).ThenRefused(new ConversationNotFound());
    }

    [Fact]
    public void A_comment_needs_its_conversation() =>
        Conversation().When(Anna, s_comment).ThenRefused(new ConversationNotFound());

    [Fact]
    public void Who_is_awaited_follows_from_the_last_public_comment_and_the_status()
    {
        var started = Started();
        var customer = started.After(Dieter, s_comment);
        customer.State!.Awaiting.ShouldBe(Awaiting.Office);
        customer
            .After(Bernd, new AddComment(Id(103), "Notiz", CommentVisibility.Internal, []))
            .State!.Awaiting.ShouldBe(Awaiting.Office);
        customer
            .After(Bernd, new AddComment(Id(103), "Gern", CommentVisibility.Public, []))
            .State!.Awaiting.ShouldBe(Awaiting.Nobody);
        customer
            .After(Bernd, new ChangeStatus(ConversationStatus.Attention, null))
            .State!.Awaiting.ShouldBe(Awaiting.Customer);
        customer
            .After(Bernd, new ChangeStatus(ConversationStatus.Answered, null))
            .State!.Awaiting.ShouldBe(Awaiting.Nobody);
        Started(ConversationStatus.Attention).After(Dieter, s_comment).State!.Awaiting.ShouldBe(Awaiting.Office);
        customer
            .After(Bernd, new ChangeStatus(ConversationStatus.Answered, null))
            .After(Bernd, new ChangeStatus(ConversationStatus.Open, null))
            .State!.Awaiting.ShouldBe(Awaiting.Office);
    }
}
