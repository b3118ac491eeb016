using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Messaging.Domain.Tests.Files;
using Shouldly;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Conversations;

public sealed class CreateConversationTests
{
    private static readonly CreateConversation s_create = new(
        Id(100), Krause, "Lohnabrechnung", "Guten Tag", ConversationStatus.Open, null, null, false, Id(101), [],
        CustomersMayStart: false);

    [Fact]
    public void The_first_message_is_part_of_the_start() =>
        Conversation().When(Anna, s_create).Then(
            new ConversationCreated(KrauseId, Anna.Participant, "Lohnabrechnung", ConversationStatus.Open, null, false),
            new CommentAdded(Id(101), Anna.Participant, "Guten Tag", CommentVisibility.Public));

    [Theory]
    [InlineData(ConversationStatus.Open)]
    [InlineData(ConversationStatus.Attention)]
    [InlineData(ConversationStatus.Answered)]
    public void An_administrator_starts_with_any_status_a_responsible_administrator_and_the_flag(
        ConversationStatus status) =>
        Conversation()
            .When(
                Anna,
                s_create with
                {
                    Status = status,
                    ResponsibleAdministratorId = Bernd.Id,
                    Responsible = State(Bernd),
                    NotifyAllAdministrators = true,
                }
            )
            .Then(
                new ConversationCreated(KrauseId, Anna.Participant, "Lohnabrechnung", status, Bernd.Id, true),
                new CommentAdded(Id(101), Anna.Participant, "Guten Tag", CommentVisibility.Public));

    [Fact]
    public void Subject_and_body_are_stored_as_given()
    {
        const string subject = "  <b>&amp; Ä\u0308 ";
        const string body = "\r\n\t<script>alert(1)</script> \u200b😀\u202e ";
        Conversation().When(Anna, s_create with { Subject = subject, Body = body }).Then(
            new ConversationCreated(KrauseId, Anna.Participant, subject, ConversationStatus.Open, null, false),
            new CommentAdded(Id(101), Anna.Participant, body, CommentVisibility.Public));
    }

    [Fact]
    public void A_subject_has_1_to_200_characters_however_many_units_they_take()
    {
        Conversation().When(Anna, s_create with { Subject = "x" }).ThenAccepted();
        Conversation().When(Anna, s_create with { Subject = Repeat("😀", 200) }).ThenAccepted();
        Conversation()
            .When(Anna, s_create with { Subject = Repeat("😀", 201) })
            .ThenRefused(new TextIsTooLong("subject", 201, 200));
        Conversation().When(Anna, s_create with { Subject = "" }).ThenRefused(new TextIsEmpty("subject"));
        Conversation().When(Anna, s_create with { Subject = " \u00a0\t" }).ThenRefused(new TextIsEmpty("subject"));
    }

    [Fact]
    public void A_subject_is_one_line_of_well_formed_text()
    {
        Conversation().When(Anna, s_create with { Subject = "a\0b" }).ThenRefused(new TextHasNul("subject", 1));
        Conversation().When(Anna, s_create with { Subject = "a\ud800" }).ThenRefused(new TextIsIllFormed("subject", 1));
        Conversation()
            .When(Anna, s_create with { Subject = "a\r\nBcc: b@c.example" })
            .ThenRefused(new TextHasControlCharacter("subject", 1));
        Conversation()
            .When(Anna, s_create with { Subject = "a\u2028b" })
            .ThenRefused(new TextHasControlCharacter("subject", 1));
    }

    [Fact]
    public void A_body_has_1_to_20000_characters_of_well_formed_text()
    {
        Conversation().When(Anna, s_create with { Body = Repeat("😀", 20_000) }).ThenAccepted();
        Conversation()
            .When(Anna, s_create with { Body = Repeat("x", 20_001) })
            .ThenRefused(new TextIsTooLong("body", 20_001, 20_000));
        Conversation().When(Anna, s_create with { Body = "\r\n " }).ThenRefused(new TextIsEmpty("body"));
        Conversation().When(Anna, s_create with { Body = "\0" }).ThenRefused(new TextHasNul("body", 0));
        Conversation().When(Anna, s_create with { Body = "\udc00\ud800" }).ThenRefused(new TextIsIllFormed("body", 0));
    }

    [Fact]
    public void The_customer_must_be_there() =>
        Conversation().When(Anna, s_create with { Customer = null }).ThenRefused(new CustomerNotFound());

    [Fact]
    public void An_id_starts_one_conversation_only() =>
        Started().When(Anna, s_create).ThenRefused(new ConversationExists());

    [Fact]
    public void Only_an_active_administrator_of_the_organisation_is_responsible()
    {
        var asked = s_create with { ResponsibleAdministratorId = Bernd.Id };
        var unknown = new AdministratorNotFound("responsibleAdministratorId");
        Conversation().When(Anna, asked).ThenRefused(unknown);
        Conversation()
            .When(Anna, asked with { Responsible = State(Bernd) with { Role = Role.Auditor } })
            .ThenRefused(unknown);
        Conversation()
            .When(Anna, asked with { Responsible = State(Bernd) with { Active = false } })
            .ThenRefused(new AdministratorIsDeactivated("responsibleAdministratorId"));
        Conversation().When(Anna, asked with { Responsible = State(Bernd) with { Joined = false } }).ThenAccepted();
    }

    [Fact]
    public void An_auditor_starts_nothing() =>
        Conversation().When(Auditor, s_create).ThenRefused(new AuditorsWriteNothing());

    [Fact]
    public void A_customer_starts_conversations_where_the_organisation_lets_it()
    {
        Conversation().When(Dieter, s_create).ThenRefused(new CustomersMayNotStartConversations());
        Conversation()
            .When(Dieter, s_create with { CustomersMayStart = true })
            .Then(
                new ConversationCreated(
                    KrauseId, Dieter.Participant, "Lohnabrechnung", ConversationStatus.Open, null, false),
                new CommentAdded(Id(101), Dieter.Participant, "Guten Tag", CommentVisibility.Public)
            );
    }

    [Fact]
    public void A_customer_starts_conversations_of_its_own_and_learns_nothing_of_others()
    {
        var create = s_create with { CustomersMayStart = true };
        Conversation().When(Eva, create).ThenRefused(new CustomerNotFound());
        Conversation().When(Eva, create with { Customer = null }).ThenRefused(new CustomerNotFound());
        Conversation().When(Eva, create with { CustomersMayStart = false }).ThenRefused(new CustomerNotFound());
    }

    [Fact]
    public void A_customer_sets_no_status_chooses_nobody_and_tells_nobody()
    {
        var create = s_create with { CustomersMayStart = true };
        Conversation()
            .When(Dieter, create with { Status = ConversationStatus.Attention })
            .ThenRefused(new CustomersSetNoStatus());
        Conversation()
            .When(Dieter, create with { Status = ConversationStatus.Answered })
            .ThenRefused(new CustomersSetNoStatus());
        Conversation()
            .When(Dieter, create with { ResponsibleAdministratorId = Bernd.Id, Responsible = State(Bernd) })
            .ThenRefused(new CustomersAssignNobody());
        Conversation()
            .When(Dieter, create with { NotifyAllAdministrators = true })
            .ThenRefused(new CustomersNotifyNobody());
    }

    [Fact]
    public void The_first_message_brings_its_files()
    {
        var file = AttachedFilesTests.Uploaded(200, Anna);
        Conversation()
            .When(Anna, s_create with { Files = [file] })
            .Then(
                new ConversationCreated(
                    KrauseId, Anna.Participant, "Lohnabrechnung", ConversationStatus.Open, null, false),
                new CommentAdded(Id(101), Anna.Participant, "Guten Tag", CommentVisibility.Public),
                AttachedFilesTests.Attached(file, Id(101), Anna)
            );
        Conversation()
            .When(Anna, s_create with { Files = [AttachedFilesTests.Uploaded(200, Bernd)] })
            .ThenRefused(new FileNotFound(0));
    }

    [Fact]
    public void What_was_said_first_decides_who_is_awaited()
    {
        Awaited(Anna, ConversationStatus.Open).ShouldBe(Awaiting.Nobody);
        Awaited(Anna, ConversationStatus.Attention).ShouldBe(Awaiting.Customer);
        Awaited(Anna, ConversationStatus.Answered).ShouldBe(Awaiting.Nobody);
        Awaited(Dieter, ConversationStatus.Open).ShouldBe(Awaiting.Office);
    }

    private static Awaiting Awaited(Actor actor, ConversationStatus status) =>
        Conversation()
            .After(actor, s_create with { Status = status, CustomersMayStart = true })
            .State.ShouldNotBeNull()
            .Awaiting;

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));
}
