using System.ComponentModel;
using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.Auth;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Security;
using Messaging.Application.Organisation;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Projections.Organisation;

namespace Messaging.Api.GraphQL;

/// <content>Programs that act in the office's name.</content>
public sealed partial class Query
{
    /// <summary>
    /// The office's service accounts, by name: programs that act in its name, by API tokens. At most 50.
    /// </summary>
    [Allow(Access.Owners, ApiTokens = false)]
    public static async Task<IReadOnlyList<ServiceAccountNode>> ServiceAccounts(IResolveFieldContext context) =>
        [
            .. (
                await context.Service<OrganisationQueries>()
                    .ServiceAccountsAsync(context.Caller(), context.CancellationToken)
            ).Select(row => new ServiceAccountNode(row)),
        ];
}

/// <content>Programs that act in the office's name.</content>
public sealed partial class Mutation
{
    /// <summary>
    /// Gives a program of the office's an account, for which API tokens are created; what it writes is shown under its
    /// name.
    /// </summary>
    [Allow(Access.Owners)]
    public static async Task<CreateServiceAccountPayload> CreateServiceAccount(
        IResolveFieldContext context, CreateServiceAccountInput input)
    {
        if (Ids.Choose(input.Id) is not { } id)
            return new CreateServiceAccountPayload(Guid.Empty, [UserError.Of(new IdIsIllFormed())]);
        var caller = context.Caller();
        var there = await context.Service<OrganisationQueries>()
            .ServiceAccountsAsync(caller, context.CancellationToken);
        if (there.Count >= OrganisationQueries.ServiceAccountsMaximum && there.All(account => account.Id != id))
            return new CreateServiceAccountPayload(
                id, [UserError.Of(new TooManyServiceAccounts(OrganisationQueries.ServiceAccountsMaximum))]);
        var command = new CreateServiceAccountCommand(caller, id, input.DisplayName, input.Role ?? Role.Auditor);
        var (errors, outcome) = await context.DispatchAsync(command);
        if (errors.Count == 0 && outcome.RecordedAt is not null)
            context.Tell(SecurityEvent.ServiceAccountCreated, caller, detail: command.Role.ToString());
        return new CreateServiceAccountPayload(id, errors);
    }

    /// <summary>Ends the account of a program at once, and all its API tokens. Its history stays.</summary>
    [Allow(Access.Owners)]
    public static async Task<DeactivateServiceAccountPayload> DeactivateServiceAccount(
        IResolveFieldContext context, DeactivateServiceAccountInput input)
    {
        var (caller, id) = (context.Caller(), Ids.Parse(input.Id));
        var errors = await context.ExecuteAsync(new DeactivateServiceAccountCommand(caller, id));
        if (errors.Count > 0) return new DeactivateServiceAccountPayload(id, errors);
        context.Service<TokenGate>().Forget(caller.TenantId, id);
        context.Tell(SecurityEvent.ServiceAccountEnded, caller);
        return new DeactivateServiceAccountPayload(id, []);
    }
}

/// <summary>Gives a program an account.</summary>
[Allow(Access.Owners)]
public sealed class CreateServiceAccountInput
{
    /// <summary>
    /// A UUID of the client's choice makes the mutation idempotent: the same id and content again has no second effect.
    /// </summary>
    [Id]
    public string? Id { get; set; }

    /// <summary>
    /// The name shown with its comments, such as <c>Schnittstelle DATEV</c>: one line that is not empty.
    /// </summary>
    [Limit(Characters = Profile.DisplayNameMaximum, AsData = true)]
    public string DisplayName { get; set; } = "";

    /// <summary>The role it acts in: AUDITOR reads everything of the organisation, ADMINISTRATOR writes, too.</summary>
    [DefaultValue(Domain.Role.Auditor)]
    public Role? Role { get; set; } = Domain.Role.Auditor;
}

/// <summary>Ends the account of a program.</summary>
[Allow(Access.Owners)]
public sealed class DeactivateServiceAccountInput
{
    /// <summary>The id.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>The answer to <c>createServiceAccount</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class CreateServiceAccountPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The new account.</summary>
    public IDataLoaderResult<ServiceAccountNode?>? ServiceAccount(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.ServiceAccountIfAny(id) : null;
}

/// <summary>The answer to <c>deactivateServiceAccount</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class DeactivateServiceAccountPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The account that was ended.</summary>
    public IDataLoaderResult<ServiceAccountNode?>? ServiceAccount(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.ServiceAccountIfAny(id) : null;
}

/// <summary>
/// A program that acts in the office's name, by API tokens: it cannot sign in, is written to by nobody and is
/// responsible for nothing.
/// </summary>
[Name("ServiceAccount")]
[Allow(Access.Owners)]
public sealed class ServiceAccountNode(AdministratorRow row)
{
    /// <summary>A UUID: that of the administrator or auditor who it is as an author.</summary>
    public Guid Id => row.Id;

    /// <summary>The name shown with its comments.</summary>
    public string DisplayName => row.DisplayName;

    /// <summary>The role it acts in: ADMINISTRATOR or AUDITOR.</summary>
    public Role Role => row.Role;

    /// <summary>False once it was ended.</summary>
    public bool Active => row.Active;

    /// <summary>The API tokens that work or expired within 30 days, the latest first; at most 100.</summary>
    [Allow(Access.Owners, ApiTokens = false)]
    public IDataLoaderResult<IEnumerable<ApiTokenNode>> ApiTokens(IResolveFieldContext context) =>
        context.ApiTokensOf(row.Id);
}

/// <summary>Service accounts, fetched as those of the office are.</summary>
internal static class ServiceAccountLoads
{
    public static IDataLoaderResult<ServiceAccountNode?> ServiceAccountIfAny(
        this IResolveFieldContext context, Guid id) =>
        context
            .Administrators()
            .LoadAsync(id)
            .Then(row => row is { IsServiceAccount: true } ? new ServiceAccountNode(row) : null);
}
