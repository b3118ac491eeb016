using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Customers;
using Npgsql;

namespace Messaging.Application.Customers.Import;

/// <summary>The dry run's decision on a line.</summary>
/// <param name="CustomerId">The customer it is about; null when none was found.</param>
internal sealed record CheckedLine(int Line, Guid? CustomerId, ImportDecision Decision);

/// <summary>
/// The dry run: decides on each line as the run will, on the office as it is and on what the lines before will have
/// done. Only these are kept in memory, a few hundred bytes for each line.
/// </summary>
internal sealed class ImportCheck(NpgsqlDataSource database, string tenant, Guid import, ImportColumns columns)
{
    private readonly Dictionary<string, Guid> _numbers = [];
    private readonly Dictionary<Guid, Touched> _customers = [];
    private readonly Dictionary<string, List<Guid>> _names = [];
    private readonly Dictionary<(string EmailKey, Guid CustomerId), string> _addresses = [];
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>SHA-256 of what was said of all lines so far, in hexadecimal.</summary>
    public string Digest => Convert.ToHexStringLower(_digest.GetCurrentHash());

    /// <summary>Decides on the next lines.</summary>
    public async Task<IReadOnlyList<CheckedLine>> GoOnAsync(
        IReadOnlyList<(int Line, string[] Cells)> block, CancellationToken cancellation)
    {
        var lines = block.Select(Read).ToList();
        var office = await OfficeAsync(
            [.. lines.Where(l => l.Refusal is null).Select(l => l.Content)], cancellation);
        return [.. lines.Select(l => Decide(l, office))];
    }

    private ReadLine Read((int Line, string[] Cells) line)
    {
        var notes = new SortedSet<ImportNote>();
        var (content, refusal) = columns.Read(line.Cells, notes);
        return new ReadLine(line.Line, content, notes, refusal ?? CustomerImportDecider.Check(content));
    }

    private CheckedLine Decide(ReadLine line, Office office)
    {
        var (customer, decision) = line.Refusal is { } refusal
            ? (null, CustomerImportDecider.Refused(refusal))
            : Decide(line, line.Content, office);
        var all = decision with { Notes = [.. line.Notes.Union(decision.Notes)] };
        var result = new CheckedLine(line.Line, customer, all);
        Append(result);
        return result;
    }

    private (Guid? Customer, ImportDecision Decision) Decide(ReadLine line, ImportedCustomer content, Office office)
    {
        var numberKey = content.Number.Length == 0 ? null : CustomerDecider.KeyOf(content.Number);
        var nameKey = content.Name.Length == 0 ? null : CustomerImportDecider.NameKeyOf(content.Name);
        var match = CustomerImportDecider.Match(
            content,
            numberKey is not null && OwnerOf(numberKey) is { } owner ? CustomerOf(owner) : null,
            numberKey is null ? null : CustomerImportDecider.NearKeysOf(content.Number)
                .FirstOrDefault(key => OwnerOf(key) is not null),
            nameKey is null ? [] : NamedBy(nameKey));
        var known = match.Customer;
        if (known is not null && content.Name.Length > 0 && content.Name != known.Name
            && _customers.GetValueOrDefault(known.Id)?.NamedIn is { } before)
            return (known.Id, CustomerImportDecider.Refused(new ImportedCustomerIsNamedTwice(before)));
        var decision = CustomerImportDecider.Decide(
            content, match, [.. content.Contacts.Select(c => UseOf(c, known?.Id))]);
        if (decision.Outcome is ImportOutcome.Refused) return (known?.Id, decision);

        var id = known?.Id ?? ImportIds.OfCustomer(import, line.Line);
        var now = new KnownCustomer(
            id, content.Name.Length > 0 ? content.Name : known!.Name,
            content.Number.Length > 0 ? content.Number : known?.Number, known?.HasEnded ?? false);
        _customers[id] = new Touched(
            now, content.Name.Length > 0 ? line.Line : _customers.GetValueOrDefault(id)?.NamedIn);
        if (numberKey is not null) _numbers[numberKey] = id;
        if (nameKey is not null)
        {
            if (!_names.TryGetValue(nameKey, out var named)) _names.Add(nameKey, named = []);
            if (!named.Contains(id)) named.Add(id);
        }

        foreach (var place in decision.NewContacts)
        {
            var contact = content.Contacts[place];
            _addresses[(EmailKey.Of(contact.Email), id)] = contact.DisplayName;
        }

        return (id, decision);

        Guid? OwnerOf(string key) => _numbers.TryGetValue(key, out var ours) ? ours
            : office.Owners.GetValueOrDefault((tenant, key));

        KnownCustomer CustomerOf(Guid of) =>
            _customers.TryGetValue(of, out var touched) ? touched.Customer : office.Customers[(tenant, of)];

        List<KnownCustomer> NamedBy(string key) =>
        [
            .. (office.Named.TryGetValue((tenant, key), out var named) ? named : [])
                .Select(c => c.Id)
                .Union(_names.GetValueOrDefault(key) ?? [])
                .Select(of => _customers.TryGetValue(of, out var touched)
                    ? touched.Customer : named.First(c => c.Id == of))
                .Where(c => CustomerImportDecider.NameKeyOf(c.Name) == key),
        ];

        AddressUse UseOf(ImportedContact contact, Guid? of)
        {
            foreach (var key in EmailKey.AllOf(contact.Email))
            {
                if (_addresses.TryGetValue((key, of ?? Guid.Empty), out var name))
                    return name == contact.DisplayName ? AddressUse.OfContact : AddressUse.OfContactOtherwiseNamed;
            }

            // One person may write for several customers.
            var isTaken = EmailKey.AllOf(contact.Email)
                .SelectMany(key => office.Emails.GetValueOrDefault((tenant, key))?.Holders.Keys ?? [])
                .Any(holder => holder == Guid.Empty || holder == of);
            var contacts = of is { } customer ? office.Contacts.GetValueOrDefault((tenant, customer)) : default;
            return ImportLookups.UseOf(contact, contacts, isTaken);
        }
    }

    private async Task<Office> OfficeAsync(IReadOnlyList<ImportedCustomer> lines, CancellationToken cancellation)
    {
        var numbers = lines.Where(l => l.Number.Length > 0).SelectMany(l =>
            CustomerImportDecider.NearKeysOf(l.Number).Prepend(CustomerDecider.KeyOf(l.Number)));
        var names = lines.Where(l => l.Name.Length > 0).Select(l => CustomerImportDecider.NameKeyOf(l.Name));
        var addresses = lines.SelectMany(l => l.Contacts).SelectMany(c => EmailKey.AllOf(c.Email));
        var owners = await FindAsync(CustomerNumbers.Owners, numbers, cancellation);
        var named = await FindAsync(ImportLookups.Named, names, cancellation);
        var emails = await FindAsync(AccountLookups.Emails, addresses, cancellation);
        var ids = owners.Values.OfType<Guid>().Concat(named.Values.SelectMany(n => n).Select(c => c.Id)).ToList();
        var touched = ids.Concat(lines.Select(l => l.Number.Length > 0
            ? _numbers.GetValueOrDefault(CustomerDecider.KeyOf(l.Number)) : Guid.Empty));
        return new Office(
            owners, named, emails, await FindAsync(ImportLookups.Customers, ids, cancellation),
            await FindAsync(ImportLookups.Contacts, touched.Concat(lines.SelectMany(l =>
                _names.GetValueOrDefault(CustomerImportDecider.NameKeyOf(l.Name)) ?? [])), cancellation));
    }

    private async Task<Dictionary<(string, TKey), TValue>> FindAsync<TKey, TValue>(
        CommandLookup<TKey, TValue> lookup, IEnumerable<TKey> keys, CancellationToken cancellation)
        where TKey : notnull
    {
        var found = new Dictionary<(string, TKey), TValue>();
        (string, TKey)[] distinct = [.. keys.Distinct().Select(key => (tenant, key))];
        if (distinct.Length == 0) return found;
        await lookup.Find(distinct).ListAsync(
            database,
            row =>
            {
                lookup.Read(row, found);
                return 0;
            },
            cancellation);
        return found;
    }

    private void Append(CheckedLine line)
    {
        var decision = line.Decision;
        _digest.AppendData(Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{line.Line} {decision.Outcome} {string.Join(',', decision.Changes)} "
            + $"{string.Join(',', decision.NewContacts)} {line.CustomerId}\n")));
    }

    private sealed record ReadLine(int Line, ImportedCustomer Content, ISet<ImportNote> Notes, Refusal? Refusal);

    /// <param name="NamedIn">The last line that names it; null when none does.</param>
    private sealed record Touched(KnownCustomer Customer, int? NamedIn);

    private sealed record Office(
        Dictionary<(string, string), Guid?> Owners,
        Dictionary<(string, string), ImmutableArray<KnownCustomer>> Named,
        Dictionary<(string, string), EmailUse> Emails,
        Dictionary<(string, Guid), KnownCustomer> Customers,
        Dictionary<(string, Guid), ImmutableArray<KnownContact>> Contacts);
}
