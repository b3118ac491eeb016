using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Messaging.Domain;
using Messaging.Domain.Customers;

namespace Messaging.Application.Customers.Import;

/// <summary>
/// The columns of a file by their headers, German or English, in whatever order, case and punctuation: those of DATEV's
/// and Excel's lists among them. Several contacts of a customer are columns with numbers, or lines of the same
/// customer.
/// </summary>
public sealed partial class ImportColumns
{
    private enum ColumnRole
    {
        Number,
        Name,

        // DATEV has a column for each kind of addressee: the first that says something is the name.
        NameOfNobodyInParticular,
        FamilyNameOfCustomer,
        GivenNameOfCustomer,
        ContactName,
        ContactTitle,
        ContactGivenName,
        ContactFamilyName,
        Email,
        Language,
    }

    private static readonly FrozenDictionary<string, ColumnRole> s_roles = new (ColumnRole Role, string Names)[]
    {
        (ColumnRole.Number,
            "kundennummer kundennr kdnr kdnummer kundenkonto mandantennummer mandantennr mandantnr mandantnummer "
            + "debitor debitorennummer debitorennr debitornr debitorkonto debitorenkonto konto kontonummer kontonr "
            + "nummer nr number no customernumber customerno customernr clientnumber clientno accountnumber account"),
        (ColumnRole.Name,
            "name name1 kunde kundenname kundenbezeichnung firma firmenname unternehmen unternehmensname mandant "
            + "mandantenname mandantenbezeichnung mandantname bezeichnung gesellschaft customer customername company "
            + "companyname client clientname organisation organization nameadressattypunternehmen"),
        (ColumnRole.NameOfNobodyInParticular, "nameadressattypkeineangabe"),
        (ColumnRole.FamilyNameOfCustomer, "nameadressattypnaturlperson nameadressattypnaturlicheperson"),
        (ColumnRole.GivenNameOfCustomer, "vornameadressattypnaturlperson vornameadressattypnaturlicheperson"),
        (ColumnRole.ContactName,
            "ansprechpartner ansprechpartnername kontakt kontaktperson kontaktname contact contactname contactperson "
            + "fullname displayname"),
        (ColumnRole.ContactTitle, "titel title akademischertitel"),
        (ColumnRole.ContactGivenName, "vorname vornamen givenname firstname forename"),
        (ColumnRole.ContactFamilyName, "nachname familienname zuname familyname lastname surname"),
        (ColumnRole.Email, "email mail emailadresse mailadresse emailaddress mailaddress"),
        (ColumnRole.Language, "sprache korrespondenzsprache language locale"),
    }
    .SelectMany(r => r.Names.Split(' ').Select(name => (Name: name, r.Role)))
    .ToFrozenDictionary(r => r.Name, r => r.Role, StringComparer.Ordinal);

    private readonly string[] _header;
    private readonly Dictionary<(ColumnRole Role, int Contact), int> _places = [];
    private readonly int[] _contacts;
    private readonly HashSet<int> _used;

    private ImportColumns(string[] header)
    {
        _header = header;
        for (var i = 0; i < header.Length; i++)
        {
            if (RoleOf(header[i]) is not { } role) continue;
            if (!_places.TryAdd(role, i)) Repeated ??= (header[_places[role]], header[i]);
        }

        _contacts =
        [
            .. _places.Keys.Where(k => k.Role >= ColumnRole.ContactName).Select(k => k.Contact).Distinct().Order()
        ];
        _used = [.. _places.Values];
    }

    /// <summary>The number of columns.</summary>
    public int Count => _header.Length;

    /// <summary>True when a line can name a customer.</summary>
    public bool NameCustomers => Has(ColumnRole.Number) || Has(ColumnRole.Name)
        || Has(ColumnRole.NameOfNobodyInParticular) || Has(ColumnRole.FamilyNameOfCustomer);

    /// <summary>The number of columns whose headers are known.</summary>
    public int Known => _places.Count;

    /// <summary>Two columns that say the same; null when there are none.</summary>
    public (string One, string Other)? Repeated { get; }

    /// <summary>The headers of the columns that are left out.</summary>
    public IReadOnlyList<string> Ignored =>
        [.. _header.Where((text, i) => !_used.Contains(i) && !string.IsNullOrWhiteSpace(text))];

    /// <summary>True when the column of this place is read.</summary>
    public bool IsUsed(int place) => _used.Contains(place);

    /// <summary>Columns by their headers.</summary>
    public static ImportColumns Of(string[] header) => new(header);

    /// <summary>The header of the column that a refusal's field is in; null when it is in none.</summary>
    public string? HeaderOf(string? field)
    {
        if (field is null) return null;
        var parts = field.Split('.');
        ColumnRole[] roles = parts[^1] switch
        {
            "number" => [ColumnRole.Number],
            "email" => [ColumnRole.Email],
            "language" => [ColumnRole.Language],
            "name" when parts.Length > 1 =>
                [ColumnRole.ContactName, ColumnRole.ContactFamilyName, ColumnRole.ContactGivenName],
            "name" => [ColumnRole.Name, ColumnRole.NameOfNobodyInParticular, ColumnRole.FamilyNameOfCustomer],
            _ => [],
        };
        var contact = parts.Length > 1 && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var place)
            ? _contacts.ElementAtOrDefault(place) : 0;
        foreach (var role in roles)
        {
            if (_places.TryGetValue((role, contact), out var column)) return _header[column];
        }

        return null;
    }

    /// <summary>A line as it is decided on, or the reason why its cells cannot be read.</summary>
    /// <param name="cells">The cells, in the order of the header; what is missing is empty.</param>
    /// <param name="notes">Takes what the office should know.</param>
    public (ImportedCustomer Line, Refusal? Refusal) Read(string[] cells, ISet<ImportNote> notes)
    {
        Refusal? refusal = null;
        var name = Cell(ColumnRole.Name, 0, "name");
        if (name.Length == 0)
            name = Joined(
                Cell(ColumnRole.GivenNameOfCustomer, 0, "name"), Cell(ColumnRole.FamilyNameOfCustomer, 0, "name"));
        if (name.Length == 0) name = Cell(ColumnRole.NameOfNobodyInParticular, 0, "name");
        var number = Cell(ColumnRole.Number, 0, "number");
        var contacts = ImmutableArray.CreateBuilder<ImportedContact>();
        for (var place = 0; place < _contacts.Length; place++)
        {
            var contact = _contacts[place];
            var email = Cell(ColumnRole.Email, contact, $"contacts.{place}.email");
            var person = Joined(
                Cell(ColumnRole.ContactTitle, contact, $"contacts.{place}.name"),
                Cell(ColumnRole.ContactGivenName, contact, $"contacts.{place}.name"),
                Cell(ColumnRole.ContactFamilyName, contact, $"contacts.{place}.name"));
            if (Cell(ColumnRole.ContactName, contact, $"contacts.{place}.name") is { Length: > 0 } whole)
                person = whole;
            if (email.Length == 0)
            {
                if (person.Length > 0) notes.Add(ImportNote.ContactWithoutAddress);
                continue;
            }

            string? locale = null;
            if (Cell(ColumnRole.Language, contact, $"contacts.{place}.language") is { Length: > 0 } language)
            {
                locale = LocaleOf(language);
                if (locale is null) refusal ??= new ImportedLanguageIsUnknown(place);
            }

            contacts.Add(new ImportedContact(person.Length > 0 ? person : name, email, locale));
        }

        return (new ImportedCustomer(number, name, contacts.ToImmutable()), refusal);

        string Cell(ColumnRole role, int contact, string field)
        {
            if (!_places.TryGetValue((role, contact), out var column) || column >= cells.Length) return "";
            var text = cells[column].Trim();
            if (AsText().Match(text) is { Success: true } quoted)
            {
                // A spreadsheet's way to keep leading zeros: ="00123".
                text = quoted.Groups[1].Value.Trim();
            }
            else if (text.StartsWith('='))
            {
                refusal ??= new ImportedFormula(field);
            }
            else if (text is ['\'', '=' or '+' or '-' or '@', ..])
            {
                // The mark by which spreadsheets, and our own lists, keep such a text from being a formula.
                text = text[1..];
            }
            else if (text.Length > 0 && "+-@".Contains(text[0], StringComparison.Ordinal))
            {
                notes.Add(ImportNote.FormulaIsText);
            }

            if (text.Contains('\uFFFD', StringComparison.Ordinal)) refusal ??= new ImportedTextIsUnreadable(field);
            return Breaks().Replace(text, " ");
        }
    }

    private static string Joined(params IEnumerable<string> parts) => string.Join(' ', parts.Where(p => p.Length > 0));

    private static string? LocaleOf(string language) => language.ToUpperInvariant() switch
    {
        "DE" or "DEUTSCH" or "GERMAN" or "D" or "DE-DE" => "de",
        "EN" or "ENGLISCH" or "ENGLISH" or "E" or "EN-GB" or "EN-US" => "en",
        _ => null,
    };

    private bool Has(ColumnRole role) => _places.ContainsKey((role, 0));

    private static (ColumnRole Role, int Contact)? RoleOf(string header)
    {
        var key = KeyOf(header);
        if (s_roles.TryGetValue(key, out var role)) return (role, role < ColumnRole.ContactName ? 0 : 1);

        // Ansprechpartner 2, E-Mail 2, Kontakt 2 E-Mail, contact2_email, contact email.
        var match = OfContact().Match(key);
        var rest = match.Success ? match.Groups["rest"].Value : key;
        var digits = match.Success ? match.Groups["digits"].Value : "";
        if (digits.Length == 0 && Numbered().Match(rest) is { Success: true } numbered)
            (rest, digits) = (numbered.Groups["rest"].Value, numbered.Groups["digits"].Value);
        var contact = digits.Length == 0 ? 1 : int.Parse(digits, CultureInfo.InvariantCulture);
        if (match.Success && rest is "" or "name") return (ColumnRole.ContactName, contact);
        return s_roles.TryGetValue(rest, out role) && role >= ColumnRole.ContactName ? (role, contact) : null;
    }

    private static string KeyOf(string header)
    {
        var key = new StringBuilder(header.Length);
        foreach (var rune in Text.Normalized(header, NormalizationForm.FormKD).EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune)) key.Append(Rune.ToLowerInvariant(rune));
        }

        return key.ToString();
    }

    [GeneratedRegex("^=\"([^\"]*)\"$", RegexOptions.CultureInvariant)]
    private static partial Regex AsText();

    [GeneratedRegex(@"[\r\n\t\u2028\u2029]+", RegexOptions.CultureInvariant)]
    private static partial Regex Breaks();

    [GeneratedRegex(
        "^(ansprechpartner|kontaktperson|kontakt|contactperson|contact)(?<digits>[0-9]{0,2})(?<rest>.*)$",
        RegexOptions.CultureInvariant)]
    private static partial Regex OfContact();

    [GeneratedRegex("^(?<rest>.*?)(?<digits>[0-9]{1,2})$", RegexOptions.CultureInvariant)]
    private static partial Regex Numbered();
}
