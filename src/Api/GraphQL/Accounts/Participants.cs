using GraphQL;
using GraphQL.DataLoader;
using GraphQL.Types;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Customers;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Transport;
using Messaging.Domain;

namespace Messaging.Api.GraphQL.Accounts;

/// <summary>Participants of either side, fetched in batches.</summary>
internal static class ParticipantLoads
{
    public static IDataLoaderResult<IParticipant?> PersonIfAny(this IResolveFieldContext context, Guid id) =>
        context.AdministratorIfAny(id).ThenLoad(administrator => administrator is not null
            ? LoaderResults.Done<IParticipant?>(administrator)
            : context.ContactIfAny(id).Then(contact => (IParticipant?)contact));

    /// <summary>Announces that a person of either kind is asked for soon.</summary>
    public static void ForeseePerson(this IResolveFieldContext context, Guid id)
    {
        context.Administrators().Foresee(id);
        context.Contacts().Foresee(id);
    }

    public static IDataLoaderResult<IParticipant> Participant(
        this IResolveFieldContext context, Participant participant) =>
        participant.Kind switch
        {
            ParticipantKind.Administrator => context
                .Administrators()
                .LoadRequiredAsync(participant.Id)
                .Then(row => (IParticipant)new AdministratorNode(row)),
            ParticipantKind.Contact => context
                .Contacts()
                .LoadRequiredAsync(participant.Id)
                .Then(row => (IParticipant)new ContactNode(row)),
            ParticipantKind.System => LoaderResults.Done<IParticipant>(new SystemNode()),
        };
}

/// <summary>A participant: a person of the office, a contact of a customer, or the product itself.</summary>
public interface IParticipant;

/// <summary>The product itself.</summary>
[Name("System")]
[Allow(Access.SignedIn)]
public sealed class SystemNode : IParticipant
{
    /// <summary>The product's name.</summary>
    public string Name { get; } = "Messaging";
}

/// <summary>A participant.</summary>
[Allow(Access.SignedIn)]
public sealed class ParticipantType : UnionGraphType
{
    /// <summary>A person of the office, a contact of a customer, or the product itself.</summary>
    public ParticipantType()
    {
        Name = "Participant";
        Description = "A participant: a person of the office, a contact of a customer, or the product itself.";
        Type<AutoRegisteringObjectGraphType<AdministratorNode>>();
        Type<AutoRegisteringObjectGraphType<ContactNode>>();
        Type<AutoRegisteringObjectGraphType<SystemNode>>();
    }
}
