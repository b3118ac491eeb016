using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Customers.Import;

/// <summary>
/// Carries out a line of an import, whole or not at all. It is decided anew, and refused when its effect would be
/// another than the dry run said.
/// </summary>
/// <param name="CustomerId">The customer that the dry run found, or the new one.</param>
/// <param name="Planned">The dry run's decision.</param>
[Stored("ImportCustomerCommand")]
public sealed record ImportCustomerCommand(
    Caller Caller, Guid ImportId, int Line, Guid CustomerId, ImportedCustomer Content, ImportDecision Planned)
    : Command(Caller)
{
    internal override IReadOnlyList<Guid> IdempotencyKeys => [ImportIds.OfCommand(ImportId, Line)];

    internal override void Describe(ReceiptContent content)
    {
        content.Add("ImportId", ImportId).Add("Line", Line).Add("CustomerId", CustomerId)
            .Add("Number", Content.Number).Add("Name", Content.Name)
            .Add("Emails", [.. Content.Contacts.Select(c => c.Email)])
            .Add("DisplayNames", [.. Content.Contacts.Select(c => c.DisplayName)])
            .Add("Locales", [.. Content.Contacts.Select(c => c.Locale ?? "")]);
    }

    internal override void Read(ReadSet reads)
    {
        reads.Stream(Caller.OrganisationId);
        reads.Stream(CustomerId);
        reads.Lookup(CustomerNumbers.Owners, [.. NumberKeys]);
        if (Content.Name.Length > 0)
            reads.Lookup(ImportLookups.Named, CustomerImportDecider.NameKeyOf(Content.Name));
        reads.Lookup(ImportLookups.Contacts, CustomerId);
        for (var i = 0; i < Content.Contacts.Length; i++)
        {
            reads.Stream(ImportIds.OfContact(ImportId, Line, i));
            reads.Email(Content.Contacts[i].Email);
        }
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (work.State<OrganisationState>(Caller.OrganisationId) is not { } organisation)
            return new OrganisationNotFound();
        var state = work.State<Customer>(CustomerId);
        var match = CustomerImportDecider.Match(Content, ByNumber(), Near(), ByName());
        var known = work.Find(ImportLookups.Contacts, CustomerId);
        var uses = Content.Contacts
            .Select(c => ImportLookups.UseOf(c, known, work.IsEmailTaken(c.Email, CustomerId)))
            .ToList();
        var decision = CustomerImportDecider.Decide(Content, match, uses);
        var isNew = decision.Outcome is ImportOutcome.Created;
        if (!decision.HasEffectOf(Planned.Outcome, Planned.Changes, Planned.NewContacts)
            || (isNew ? work.IsStream(CustomerId) : match.Customer?.Id != CustomerId))
            return new ImportedStateHasChanged();

        if (isNew)
        {
            var register = CustomerDecider.Decide(new RegisterCustomer(Content.Name), null, Caller.Actor);
            if (work.Record(CustomerId, register) is { } unregistered) return unregistered;
        }

        var update = CustomerDecider.Decide(
            new UpdateCustomer(Given(Content.Name), Given(Content.Number), false, null, null),
            work.State<Customer>(CustomerId), Caller.Actor);
        if (work.Record(CustomerId, update) is { } unchanged) return unchanged;
        var (before, now) = (state?.Number, work.State<Customer>(CustomerId)!);
        work.MoveNumber(CustomerId, CustomerNumbers.KeyOf(before), CustomerNumbers.KeyOf(now.Number));
        Rename(state?.Name, now);
        foreach (var place in decision.NewContacts)
        {
            if (Add(place, now, organisation.Locale) is { } refusal) return refusal;
        }

        return null;

        KnownCustomer? ByNumber()
        {
            if (Content.Number.Length == 0) return null;
            if (work.Find(CustomerNumbers.Owners, CustomerDecider.KeyOf(Content.Number)) is not { } owner) return null;
            return owner == CustomerId && state is not null
                ? new KnownCustomer(owner, state.Name, state.Number, state.HasEnded(work.Now))
                : new KnownCustomer(owner, "", null, false);
        }

        string? Near() => Content.Number.Length == 0 ? null : CustomerImportDecider.NearKeysOf(Content.Number)
            .FirstOrDefault(key => work.Find(CustomerNumbers.Owners, key) is not null);

        IReadOnlyCollection<KnownCustomer> ByName()
        {
            if (Content.Name.Length == 0) return [];
            var named = work.Find(ImportLookups.Named, CustomerImportDecider.NameKeyOf(Content.Name));
            return named.IsDefault ? [] : named;
        }

        // Later lines of the batch find the customer by its name of now.
        void Rename(string? from, Customer customer)
        {
            if (Content.Name.Length == 0) return;
            var key = CustomerImportDecider.NameKeyOf(Content.Name);
            var others = ByName().Where(c => c.Id != CustomerId);
            work.Set(
                ImportLookups.Named, key,
                [.. others, new KnownCustomer(CustomerId, customer.Name, customer.Number, false)]);
            if (from is null || CustomerImportDecider.NameKeyOf(from) == key) return;
            work.Revise(
                ImportLookups.Named,
                (of, customers) => of == key ? customers : [.. customers.Where(c => c.Id != CustomerId)]);
        }

        Refusal? Add(int place, Customer customer, string officeLocale)
        {
            var (contact, id) = (Content.Contacts[place], ImportIds.OfContact(ImportId, Line, place));
            var enter = new InviteContact(
                customer, contact.DisplayName, contact.Email, contact.Locale ?? officeLocale, false)
            { Mails = false };
            if (work.Record(id, ContactDecider.Decide(enter, work.State<Contact>(id), Caller.Actor)) is { } refusal)
                return refusal;
            new Newcomer(id, contact.DisplayName, contact.Email, null).OpenAccount(
                work, Caller, Role.Customer, isOwner: false, CustomerId);
            var entered = new KnownContact(EmailKey.Of(contact.Email), contact.DisplayName, true);
            known = known.IsDefault ? [entered] : known.Add(entered);
            work.Set(ImportLookups.Contacts, CustomerId, known);
            return null;
        }
    }

    private IEnumerable<string> NumberKeys => Content.Number.Length == 0
        ? []
        : CustomerImportDecider.NearKeysOf(Content.Number).Prepend(CustomerDecider.KeyOf(Content.Number));

    private static string? Given(string text) => text.Length == 0 ? null : text;
}
