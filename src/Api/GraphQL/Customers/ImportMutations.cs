using GraphQL;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Customers;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Security;
using Messaging.Application.Customers.Import;
using Messaging.Domain;

namespace Messaging.Api.GraphQL;

/// <content>Imports of customers.</content>
public sealed partial class Query
{
    /// <summary>An import of customers. Null: there is none of that id in the office.</summary>
    /// <param name="id">The id.</param>
    [Allow(Access.Administrators)]
    public static async Task<CustomerImportNode?> CustomerImport(IResolveFieldContext context, [Id] string id) =>
        await context.Service<CustomerImports>()
            .FindAsync(context.Caller(), Ids.Parse(id), context.CancellationToken) is { } import
            ? new CustomerImportNode(import)
            : null;

    /// <summary>The office's imports of customers that are kept, the latest first.</summary>
    [Allow(Access.Administrators)]
    public static async Task<IEnumerable<CustomerImportNode>> CustomerImports(IResolveFieldContext context) =>
        (await context.Service<CustomerImports>().ListAsync(context.Caller(), context.CancellationToken))
        .Select(import => new CustomerImportNode(import));
}

/// <content>Imports of customers.</content>
public sealed partial class Mutation
{
    /// <summary>
    /// Has a CSV file read and checked, which was uploaded by <c>uploadFile</c>: for each line, whether it would bring
    /// a customer, change one, change nothing, or be refused. Nothing is changed. Ask <c>customerImport</c> for the
    /// outcome.
    /// </summary>
    [Allow(Access.Administrators)]
    public static async Task<CheckCustomerImportPayload> CheckCustomerImport(
        IResolveFieldContext context, CheckCustomerImportInput input)
    {
        if (Ids.Choose(input.Id) is not { } id)
            return new CheckCustomerImportPayload(Guid.Empty, [UserError.Of(new IdIsIllFormed())]);
        var refusal = await context.Service<CustomerImports>()
            .CheckAsync(context.Caller(), id, Ids.Parse(input.FileId), context.CancellationToken);
        return new CheckCustomerImportPayload(id, Errors(context, refusal));
    }

    /// <summary>
    /// Starts an import that was checked. Each line is carried out whole or not at all; one that would have another
    /// effect than the dry run said is refused, since the office has changed meanwhile. Ask <c>customerImport</c> for
    /// the progress.
    /// </summary>
    [Allow(Access.Administrators)]
    public static async Task<StartCustomerImportPayload> StartCustomerImport(
        IResolveFieldContext context, StartCustomerImportInput input)
    {
        var id = Ids.Parse(input.Id);
        var refusal = await context.Service<CustomerImports>()
            .StartAsync(context.Caller(), id, input.Digest, input.InviteContacts ?? false, context.CancellationToken);
        return new StartCustomerImportPayload(id, Errors(context, refusal));
    }

    /// <summary>
    /// Invites the contacts that an import brought, by mail: as many in an hour as the limit on invitations lets, less
    /// some for those by hand. Whoever was invited meanwhile is not mailed again.
    /// </summary>
    [Allow(Access.Administrators)]
    public static async Task<InviteImportedContactsPayload> InviteImportedContacts(
        IResolveFieldContext context, InviteImportedContactsInput input)
    {
        var id = Ids.Parse(input.Id);
        var refusal = await context.Service<CustomerImports>()
            .InviteAsync(context.Caller(), id, context.CancellationToken);
        return new InviteImportedContactsPayload(id, Errors(context, refusal));
    }

    /// <summary>
    /// Removes an import with what was said of its lines. Customers stay as they are; one that is running goes on.
    /// </summary>
    [Allow(Access.Administrators)]
    public static async Task<DiscardCustomerImportPayload> DiscardCustomerImport(
        IResolveFieldContext context, DiscardCustomerImportInput input) =>
        new(Errors(context, await context.Service<CustomerImports>()
            .DiscardAsync(context.Caller(), Ids.Parse(input.Id), context.CancellationToken)));

    private static IReadOnlyList<UserError> Errors(IResolveFieldContext context, Refusal? refusal)
    {
        if (refusal is { Kind: RefusalKind.Forbidden })
            context.Tell(SecurityEvent.AccessDenied, context.Caller(), detail: "customer imports");
        return refusal is null ? [] : [UserError.Of(refusal)];
    }
}

/// <summary>Has a file read and checked.</summary>
[Allow(Access.Administrators)]
public sealed class CheckCustomerImportInput
{
    /// <summary>The id of the new import, a UUID; chosen by the client, so that repeating is safe.</summary>
    [Id]
    public string? Id { get; set; }

    /// <summary>The file, from <c>uploadFile</c>: at most 10 MB, 50,000 lines and 200 columns. It is removed once it
    /// was read.</summary>
    [Id]
    public string FileId { get; set; } = "";
}

/// <summary>Starts an import.</summary>
[Allow(Access.Administrators)]
public sealed class StartCustomerImportInput
{
    /// <summary>The import.</summary>
    [Id]
    public string Id { get; set; } = "";

    /// <summary>Its digest, so that what was shown is what is started.</summary>
    [Limit(Characters = 64)]
    public string Digest { get; set; } = "";

    /// <summary>True to invite the contacts that it brings, by mail; otherwise nobody is mailed.</summary>
    [System.ComponentModel.DefaultValue(false)]
    public bool? InviteContacts { get; set; } = false;
}

/// <summary>Invites the contacts that an import brought.</summary>
[Allow(Access.Administrators)]
public sealed class InviteImportedContactsInput
{
    /// <summary>The import.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>Removes an import.</summary>
[Allow(Access.Administrators)]
public sealed class DiscardCustomerImportInput
{
    /// <summary>The import.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>The answer to <c>checkCustomerImport</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class CheckCustomerImportPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The import, which is read in the background.</summary>
    public Task<CustomerImportNode?> CustomerImport(IResolveFieldContext context) => context.ImportIfAny(id, Errors);
}

/// <summary>The answer to <c>startCustomerImport</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class StartCustomerImportPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The import, which goes on in the background.</summary>
    public Task<CustomerImportNode?> CustomerImport(IResolveFieldContext context) => context.ImportIfAny(id, Errors);
}

/// <summary>The answer to <c>inviteImportedContacts</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class InviteImportedContactsPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The import, whose contacts are invited in the background.</summary>
    public Task<CustomerImportNode?> CustomerImport(IResolveFieldContext context) => context.ImportIfAny(id, Errors);
}

/// <summary>The answer to <c>discardCustomerImport</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class DiscardCustomerImportPayload(IReadOnlyList<UserError> errors) : Payload(errors);

/// <summary>Imports of payloads.</summary>
internal static class ImportLoads
{
    public static async Task<CustomerImportNode?> ImportIfAny(
        this IResolveFieldContext context, Guid id, IReadOnlyList<UserError> errors) =>
        errors.Count == 0
        && await context.Service<CustomerImports>()
            .FindAsync(context.Caller(), id, context.CancellationToken) is { } import
            ? new CustomerImportNode(import)
            : null;
}
