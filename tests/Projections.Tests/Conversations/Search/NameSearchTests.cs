using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Messaging.Projections.Conversations;
using Messaging.Projections.Conversations.Search;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Conversations.Search;

/// <summary>
/// The names of customers and people find the conversations that they are in, as far as one may see that.
/// </summary>
public sealed class NameSearchTests(Store store) : IClassFixture<Store>
{
    [Fact]
    public async Task The_name_of_a_customer_finds_its_conversations()
    {
        var office = await Office.OpenAsync(store);
        var weingut = Guid.CreateVersion7();
        await office.AppendAsync(weingut, new CustomerRegistered("Weingut O’Neill & Söhne GmbH"));
        Guid[] theirs =
        [
            await office.ConverseAsync(customer: weingut, subject: "x", body: "y"),
            await office.ConverseAsync(customer: weingut, subject: "Belege", body: "y"),
        ];
        await office.ConverseAsync(subject: "x", body: "y");
        foreach (
            var search in (string[])
                [
                    "Weingut", "weing", "WEINGUT söhne", "soehne weingut", "ONeill", "o'neill", "gmbh weingut",
                    "Weingut O’Neill & Söhne GmbH", "x weingut", "weingüter"
                ]
        )
            await FoundAsync(office, office.Anna, search, search is "x weingut" ? [theirs[0]] : theirs);
        await FoundAsync(office, office.Anna, "weingut belege", theirs[1]);
        await FoundAsync(office, office.Anna, "weingut lehmann");
        await FoundAsync(office, office.Dieter, "weingut");
    }

    [Fact]
    public async Task A_colleague_finds_what_they_write_in_or_are_responsible_for_and_a_contact_what_the_customer_has()
    {
        var office = await Office.OpenAsync(store);
        var byDieter = await office.ConverseAsync(office.Dieter, subject: "a", body: "b");
        var byAnna = await office.ConverseAsync(subject: "c", body: "d");
        var commented = await office.ConverseAsync(customer: office.Lehmann, subject: "e", body: "f");
        await office.CommentAsync(commented, office.Bernd, "g");
        await FoundAsync(office, office.Anna, "dieter", byDieter, byAnna);
        await FoundAsync(office, office.Anna, "Dieter Krause", byDieter, byAnna);
        await FoundAsync(office, office.Anna, "dieter c", byAnna);
        await FoundAsync(office, office.Anna, "frank", commented);
        await FoundAsync(office, office.Anna, "Anna Sommer", byAnna, commented);
        await FoundAsync(office, office.Anna, "bernd", commented);
        await FoundAsync(office, office.Anna, "anna bernd", commented);

        await office.AppendAsync(byDieter, new AdministratorAssigned(office.Bernd.Actor.Id));
        await FoundAsync(office, office.Anna, "bernd", commented, byDieter);
        await office.AppendAsync(byDieter, new AdministratorAssigned(office.Anna.Actor.Id));
        await FoundAsync(office, office.Anna, "bernd", commented);
        await FoundAsync(office, office.Anna, "anna", byAnna, commented, byDieter);
        await office.AppendAsync(byDieter, new AdministratorUnassigned(office.Anna.Actor.Id));
        await FoundAsync(office, office.Anna, "anna", byAnna, commented);
        await FoundAsync(office, office.Anna, "krause", byDieter, byAnna);
    }

    [Fact]
    public async Task Who_is_renamed_is_found_by_the_name_they_have()
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync(office.Dieter, subject: "a", body: "b");
        await office.AppendAsync(office.Dieter.Actor.Id, new ContactRenamed("Dietmar Özdemir"));
        await FoundAsync(office, office.Anna, "özdemir", conversation);
        await FoundAsync(office, office.Anna, "oezdemir", conversation);
        await office.AppendAsync(office.Dieter.Actor.Id, new ContactRenamed("Ahmet Özdemir"));
        await FoundAsync(office, office.Anna, "dietmar");
        await FoundAsync(office, office.Anna, "ahmet", conversation);
        await office.CommentAsync(conversation, office.Bernd, "c");
        await office.AppendAsync(office.Bernd.Actor.Id, new AdministratorRenamed("Bernadette Frühling"));
        await FoundAsync(office, office.Anna, "frühling", conversation);
        await FoundAsync(office, office.Anna, "winter");
        await FoundAsync(office, office.Anna, "frühling özdemir", conversation);
    }

    [Fact]
    public async Task The_number_of_a_customer_and_the_address_of_a_contact_find_conversations()
    {
        var office = await Office.OpenAsync(store);
        var byDieter = await office.ConverseAsync(office.Dieter, subject: "a", body: "b");
        var byAnna = await office.ConverseAsync(subject: "c", body: "d");
        await office.ConverseAsync(customer: office.Lehmann, subject: "e", body: "f");
        await FoundAsync(office, office.Anna, "70815");
        await office.AppendAsync(office.Krause, new CustomerNumbered("70815"));
        await FoundAsync(office, office.Anna, "70815", byDieter, byAnna);
        await FoundAsync(office, office.Anna, "dieter@krause.example", byDieter, byAnna);
        await FoundAsync(office, office.Frank, "70815");
        await FoundAsync(office, office.Frank, "dieter@krause.example");
        await office.AppendAsync(office.Krause, new CustomerNumbered("M-4711"), new CustomerRenamed("Brotwerk"));
        await FoundAsync(office, office.Anna, "70815");
        await FoundAsync(office, office.Anna, "M-4711", byDieter, byAnna);
        await FoundAsync(office, office.Anna, "brotwerk", byDieter, byAnna);
        await FoundAsync(office, office.Anna, "bäckerei");
        await office.AppendAsync(office.Krause, new CustomerNumbered("0081577"));
        foreach (var search in (string[])["0081577", "81577", "00815"])
            await FoundAsync(office, office.Anna, search, byDieter, byAnna);
        await FoundAsync(office, office.Anna, "1577");
        await office.AppendAsync(office.Krause, new CustomerNumbered(null));
        await FoundAsync(office, office.Anna, "M-4711");
    }

    [Fact]
    public async Task A_customer_finds_by_name_only_what_they_may_see()
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync(subject: "a", body: "b");
        await office.CommentAsync(conversation, office.Bernd, "Intern", CommentVisibility.Internal);
        await office.ConverseAsync(customer: office.Lehmann, subject: "a", body: "b");
        await FoundAsync(office, office.Anna, "bernd", conversation);
        await FoundAsync(office, office.Dieter, "bernd");
        await FoundAsync(office, office.Dieter, "anna", conversation);
        await FoundAsync(office, office.Dieter, "bäckerei", conversation);
        await FoundAsync(office, office.Dieter, "lehmann");
        await FoundAsync(office, office.Dieter, "frank");
        await office.AppendAsync(conversation, new AdministratorAssigned(office.Bernd.Actor.Id));
        await FoundAsync(office, office.Dieter, "bernd", conversation);
    }

    [Fact]
    public async Task A_contact_who_never_wrote_or_has_left_finds_the_conversations_of_the_customer_for_the_office()
    {
        var office = await Office.OpenAsync(store);
        var heike = Guid.CreateVersion7();
        await office.AppendAsync(
            heike, new ContactInvited(office.Krause, "Heike Vogel", "vogel@krause.example", "de"));
        var ofKrause = await office.ConverseAsync(subject: "a", body: "b");
        var secret = await office.ConverseAsync(subject: "c", body: "d");
        await office.ConverseAsync(customer: office.Lehmann, subject: "e", body: "f");
        foreach (var search in (string[])["heike", "vogel heike", "vogel@krause.example"])
            await FoundAsync(office, office.Anna, search, ofKrause, secret);
        await office.AppendAsync(heike, new ContactDeactivated());
        await FoundAsync(office, office.Anna, "Heike Vogel", ofKrause, secret);

        // To a colleague of theirs the name stands for what they wrote, and no more.
        await FoundAsync(office, office.Dieter, "heike");
        await FoundAsync(office, office.Frank, "heike");

        // Who is limited finds what they see.
        await office.AppendAsync(
            office.Bernd.Actor.Id, new AdministratorLimited([office.Lehmann], []));
        var bernd = office.Bernd with { IsLimited = true };
        await FoundAsync(office, bernd, "heike");
        await office.AppendAsync(office.Bernd.Actor.Id, new AdministratorLimited([office.Krause], []));
        await FoundAsync(office, bernd, "heike", ofKrause, secret);
        await office.AppendAsync(office.Dieter.Actor.Id, new ContactTopicsGiven(["Lohn"]));
        await office.AppendAsync(ofKrause, new ConversationTagged("Lohn"));
        await office.AppendAsync(secret, new CommentAdded(
            Guid.CreateVersion7(), Participant.Contact(heike), "Unter uns", CommentVisibility.Public));
        var dieter = office.Dieter with { IsLimited = true };
        await FoundAsync(office, dieter, "heike");
        await office.AppendAsync(secret, new ConversationTagged("Lohn"));
        await FoundAsync(office, dieter, "heike", secret);
    }

    [Fact]
    public async Task A_word_that_many_names_have_counts_for_those_that_another_word_finds()
    {
        var office = await Office.OpenAsync(store);
        var ids = new List<Guid>();
        for (var i = 0; i <= NamesFound.Maximum; i++)
        {
            var customer = Guid.CreateVersion7();
            await office.AppendAsync(customer, new CustomerRegistered($"Firma{(char)('a' + i)} GmbH"));
            ids.Add(await office.ConverseAsync(customer: customer, subject: "a", body: "b"));
        }

        await FoundAsync(office, office.Anna, "firmac gmbh", ids[2]);
        await FoundAsync(office, office.Anna, "gmbh");
        var text = await office.ConverseAsync(subject: "Eine GmbH gründen", body: "b");
        await FoundAsync(office, office.Anna, "gmbh", text);
    }

    private async Task FoundAsync(Office office, Caller caller, string search, params Guid[] expected)
    {
        var filter = new ConversationFilter(Search: search);
        (await store.Conversations.PageAsync(caller, filter, ConversationOrder.Default, First(50), Cancellation))
            .Nodes()
            .Select(c => c.Id)
            .ShouldBe(expected, ignoreOrder: true, search);
        (await store.Conversations.CountAsync(caller, filter, Cancellation)).ShouldBe(expected.Length, search);
        (await store.Conversations.MatchingAsync(caller, filter, expected, Cancellation)).Count.ShouldBe(
            expected.Length, search);
        var byCustomer = await store.Conversations.CountsByCustomerAsync(
            caller, [office.Krause, office.Lehmann], filter, Cancellation);
        var pages = await store.Conversations.PagesByCustomerAsync(
            caller, [office.Krause, office.Lehmann], filter, First(50), Cancellation);
        foreach (var (customer, page) in pages)
            page.Nodes().Count().ShouldBe(byCustomer[customer], search);
    }
}
