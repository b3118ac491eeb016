using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Customers;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Customers;
using Messaging.Application.Organisation;
using Messaging.Domain.Customers;

namespace Messaging.Api.GraphQL;

/// <content>How long what there is of customers is kept.</content>
public sealed partial class Mutation
{
    /// <summary>
    /// Changes the years that what the office has of a customer is kept, each from the end of a calendar year. Nothing
    /// goes by it: it says from when on what is kept about people may be erased.
    /// </summary>
    [Allow(Access.Owners)]
    public static async Task<ChangeRetentionPayload> ChangeRetention(
        IResolveFieldContext context, ChangeRetentionInput input) =>
        new(
            await context.ExecuteAsync(
                new ChangeRetentionCommand(
                    context.Caller(), input.MandateYears, input.CommentYears, input.FileYears)));

    /// <summary>
    /// Puts a legal hold on a customer, such as for a dispute: while it is on, nothing of the customer may be erased,
    /// however long ago the terms ended. Said again with another reason, it has that one.
    /// </summary>
    [Allow(Access.Owners)]
    public static async Task<HoldCustomerPayload> HoldCustomer(IResolveFieldContext context, HoldCustomerInput input)
    {
        var id = Ids.Parse(input.Id);
        return new HoldCustomerPayload(
            id, await context.ExecuteAsync(new HoldCustomerCommand(context.Caller(), id, input.Reason)));
    }

    /// <summary>Takes the legal hold off a customer: the terms decide again.</summary>
    [Allow(Access.Owners)]
    public static async Task<ReleaseCustomerPayload> ReleaseCustomer(
        IResolveFieldContext context, ReleaseCustomerInput input)
    {
        var id = Ids.Parse(input.Id);
        return new ReleaseCustomerPayload(
            id, await context.ExecuteAsync(new ReleaseCustomerCommand(context.Caller(), id)));
    }
}

/// <summary>Changes the years that what the office has of a customer is kept; what is not given stays.</summary>
[Allow(Access.Owners)]
public sealed class ChangeRetentionInput
{
    /// <summary>From the end of the year in which the mandate ended: 0 to 30.</summary>
    public int? MandateYears { get; set; }

    /// <summary>From the end of the year of the last comment: 0 to 30.</summary>
    public int? CommentYears { get; set; }

    /// <summary>From the end of the year of the last file: 0 to 30.</summary>
    public int? FileYears { get; set; }
}

/// <summary>Puts a legal hold on a customer.</summary>
[Allow(Access.Owners)]
public sealed class HoldCustomerInput
{
    /// <summary>The customer.</summary>
    [Id]
    public string Id { get; set; } = "";

    /// <summary>Why. The office reads it at the customer, and auditors in the log.</summary>
    [Limit(Characters = CustomerDecider.HoldReasonMaximum)]
    public string Reason { get; set; } = "";
}

/// <summary>Takes the legal hold off a customer.</summary>
[Allow(Access.Owners)]
public sealed class ReleaseCustomerInput
{
    /// <summary>The customer.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>The answer to <c>changeRetention</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class ChangeRetentionPayload(IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The organisation as it is now.</summary>
    public IDataLoaderResult<OrganisationNode>? Organisation(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.Organisation() : null;
}

/// <summary>The answer to <c>holdCustomer</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class HoldCustomerPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The customer as it is now.</summary>
    public IDataLoaderResult<CustomerNode?>? Customer(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.CustomerIfAny(id) : null;
}

/// <summary>The answer to <c>releaseCustomer</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class ReleaseCustomerPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The customer as it is now.</summary>
    public IDataLoaderResult<CustomerNode?>? Customer(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.CustomerIfAny(id) : null;
}
