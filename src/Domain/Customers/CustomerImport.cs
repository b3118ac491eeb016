using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Messaging.Domain.Customers;

/// <summary>The effect of a line of an import.</summary>
[Stored("import_outcome")]
public enum ImportOutcome
{
    /// <summary>The office gets a new customer.</summary>
    Created = 0,

    /// <summary>A customer is renamed, numbered, or gets a contact.</summary>
    Changed = 1,

    /// <summary>The office has all of the line already.</summary>
    Unchanged = 2,

    /// <summary>Nothing of the line happens.</summary>
    Refused = 3,
}

/// <summary>A part of a customer that a line of an import changes.</summary>
[Stored("import_change")]
public enum ImportChange
{
    /// <summary>The name.</summary>
    Name = 0,

    /// <summary>The number.</summary>
    Number = 1,

    /// <summary>The customer gets contacts.</summary>
    Contacts = 2,
}

/// <summary>A fact about a line of an import that the office should know, although nothing is refused.</summary>
[Stored("import_note")]
public enum ImportNote
{
    /// <summary>Another customer has the same name and another number.</summary>
    NameOfAnother = 0,

    /// <summary>The contact is there under another name, which is theirs to change.</summary>
    ContactKeepsName = 1,

    /// <summary>A contact without an address is left out.</summary>
    ContactWithoutAddress = 2,

    /// <summary>A cell begins as a formula does (+, - or @). It is kept as text.</summary>
    FormulaIsText = 3,
}

/// <summary>A contact as a line of an import names them.</summary>
/// <param name="DisplayName">The name, composed of title, given name and family name where these are apart.</param>
/// <param name="Email">The e-mail address.</param>
/// <param name="Locale">The language they are written to in; null for the office's.</param>
public sealed record ImportedContact(string DisplayName, string Email, string? Locale);

/// <summary>A customer as a line of an import names it.</summary>
/// <param name="Number">The office's number; empty when the line has none.</param>
/// <param name="Name">The name; empty when the line has none.</param>
public sealed record ImportedCustomer(string Number, string Name, ImmutableArray<ImportedContact> Contacts);

/// <summary>A customer that the office has already.</summary>
/// <param name="HasEnded">True when the mandate has ended.</param>
public sealed record KnownCustomer(Guid Id, string Name, string? Number, bool HasEnded);

/// <summary>The use of the address of an imported contact.</summary>
public enum AddressUse
{
    /// <summary>Nobody of the office or its customers has it.</summary>
    Free,

    /// <summary>A contact of the same customer has it, by the same name.</summary>
    OfContact,

    /// <summary>A contact of the same customer has it, by another name.</summary>
    OfContactOtherwiseNamed,

    /// <summary>It is that of a contact of the same customer who was deactivated.</summary>
    OfFormerContact,

    /// <summary>Another person has it.</summary>
    OfAnother,
}

/// <summary>The customer that a line is about.</summary>
/// <param name="Customer">The known one; null for a new one.</param>
/// <param name="Refusal">The reason why it cannot be told which it is, or why it cannot be a new one.</param>
/// <param name="HasNamesake">True when another customer has the same name.</param>
public sealed record ImportMatch(KnownCustomer? Customer, Refusal? Refusal = null, bool HasNamesake = false);

/// <summary>The decision on a line of an import.</summary>
/// <param name="NewContacts">Places of the line's contacts who are new.</param>
/// <param name="Refusal">The reason of a refused line.</param>
public sealed record ImportDecision(
    ImportOutcome Outcome, ImmutableArray<ImportChange> Changes, ImmutableArray<int> NewContacts,
    ImmutableArray<ImportNote> Notes, Refusal? Refusal)
{
    /// <summary>True when the effects are the same; notes may differ.</summary>
    public bool HasEffectOf(ImportOutcome outcome, IEnumerable<ImportChange> changes, IEnumerable<int> newContacts) =>
        Outcome == outcome && Changes.SequenceEqual(changes) && NewContacts.SequenceEqual(newContacts);
}

/// <summary>
/// Decides what becomes of a line of an import. The dry run and the run ask the same: what was shown is what happens,
/// or the line is refused because the office has changed meanwhile.
/// </summary>
public static partial class CustomerImportDecider
{
    /// <summary>The most contacts of one line.</summary>
    public const int ContactsMaximum = 20;

    // The longest number that zeros are added to, to find one that has lost its leading zeros.
    private const int PaddedMaximum = 10;

    /// <summary>Checks what can be said of a line without knowing the office.</summary>
    /// <returns>The refusal, whose field names the cell; null when there is nothing against it.</returns>
    public static Refusal? Check(ImportedCustomer line)
    {
        if (line.Number.Length == 0 && line.Name.Length == 0) return new ImportedNameIsMissing();
        if (line.Number.Length > 0)
        {
            if (Text.CheckLine(line.Number, "number", CustomerDecider.NumberMaximum) is { } number) return number;
            if (Reformatted().IsMatch(line.Number)) return new ImportedNumberIsReformatted(line.Number);
        }

        if (line.Name.Length > 0
            && Messaging.Domain.Name.CheckCompany(line.Name, "name", CustomerDecider.NameMaximum) is { } name)
            return name;
        if (line.Contacts.Length > ContactsMaximum) return new TooManyImportedContacts();
        for (var i = 0; i < line.Contacts.Length; i++)
        {
            var contact = line.Contacts[i];
            if (EmailAddress.Check(contact.Email, $"contacts.{i}.email") is { } email) return email;
            if (Messaging.Domain.Name.CheckPerson(contact.DisplayName, $"contacts.{i}.name") is { } person)
                return person;
            for (var before = 0; before < i; before++)
            {
                if (EmailAddress.AreSame(contact.Email, line.Contacts[before].Email))
                    return new ImportedAddressIsTaken(i);
            }
        }

        return null;
    }

    /// <summary>
    /// Keys of numbers that differ from this one by leading zeros alone: spreadsheets take these away.
    /// </summary>
    public static IReadOnlyList<string> NearKeysOf(string number)
    {
        var key = CustomerDecider.KeyOf(number);
        if (key.Length == 0 || !key.All(char.IsAsciiDigit)) return [];
        var bare = key.TrimStart('0');
        if (bare.Length == 0) return [];
        return
        [
            .. Enumerable
                .Range(bare.Length, Math.Max(PaddedMaximum, key.Length) - bare.Length + 1)
                .Select(length => bare.PadLeft(length, '0'))
                .Where(near => near != key)
        ];
    }

    /// <summary>Names of one key are the same, whatever their case, form of letters and spaces.</summary>
    public static string NameKeyOf(string name) => CustomerDecider.KeyOf(Spaces().Replace(name, " "));

    /// <summary>Tells which customer a line is about: that of its number, otherwise that of its name.</summary>
    /// <param name="line">The line.</param>
    /// <param name="byNumber">The customer that has its number.</param>
    /// <param name="near">A number that another customer has and that differs by leading zeros alone.</param>
    /// <param name="byName">The customers of its name.</param>
    public static ImportMatch Match(
        ImportedCustomer line, KnownCustomer? byNumber, string? near, IReadOnlyCollection<KnownCustomer> byName)
    {
        var namesakes = byName.Where(c => c.Id != byNumber?.Id).ToList();
        if (byNumber is not null) return new ImportMatch(byNumber);
        if (line.Number.Length > 0)
        {
            if (near is not null) return new ImportMatch(null, new ImportedNumberHasOtherZeros(near));
            if (line.Name.Length == 0) return new ImportMatch(null, new ImportedCustomerIsUnknown());

            // Customers that were registered by hand, without a number, get theirs.
            var unnumbered = namesakes.Where(c => c.Number is null).ToList();
            return unnumbered.Count switch
            {
                0 => new ImportMatch(null, HasNamesake: namesakes.Count > 0),
                1 => new ImportMatch(unnumbered[0], HasNamesake: namesakes.Count > 1),
                _ => new ImportMatch(null, new ImportedNameIsAmbiguous(unnumbered.Count)),
            };
        }

        return namesakes.Count switch
        {
            0 => new ImportMatch(null),
            1 => new ImportMatch(namesakes[0]),
            _ => new ImportMatch(null, new ImportedNameIsAmbiguous(namesakes.Count)),
        };
    }

    /// <summary>Decides on a line that <see cref="Check"/> has nothing against.</summary>
    /// <param name="line">The line.</param>
    /// <param name="match">The customer it is about.</param>
    /// <param name="uses">The use of the address of each of its contacts.</param>
    public static ImportDecision Decide(ImportedCustomer line, ImportMatch match, IReadOnlyList<AddressUse> uses)
    {
        if (match.Refusal is { } unmatched) return Refused(unmatched);
        var changes = ImmutableArray.CreateBuilder<ImportChange>();
        var contacts = ImmutableArray.CreateBuilder<int>();
        var notes = ImmutableArray.CreateBuilder<ImportNote>();
        for (var i = 0; i < uses.Count; i++)
        {
            if (uses[i] is AddressUse.OfAnother) return Refused(new ImportedAddressIsTaken(i));
            if (uses[i] is AddressUse.OfFormerContact) return Refused(new ImportedContactHasLeft(i));
            if (uses[i] is AddressUse.OfContactOtherwiseNamed) notes.Add(ImportNote.ContactKeepsName);
            if (uses[i] is AddressUse.Free) contacts.Add(i);
        }

        if (match.HasNamesake) notes.Add(ImportNote.NameOfAnother);
        var known = match.Customer;
        if (line.Name.Length > 0 && line.Name != known?.Name) changes.Add(ImportChange.Name);
        if (line.Number.Length > 0 && line.Number != known?.Number) changes.Add(ImportChange.Number);
        if (contacts.Count > 0) changes.Add(ImportChange.Contacts);
        if (changes.Count > 0 && known is { HasEnded: true }) return Refused(new CustomerHasEnded("number"));
        return new ImportDecision(
            known is null ? ImportOutcome.Created
                : changes.Count > 0 ? ImportOutcome.Changed
                : ImportOutcome.Unchanged,
            changes.ToImmutable(), contacts.ToImmutable(), [.. notes.Distinct()], null);
    }

    /// <summary>A line of which nothing happens.</summary>
    public static ImportDecision Refused(Refusal refusal) => new(ImportOutcome.Refused, [], [], [], refusal);

    // A spreadsheet's 1,2E+05, and what it makes of whole numbers that are formatted as amounts.
    [GeneratedRegex(@"^[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+$|^[0-9]+[.,]0{1,2}$", RegexOptions.CultureInvariant)]
    private static partial Regex Reformatted();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Spaces();
}

/// <summary>A line that names no customer.</summary>
public sealed record ImportedNameIsMissing()
    : Refusal(RefusalKind.Invalid, "The line has neither a name nor a number.", "name");

/// <summary>A spreadsheet has made an amount or a power of ten of the number, and its digits are lost.</summary>
public sealed record ImportedNumberIsReformatted(string Number)
    : Refusal(
        RefusalKind.Invalid,
        $"{Number} is no customer number but what a spreadsheet makes of one: format the column as text.", "number");

/// <summary>A known number differs by leading zeros alone.</summary>
/// <param name="Known">The number that a customer has.</param>
public sealed record ImportedNumberHasOtherZeros(string Known)
    : Refusal(
        RefusalKind.Conflict, $"A customer has the number {Known}, which differs by leading zeros alone.", "number");

/// <summary>A line has a number that nobody has, and no name.</summary>
public sealed record ImportedCustomerIsUnknown()
    : Refusal(RefusalKind.NotFound, "No customer has this number, and the line has no name for a new one.", "number");

/// <summary>The name alone does not tell which customer is meant.</summary>
/// <param name="Count">The number of customers that are called so.</param>
public sealed record ImportedNameIsAmbiguous(int Count)
    : Refusal(RefusalKind.Conflict, $"{Count} customers have this name: the line needs the number of one.", "name");

/// <summary>A line before names the same customer otherwise.</summary>
/// <param name="Line">The number of that line.</param>
public sealed record ImportedCustomerIsNamedTwice(int Line)
    : Refusal(RefusalKind.Conflict, $"Line {Line} has the same number with another name.", "name");

/// <summary>More contacts than a line may have.</summary>
public sealed record TooManyImportedContacts()
    : Refusal(
        RefusalKind.TooLarge,
        $"A line may have at most {CustomerImportDecider.ContactsMaximum} contacts.", "contacts");

/// <summary>Somebody else of the office or its customers has the address.</summary>
public sealed record ImportedAddressIsTaken(int Place)
    : Refusal(RefusalKind.Conflict, "Somebody else has this address.", $"contacts.{Place}.email");

/// <summary>The contact was deactivated; an import brings nobody back.</summary>
public sealed record ImportedContactHasLeft(int Place)
    : Refusal(
        RefusalKind.Conflict, "This contact was deactivated, and an import brings nobody back.",
        $"contacts.{Place}.email");

/// <summary>The office has changed since the dry run: the line would have another effect than was confirmed.</summary>
public sealed record ImportedStateHasChanged()
    : Refusal(
        RefusalKind.Conflict,
        "Customers or contacts have changed since the file was checked: check it again to see what would happen now.");

/// <summary>A cell holds a formula where a value is needed.</summary>
public sealed record ImportedFormula(string Name)
    : Refusal(RefusalKind.Invalid, $"{Name} begins with =, as a formula does.", Name);

/// <summary>A cell has characters that the encoding of the file does not explain.</summary>
public sealed record ImportedTextIsUnreadable(string Name)
    : Refusal(RefusalKind.Invalid, $"{Name} has a character that cannot be read: save the file as UTF-8.", Name);

/// <summary>A language that nobody is written to in.</summary>
public sealed record ImportedLanguageIsUnknown(int Place)
    : Refusal(RefusalKind.Invalid, "The language must be de or en.", $"contacts.{Place}.language");

/// <summary>A line has more cells than the header.</summary>
public sealed record TooManyImportedCells(int Cells, int Columns)
    : Refusal(
        RefusalKind.Invalid,
        $"The line has {Cells} cells, and the header {Columns}: a value with the separator in it needs quotes.");

/// <summary>A quotation mark is opened and not closed in its line.</summary>
public sealed record ImportedQuoteIsOpen(string Name)
    : Refusal(RefusalKind.Invalid, $"{Name} has a quotation mark that is not closed.", Name);

/// <summary>A line failed for a reason of the product's own.</summary>
public sealed record ImportedLineHasFailed()
    : Refusal(RefusalKind.Conflict, "The line could not be carried out; the log of the product says why.");
