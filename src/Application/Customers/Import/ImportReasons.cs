using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Customers;

namespace Messaging.Application.Customers.Import;

/// <summary>The reason why nothing of a line happens.</summary>
[Stored("import_reason")]
public enum ImportReason
{
    /// <summary>The product failed at it; its log says why.</summary>
    Failed = 0,

    /// <summary>A name is missing or has nothing to see in it.</summary>
    NameIsMissing = 1,

    /// <summary>The text is longer than the product keeps.</summary>
    TooLong = 2,

    /// <summary>A character cannot be read, or is none of a line.</summary>
    Unreadable = 3,

    /// <summary>A name has the address of a web page in it.</summary>
    HasWebAddress = 4,

    /// <summary>It is no e-mail address.</summary>
    NoAddress = 5,

    /// <summary>Somebody else of the office or its customers has the address.</summary>
    AddressIsTaken = 6,

    /// <summary>The contact was deactivated, and an import brings nobody back.</summary>
    ContactHasLeft = 7,

    /// <summary>A cell begins with =, as a formula does.</summary>
    Formula = 8,

    /// <summary>A spreadsheet has made an amount or a power of ten of the number.</summary>
    NumberIsReformatted = 9,

    /// <summary>A customer has a number that differs by leading zeros alone.</summary>
    NumberHasOtherZeros = 10,

    /// <summary>Several customers have the name, and the line has no number that tells them apart.</summary>
    NameIsAmbiguous = 11,

    /// <summary>No customer has the number, and the line has no name for a new one.</summary>
    CustomerIsUnknown = 12,

    /// <summary>A line before has the same number with another name.</summary>
    NamedTwice = 13,

    /// <summary>The mandate of the customer has ended.</summary>
    CustomerHasEnded = 14,

    /// <summary>The language is neither German nor English.</summary>
    UnknownLanguage = 15,

    /// <summary>More contacts than a line may have.</summary>
    TooManyContacts = 16,

    /// <summary>The line has more cells than the header.</summary>
    TooManyCells = 17,

    /// <summary>A quotation mark is not closed.</summary>
    QuoteIsOpen = 18,

    /// <summary>Customers or contacts have changed since the dry run.</summary>
    OfficeHasChanged = 19,
}

/// <summary>Reasons of refusals.</summary>
internal static class ImportReasons
{
    /// <summary>The reason of a refusal; null when there is none.</summary>
    public static ImportReason? Of(Refusal? refusal) => refusal switch
    {
        null => null,
        ImportedNameIsMissing or TextIsEmpty or TextIsInvisible => ImportReason.NameIsMissing,
        TextIsTooLong => ImportReason.TooLong,
        TextHasNul or TextIsIllFormed or TextHasControlCharacter or ImportedTextIsUnreadable =>
            ImportReason.Unreadable,
        NameHasWebAddress => ImportReason.HasWebAddress,
        EmailIsIllFormed => ImportReason.NoAddress,
        ImportedAddressIsTaken => ImportReason.AddressIsTaken,
        ImportedContactHasLeft => ImportReason.ContactHasLeft,
        ImportedFormula => ImportReason.Formula,
        ImportedNumberIsReformatted => ImportReason.NumberIsReformatted,
        ImportedNumberHasOtherZeros => ImportReason.NumberHasOtherZeros,
        ImportedNameIsAmbiguous => ImportReason.NameIsAmbiguous,
        ImportedCustomerIsUnknown => ImportReason.CustomerIsUnknown,
        ImportedCustomerIsNamedTwice => ImportReason.NamedTwice,
        CustomerHasEnded => ImportReason.CustomerHasEnded,
        ImportedLanguageIsUnknown => ImportReason.UnknownLanguage,
        TooManyImportedContacts => ImportReason.TooManyContacts,
        TooManyImportedCells => ImportReason.TooManyCells,
        ImportedQuoteIsOpen => ImportReason.QuoteIsOpen,
        ImportedStateHasChanged or EmailIsTaken or CustomerNumberIsTaken or CustomerExists =>
            ImportReason.OfficeHasChanged,
        _ => ImportReason.Failed,
    };
}
