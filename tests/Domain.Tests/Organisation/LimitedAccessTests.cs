using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Shouldly;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Organisation;

/// <summary>Who sees some of the customers only, or conversations of some topics only.</summary>
public sealed class LimitedAccessTests
{
    private static readonly AdministratorInvited s_invited =
        new("Bernd Winter", "bernd@kanzlei-sommer.example", Role.Administrator, false, "de");

    private static readonly ContactInvited s_contact = new(KrauseId, "Dieter", "dieter@krause.example", "de");

    [Fact]
    public void An_owner_gives_customers_and_all_of_them_back()
    {
        var limited = Administrator(Bernd.Id, s_invited).After(Anna, Limit([KrauseId], [" Lohn "]));
        limited.State!.Given!.AreSameAs(new GivenCustomers([KrauseId], ["LOHN"])).ShouldBeTrue();
        limited.State.MaySee(Krause).ShouldBeTrue();
        limited.State.MaySee(Krause with { Id = LindnerId }).ShouldBeFalse();
        limited.State.MaySee(Krause with { Id = LindnerId, Tags = ["lohn"] }).ShouldBeTrue();
        limited.When(Anna, Limit([KrauseId, KrauseId], ["lohn"])).ThenNothing();
        limited.When(Anna, new LimitAccess(null, _ => true)).Then(new AdministratorUnlimited());
        Administrator(Bernd.Id, s_invited).When(Anna, new LimitAccess(null, _ => true)).ThenNothing();
    }

    [Fact]
    public void Nobody_but_an_owner_does()
    {
        foreach (var actor in (Actor[])[Bernd, Carla, Auditor, Dieter])
        {
            Administrator(Bernd.Id, s_invited)
                .When(actor, Limit([KrauseId], []))
                .ThenRefused(new OnlyOwnersChangeAdministrators());
        }
    }

    [Fact]
    public void An_owner_is_never_limited_and_who_is_one_no_longer_is_again()
    {
        var owner = Administrator(Bernd.Id, s_invited)
            .After(Anna, Limit([KrauseId], []))
            .After(Anna, new ChangeRole(null, true));
        owner.State!.Limit().ShouldBeNull();
        owner.When(Anna, Limit([], [])).ThenRefused(new OwnersAreNotLimited());
        owner.After(Anna, new ChangeRole(null, false)).State!.MaySee(Krause with { Id = LindnerId }).ShouldBeFalse();
    }

    [Fact]
    public void What_there_is_not_and_what_is_too_much_is_named()
    {
        var bernd = Administrator(Bernd.Id, s_invited);
        bernd.When(
                Anna, new LimitAccess(new GivenCustomers([KrauseId, LindnerId], []), id => id == KrauseId, "access."))
            .ThenRefused(new CustomerNotFound("access.customerIds.1"));
        bernd.When(Anna, Limit([.. Enumerable.Range(1, 201).Select(Id)], []))
            .ThenRefused(new TooManyGiven("customerIds", 200, "access."));
        bernd.When(Anna, Limit([], [.. Enumerable.Range(1, 21).Select(i => $"{i}")]))
            .ThenRefused(new TooManyGiven("tags", 20, "access."));
    }

    [Fact]
    public void Somebody_limited_to_nothing_sees_no_customer() =>
        Administrator(Bernd.Id, s_invited).After(Anna, Limit([], [])).State!.MaySee(Krause).ShouldBeFalse();

    [Fact]
    public void Who_sees_some_customers_registers_none_and_changes_no_tags()
    {
        var bernd = Bernd with { Given = new GivenCustomers([KrauseId], []) };
        Customer()
            .When(bernd, new RegisterCustomer("Neu"))
            .ThenRefused(
                new LimitedAdministratorsChangeNoAccess(
                    "You see some of the customers only: somebody who sees all of them registers new ones."));
        var krause = Customer(new CustomerRegistered("Krause"), new CustomerTagged("Lohn"));
        krause
            .When(bernd, new UpdateCustomer(null, null, false, null, ["Lohn", "Süd"]))
            .ThenRefused(
                new LimitedAdministratorsChangeNoAccess(
                    "Tags of customers decide who sees them: somebody who sees all customers changes them.", "tags"));
        krause.When(bernd, new UpdateCustomer("Krause & Söhne", null, false, null, ["Lohn"])).ThenAccepted();
    }

    [Fact]
    public void Whoever_is_responsible_sees_the_customer()
    {
        var carla = State(Carla) with { Given = new GivenCustomers([LindnerId], []) };
        Started()
            .When(Anna, new AssignAdministrator(Carla.Id, carla) { Customer = Krause })
            .ThenRefused(new AdministratorDoesNotSeeCustomer("administratorId"));
        Started().When(Anna, new AssignAdministrator(Carla.Id, carla) { Customer = Krause with { Id = LindnerId } })
            .ThenAccepted();
        Customer(new CustomerRegistered("Krause"))
            .When(Anna, new AssignDefaultAdministrator(Carla.Id, carla))
            .ThenRefused(new AdministratorDoesNotSeeCustomer("administratorId"));
        Conversation()
            .When(Anna, Create(Anna) with { ResponsibleAdministratorId = Carla.Id, Responsible = carla })
            .ThenRefused(new AdministratorDoesNotSeeCustomer("responsibleAdministratorId"));

        // Nobody asked for the default one: they are passed over.
        Conversation()
            .When(Anna, Create(Anna) with { Default = carla })
            .Events.OfType<ConversationCreated>().Single().ResponsibleAdministratorId.ShouldBeNull();
    }

    [Fact]
    public void A_contact_is_limited_to_topics_by_an_administrator()
    {
        var dieter = Contact(s_contact).After(Bernd, new GiveTopics(["Lohn", " lohn", "Steuern"]));
        dieter.State!.Topics.ShouldBe(["Lohn", "Steuern"]);
        dieter.When(Bernd, new GiveTopics(["STEUERN", "lohn"])).ThenNothing();
        dieter.When(Dieter, new GiveTopics([])).ThenRefused(new OnlyAdministratorsChangeCustomers());
        dieter.After(Bernd, new GiveTopics([])).State!.Topics.ShouldBeEmpty();
        var conversation = Started().State!;
        dieter.State.MaySee(conversation).ShouldBeFalse();
        dieter.State.MaySee(conversation with { Tags = ["LOHN"] }).ShouldBeTrue();
        dieter.State.MaySee(conversation with { Tags = ["Lohn"], CustomerId = LindnerId }).ShouldBeFalse();
    }

    [Fact]
    public void What_a_contact_of_topics_begins_is_about_one_of_them()
    {
        var one = Dieter with { Topics = ["Lohn"] };
        Conversation().When(one, Create(one)).Events.OfType<ConversationTagged>().ShouldBe([new("Lohn")]);
        var two = Dieter with { Topics = ["Lohn", "Steuern"] };
        Conversation().When(two, Create(two)).ThenRefused(new TopicIsNeeded());
        Conversation().When(two, Create(two, "Mahnung")).ThenRefused(new TopicIsNotYours(0));
        Conversation().When(two, Create(two, "steuern")).Events.OfType<ConversationTagged>()
            .ShouldBe([new("Steuern")]);

        // Others of the customer know nothing of tags.
        Conversation().When(Dieter, Create(Dieter)).Events.OfType<ConversationTagged>().ShouldBeEmpty();
        Conversation().When(Dieter, Create(Dieter, "Lohn")).ThenRefused(new CustomersTagNothing());
    }

    [Fact]
    public void Tags_of_a_conversation_are_the_offices_and_differ_in_more_than_case()
    {
        Started().When(Bernd, Tags(["Lohn", "lohn "])).Then(new ConversationTagged("Lohn"));
        var tagged = Started(later: new ConversationTagged("Lohn"));
        tagged.When(Bernd, Tags(["LOHN"])).ThenNothing();
        tagged.When(Bernd, Tags(["Steuern"], ["lohn"]))
            .Then(new ConversationUntagged("Lohn"), new ConversationTagged("Steuern"));
        tagged.When(Bernd, Tags([], ["Fehlt"])).ThenNothing();
        tagged.When(Dieter, Tags([], ["Lohn"])).ThenRefused(new CustomersTagNothing());
        tagged.When(Auditor, Tags([], ["Lohn"])).ThenRefused(new AuditorsWriteNothing());
        tagged.When(Bernd, Tags([.. Enumerable.Range(1, 20).Select(i => $"{i}")]))
            .ThenRefused(new TooManyConversationTags("add", 20));
    }

    private static LimitAccess Limit(Guid[] ids, string[] tags) =>
        new(new GivenCustomers([.. ids], [.. tags]), _ => true, "access.");

    private static ChangeTags Tags(string[] add, string[]? remove = null) => new([.. add], [.. remove ?? []]);

    private static CreateConversation Create(Actor by, params string[] tags) =>
        new(
            Id(100), Krause, "Lohnabrechnung", "Guten Tag", ConversationStatus.Open, null, null, false, Id(101), [],
            CustomersMayStart: by is Actor.Contact)
        {
            Tags = [.. tags],
        };
}
