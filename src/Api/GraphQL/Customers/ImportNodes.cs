using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Application.Customers.Import;
using Messaging.Domain.Customers;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Customers;

/// <summary>
/// An import of customers from a CSV file. It is read and checked in the background, which changes nothing; then it is
/// started by the digest of what was shown. It is kept for 30 days, and at most 5 of an office are.
/// </summary>
[Name("CustomerImport")]
[Allow(Access.Administrators)]
public sealed class CustomerImportNode(CustomerImport import)
{
    /// <summary>The id, a UUID.</summary>
    public Guid Id => import.Id;

    /// <summary>The state; ask again while it is READING, CHECKING or RUNNING.</summary>
    public ImportState State => import.State;

    /// <summary>The name of the file.</summary>
    public string FileName => import.FileName;

    /// <summary>The instant at which it was handed in.</summary>
    public DateTimeOffset CreatedAt => import.CreatedAt;

    /// <summary>The IANA name of the encoding that the file was read in; null until it was read.</summary>
    public string? Encoding => import.Encoding;

    /// <summary>The separator of the cells that was found; null until the file was read.</summary>
    public string? Separator => import.Separator;

    /// <summary>The headers of the columns that are left out.</summary>
    public IReadOnlyList<string> IgnoredColumns => ImportColumns.Of([.. import.Header]).Ignored;

    /// <summary>The reason why nothing can be done with the file; null when something can.</summary>
    public ImportProblem? Problem => import.Problem;

    /// <summary>The line of the file that the problem was met at.</summary>
    public int? ProblemLine => import.ProblemLine;

    /// <summary>The number of lines that were read, checked or carried out, depending on the state.</summary>
    public int Progress => import.Progress;

    /// <summary>The number of lines below the header that have something in them; 0 until they were read.</summary>
    public int LineCount => import.LineCount;

    /// <summary>The number of lines that bring, or brought, a customer.</summary>
    public int CreatedCount => import.Counts[(int)ImportOutcome.Created];

    /// <summary>The number of lines that change, or changed, a customer.</summary>
    public int ChangedCount => import.Counts[(int)ImportOutcome.Changed];

    /// <summary>The number of lines of which the office has everything already.</summary>
    public int UnchangedCount => import.Counts[(int)ImportOutcome.Unchanged];

    /// <summary>The number of lines of which nothing happens.</summary>
    public int RefusedCount => import.Counts[(int)ImportOutcome.Refused];

    /// <summary>The number of contacts that the lines bring.</summary>
    public int ContactCount => import.ContactCount;

    /// <summary>True when these contacts are invited by mail, within the limits on invitations.</summary>
    public bool InvitesContacts => import.Invites;

    /// <summary>The number of these contacts whose turn has come.</summary>
    public int InvitedCount => import.InvitedCount;

    /// <summary>The digest of what the dry run said of each line; null until it is done.</summary>
    public string? Digest => import.Digest;

    /// <summary>The lines of the file that have something in them, in its order.</summary>
    /// <param name="outcome">Only lines of this outcome.</param>
    public async Task<CustomerImportLineConnection> Lines(
        IResolveFieldContext context, ImportOutcome? outcome, int? first, string? after)
    {
        var imports = context.Service<CustomerImports>();
        var page = await imports.LinesAsync(
            context.Caller(), import.Id, outcome, new PageRequest(first, after, null, null), context.CancellationToken);
        return new CustomerImportLineConnection(
            page, ImportColumns.Of([.. import.Header]),
            c => Counts.Fetched(x => imports.LinesCountAsync(c.Caller(), import.Id, outcome, x)));
    }
}

/// <summary>A line of an import.</summary>
[Name("CustomerImportLine")]
[Allow(Access.Administrators)]
public sealed class CustomerImportLineNode(CustomerImportLine row, ImportColumns columns)
{
    private readonly ImportedCustomer _content =
        columns.Read([.. row.Cells], new HashSet<ImportNote>()).Line;

    /// <summary>Its number in the file, from 1; of a line with breaks in quotes, the first.</summary>
    public int Line => row.Line;

    /// <summary>The outcome; null until it was checked.</summary>
    public ImportOutcome? Outcome => row.Outcome;

    /// <summary>True when it was carried out, or refused when it was to be.</summary>
    public bool Done => row.IsDone;

    /// <summary>The parts of the customer that it changes.</summary>
    public IReadOnlyList<ImportChange> Changes => row.Changes;

    /// <summary>Facts that the office should know, although nothing is refused.</summary>
    public IReadOnlyList<ImportNote> Notes => row.Notes;

    /// <summary>The reason of a line that is refused.</summary>
    public ImportReason? Reason => row.Reason;

    /// <summary>The header of the column that is to blame; null when it is none in particular.</summary>
    public string? Column => columns.HeaderOf(row.Field);

    /// <summary>The reason in English.</summary>
    public string? Message => row.Message;

    /// <summary>The customer's number as the file has it.</summary>
    public string Number => _content.Number;

    /// <summary>The customer's name as the file has it.</summary>
    public string Name => _content.Name;

    /// <summary>The contacts as the file has them.</summary>
    public IEnumerable<CustomerImportContactNode> Contacts =>
        _content.Contacts.Select(c => new CustomerImportContactNode(c));

    /// <summary>The customer that it is about as it is now; null while there is none.</summary>
    public IDataLoaderResult<CustomerNode?>? Customer(IResolveFieldContext context) =>
        row.CustomerId is { } id ? context.CustomerIfAny(id) : null;
}

/// <summary>A contact as the line of an import has them.</summary>
[Name("CustomerImportContact")]
[Allow(Access.Administrators)]
public sealed class CustomerImportContactNode(ImportedContact contact)
{
    /// <summary>The name.</summary>
    public string DisplayName => contact.DisplayName;

    /// <summary>The e-mail address.</summary>
    public string Email => contact.Email;
}

/// <summary>An item of a page of lines.</summary>
[Name("CustomerImportLineEdge")]
[Allow(Access.Administrators)]
public sealed class CustomerImportLineEdge(string cursor, CustomerImportLineNode node)
    : Edge<CustomerImportLineNode>(cursor, node);

/// <summary>A page of lines.</summary>
[Name("CustomerImportLineConnection")]
[Allow(Access.Administrators)]
public sealed class CustomerImportLineConnection(
    Page<CustomerImportLine> page, ImportColumns columns, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<CustomerImportLineNode, CustomerImportLineEdge>(
        page.Edges((cursor, row) =>
            new CustomerImportLineEdge(cursor, new CustomerImportLineNode(row, columns))), page.Info(), count);
