using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.Auth;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Customers;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Accounts;
using Messaging.Application.Conversations;
using Messaging.Application.Customers;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Projections.Customers;

namespace Messaging.Api.GraphQL;

/// <content>Customers and their contacts.</content>
public sealed partial class Mutation
{
    /// <summary>Ends somebody's part in a customer's conversations at once. Their history stays.</summary>
    [Allow(Access.Administrators)]
    public static async Task<DeactivateContactPayload> DeactivateContact(
        IResolveFieldContext context, DeactivateContactInput input)
    {
        var id = Ids.Parse(input.Id);
        var errors = await context.ExecuteAsync(new DeactivateContactCommand(context.Caller(), id));
        context.Service<TokenGate>().Forget(context.Caller().TenantId, id);
        return new DeactivateContactPayload(id, errors);
    }

    /// <summary>
    /// Lets a contact back who was deactivated, with their id and history. They get an invitation and choose a
    /// password. CONFLICT: the address is somebody else's by now.
    /// </summary>
    [Allow(Access.Administrators)]
    public static async Task<ReactivateContactPayload> ReactivateContact(
        IResolveFieldContext context, ReactivateContactInput input)
    {
        var id = Ids.Parse(input.Id);
        var caller = context.Caller();
        var known = await context.Service<CustomerQueries>()
            .ContactsByIdsAsync(caller, [id], context.CancellationToken);
        var email = input.Email ?? known.GetValueOrDefault(id)?.Email;
        var command = new ReactivateContactCommand(caller, id, email)
        {
            Limits = context.Service<InvitationLimits>(),
        };
        return new ReactivateContactPayload(id, await context.ExecuteAsync(command));
    }

    /// <summary>Registers a customer of the office.</summary>
    [Allow(Access.Administrators, ApiTokens = true)]
    public static async Task<RegisterCustomerPayload> RegisterCustomer(
        IResolveFieldContext context, RegisterCustomerInput input)
    {
        if (Ids.Choose(input.Id) is not { } id)
            return new RegisterCustomerPayload(Guid.Empty, [UserError.Of(new IdIsIllFormed())]);
        return new RegisterCustomerPayload(
            id, await context.ExecuteAsync(new RegisterCustomerCommand(context.Caller(), id, input.Name)));
    }

    /// <summary>
    /// Changes what the office keeps about a customer; what is not given stays. Whoever was limited to a tag that it
    /// loses is no longer responsible for it, nor for its conversations: nobody is then.
    /// </summary>
    [Allow(Access.Administrators, ApiTokens = true)]
    public static async Task<UpdateCustomerPayload> UpdateCustomer(
        IResolveFieldContext context, UpdateCustomerInput input)
    {
        var id = Ids.Parse(input.Id);
        var caller = context.Caller();
        IReadOnlyList<UserError> errors = [];
        if (input.Tags is null) await UpdateAsync();
        else await context.Service<LostSight>().OfAsync(caller, id, UpdateAsync, context.CancellationToken);
        return new UpdateCustomerPayload(id, errors);

        async Task<bool> UpdateAsync()
        {
            errors = await context.ExecuteAsync(
                new UpdateCustomerCommand(caller, id, input.Name, input.Number, input.Notes, input.Tags)
                {
                    MailsWithoutContent = input.MailsWithoutContent,
                });
            return errors.Count == 0;
        }
    }

    /// <summary>
    /// Makes an administrator responsible for a customer's new conversations, or nobody. Conversations that there are
    /// stay with whoever has them.
    /// </summary>
    [Allow(Access.Administrators, ApiTokens = true)]
    public static async Task<AssignDefaultAdministratorPayload> AssignDefaultAdministrator(
        IResolveFieldContext context, AssignDefaultAdministratorInput input)
    {
        var id = Ids.Parse(input.Id);
        return new AssignDefaultAdministratorPayload(
            id,
            await context.ExecuteAsync(
                new AssignDefaultAdministratorCommand(
                    context.Caller(), id, Ids.ParseOptional(input.AdministratorId))));
    }

    /// <summary>
    /// Ends a customer's mandate on a day: from the beginning of that day in the office's time zone nobody writes in
    /// its conversations, and both sides go on reading. Another day takes the place of the one before.
    /// </summary>
    [Allow(Access.Administrators, ApiTokens = true)]
    public static async Task<EndCustomerPayload> EndCustomer(IResolveFieldContext context, EndCustomerInput input)
    {
        var id = Ids.Parse(input.Id);
        return new EndCustomerPayload(
            id, await context.ExecuteAsync(new EndCustomerCommand(context.Caller(), id, input.On)));
    }

    /// <summary>Goes on with a customer's mandate that has an end: both sides write again.</summary>
    [Allow(Access.Administrators, ApiTokens = true)]
    public static async Task<ResumeCustomerPayload> ResumeCustomer(
        IResolveFieldContext context, ResumeCustomerInput input)
    {
        var id = Ids.Parse(input.Id);
        return new ResumeCustomerPayload(
            id, await context.ExecuteAsync(new ResumeCustomerCommand(context.Caller(), id)));
    }

    /// <summary>Asks somebody to write for a customer; the link to do so goes out by e-mail.</summary>
    [Allow(Access.Administrators)]
    public static async Task<InviteContactPayload> InviteContact(IResolveFieldContext context, InviteContactInput input)
    {
        var id = Guid.CreateVersion7();
        var customer = Ids.Parse(input.CustomerId);
        var command = new InviteContactCommand(context.Caller(), id, customer, input.Email, input.DisplayName)
        {
            Topics = input.Topics ?? [],
            Limits = context.Service<InvitationLimits>(),
        };
        return new InviteContactPayload(id, await context.ExecuteAsync(command));
    }

    /// <summary>
    /// Limits a contact to the customer's conversations that have one of these topics as a tag; none gives them all of
    /// the customer's. It counts at once, also for what they have open, and is undone likewise.
    /// </summary>
    [Allow(Access.Administrators)]
    public static async Task<SetContactTopicsPayload> SetContactTopics(
        IResolveFieldContext context, SetContactTopicsInput input)
    {
        var (caller, id) = (context.Caller(), Ids.Parse(input.Id));
        var errors = await context.ExecuteAsync(new GiveTopicsCommand(caller, id, input.Topics));
        await context.Service<EndedSessions>().RightsChangedAsync(caller.TenantId, id);
        return new SetContactTopicsPayload(id, errors);
    }
}

/// <summary>Ends somebody's part in a customer's conversations.</summary>
[Allow(Access.Administrators)]
public sealed class DeactivateContactInput
{
    /// <summary>The person's id.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>Lets a contact back.</summary>
[Allow(Access.Administrators)]
public sealed class ReactivateContactInput
{
    /// <summary>The person's id.</summary>
    [Id]
    public string Id { get; set; } = "";

    /// <summary>Another address for the invitation, which they sign in with; null for the one of before.</summary>
    [Limit(Characters = Text.EmailMaximum, AsData = true)]
    public string? Email { get; set; }
}

/// <summary>Registers a customer.</summary>
[Allow(Access.Administrators)]
public sealed class RegisterCustomerInput
{
    /// <summary>
    /// A UUID of the client's choice makes the mutation idempotent: the same id and content again has no second effect.
    /// </summary>
    [Id]
    public string? Id { get; set; }

    /// <summary>One line that is not empty.</summary>
    [Limit(Characters = CustomerDecider.NameMaximum, AsData = true)]
    public string Name { get; set; } = "";
}

/// <summary>Changes what the office keeps about a customer; what is not given stays.</summary>
[Allow(Access.Administrators)]
public sealed class UpdateCustomerInput
{
    /// <summary>The customer.</summary>
    [Id]
    public string Id { get; set; } = "";

    /// <summary>One line that is not empty.</summary>
    [Limit(Characters = CustomerDecider.NameMaximum, AsData = true)]
    public string? Name { get; set; }

    /// <summary>
    /// One line, which no other customer of the office has, whatever the case of its letters; white space around it is
    /// left out. An empty one takes the number away.
    /// </summary>
    [Limit(Characters = CustomerDecider.NumberMaximum, AsData = true)]
    public string? Number { get; set; }

    /// <summary>What only the office sees. An empty text takes the notes away.</summary>
    [Limit(Characters = CustomerDecider.NotesMaximum, AsData = true)]
    public string? Notes { get; set; }

    /// <summary>
    /// All tags that it shall have, each one line that is not empty; those that differ only in case are one. An empty
    /// list takes all of them away.
    /// </summary>
    [Limit(Characters = CustomerDecider.TagMaximum, Items = CustomerDecider.TagsMaximum, AsData = true)]
    public IReadOnlyList<string>? Tags { get; set; }

    /// <summary>True: mails about its conversations, to whomever, do not say what was written.</summary>
    public bool? MailsWithoutContent { get; set; }
}

/// <summary>Makes an administrator responsible for a customer's new conversations, or nobody.</summary>
[Allow(Access.Administrators)]
public sealed class AssignDefaultAdministratorInput
{
    /// <summary>The customer.</summary>
    [Id]
    public string Id { get; set; } = "";

    /// <summary>The administrator; null for nobody.</summary>
    [Id]
    public string? AdministratorId { get; set; }
}

/// <summary>Ends a customer's mandate.</summary>
[Allow(Access.Administrators)]
public sealed class EndCustomerInput
{
    /// <summary>The customer.</summary>
    [Id]
    public string Id { get; set; } = "";

    /// <summary>
    /// The day of the mandate's end in the office's time zone, from 1900-01-01 to 2199-12-31: past, today or still to
    /// come.
    /// </summary>
    public DateOnly On { get; set; }
}

/// <summary>Goes on with a customer's mandate that has an end.</summary>
[Allow(Access.Administrators)]
public sealed class ResumeCustomerInput
{
    /// <summary>The customer.</summary>
    [Id]
    public string Id { get; set; } = "";
}

/// <summary>Asks somebody to write for a customer.</summary>
[Allow(Access.Administrators)]
public sealed class InviteContactInput
{
    /// <summary>The customer.</summary>
    [Id]
    public string CustomerId { get; set; } = "";

    /// <summary>The address that the invitation goes to and that they sign in with.</summary>
    [Limit(Characters = Text.EmailMaximum, AsData = true)]
    public string Email { get; set; } = "";

    /// <summary>One line that is not empty.</summary>
    [Limit(Characters = Profile.DisplayNameMaximum, AsData = true)]
    public string DisplayName { get; set; } = "";

    /// <summary>
    /// The topics that they are limited to, as <c>setContactTopics</c> has it; none for all of the customer's
    /// conversations.
    /// </summary>
    [Limit(Characters = ConversationTags.TagMaximum, Items = Contact.TopicsMaximum, AsData = true)]
    public IReadOnlyList<string>? Topics { get; set; }
}

/// <summary>Limits a contact to topics.</summary>
[Allow(Access.Administrators)]
public sealed class SetContactTopicsInput
{
    /// <summary>The contact.</summary>
    [Id]
    public string Id { get; set; } = "";

    /// <summary>
    /// Tags of conversations, each one line that is not empty; those that differ only in case are one. An empty list
    /// gives them all of the customer's conversations.
    /// </summary>
    [Limit(Characters = ConversationTags.TagMaximum, Items = Contact.TopicsMaximum, AsData = true)]
    public IReadOnlyList<string> Topics { get; set; } = [];
}

/// <summary>The answer to <c>deactivateContact</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class DeactivateContactPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The contact who was deactivated.</summary>
    public IDataLoaderResult<ContactNode?>? Contact(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.ContactIfAny(id) : null;
}

/// <summary>The answer to <c>reactivateContact</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class ReactivateContactPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The contact who was let back.</summary>
    public IDataLoaderResult<ContactNode?>? Contact(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.ContactIfAny(id) : null;
}

/// <summary>The answer to <c>registerCustomer</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class RegisterCustomerPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The new customer.</summary>
    public IDataLoaderResult<CustomerNode?>? Customer(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.CustomerIfAny(id) : null;
}

/// <summary>The answer to <c>updateCustomer</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class UpdateCustomerPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The customer as it is now.</summary>
    public IDataLoaderResult<CustomerNode?>? Customer(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.CustomerIfAny(id) : null;
}

/// <summary>The answer to <c>assignDefaultAdministrator</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class AssignDefaultAdministratorPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The customer as it is now.</summary>
    public IDataLoaderResult<CustomerNode?>? Customer(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.CustomerIfAny(id) : null;
}

/// <summary>The answer to <c>endCustomer</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class EndCustomerPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The customer as it is now.</summary>
    public IDataLoaderResult<CustomerNode?>? Customer(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.CustomerIfAny(id) : null;
}

/// <summary>The answer to <c>resumeCustomer</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class ResumeCustomerPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The customer as it is now.</summary>
    public IDataLoaderResult<CustomerNode?>? Customer(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.CustomerIfAny(id) : null;
}

/// <summary>The answer to <c>setContactTopics</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class SetContactTopicsPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The contact as they are now.</summary>
    public IDataLoaderResult<ContactNode?>? Contact(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.ContactIfAny(id) : null;
}

/// <summary>The answer to <c>inviteContact</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class InviteContactPayload(Guid id, IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The person who was invited.</summary>
    public IDataLoaderResult<ContactNode?>? Contact(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.ContactIfAny(id) : null;
}
