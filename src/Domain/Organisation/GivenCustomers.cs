using System.Collections.Immutable;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;

namespace Messaging.Domain.Organisation;

/// <summary>
/// The customers that somebody of the office is limited to: each that is named, and each that has one of the tags, now
/// or later.
/// </summary>
/// <param name="Ids">The customers that are named.</param>
/// <param name="Tags">Tags of customers, in whatever case.</param>
public sealed record GivenCustomers(ImmutableArray<Guid> Ids, ImmutableArray<string> Tags)
{
    /// <summary>The most customers that are named.</summary>
    public const int IdsMaximum = 200;

    /// <summary>The most tags.</summary>
    public const int TagsMaximum = 20;

    /// <summary>True when the customer is one of them.</summary>
    public bool Have(Customer customer) =>
        Ids.Contains(customer.Id)
        || customer.Tags.Any(tag => Tags.Any(given => CustomerDecider.KeyOf(given) == CustomerDecider.KeyOf(tag)));

    /// <summary>True when the other ones are the same customers and tags, in whatever order.</summary>
    public bool AreSameAs(GivenCustomers other) =>
        Ids.ToHashSet().SetEquals(other.Ids)
        && Tags.Select(CustomerDecider.KeyOf).ToHashSet().SetEquals(other.Tags.Select(CustomerDecider.KeyOf));

    /// <summary>The same without repetitions, tags without white space around them.</summary>
    internal GivenCustomers Tidied() =>
        new([.. Ids.Distinct()], [.. Tags.Select(t => t.Trim()).DistinctBy(CustomerDecider.KeyOf)]);

    /// <summary>The refusal of what nobody can be given; null when it can be.</summary>
    /// <param name="isCustomer">Whether there is a customer of an id.</param>
    /// <param name="path">The input that they come from, as the API names it, with its dot.</param>
    public Refusal? Check(Func<Guid, bool> isCustomer, string path)
    {
        if (Ids.Length > IdsMaximum) return new TooManyGiven("customerIds", IdsMaximum, path);
        if (Tags.Length > TagsMaximum) return new TooManyGiven("tags", TagsMaximum, path);
        for (var i = 0; i < Tags.Length; i++)
        {
            if (Text.CheckLine(Tags[i].Trim(), $"{path}tags.{i}", CustomerDecider.TagMaximum) is { } tag) return tag;
        }

        for (var i = 0; i < Ids.Length; i++)
        {
            if (!isCustomer(Ids[i])) return new CustomerNotFound($"{path}customerIds.{i}");
        }

        return null;
    }
}

/// <summary>More than somebody can be given.</summary>
public sealed record TooManyGiven(string What, int Maximum, string Path)
    : Refusal(RefusalKind.TooLarge, $"{What} may name at most {Maximum}.", Path + What);

/// <summary>Owners decide what others see, and see everything.</summary>
public sealed record OwnersAreNotLimited()
    : Refusal(
        RefusalKind.Invalid, "An owner sees every customer. Dismiss them as an owner first.", "id",
        RefusalReason.OwnersAreNotLimited);

/// <summary>All customers and some of them at once.</summary>
public sealed record AllOrSomeCustomers(string Path)
    : Refusal(RefusalKind.Invalid, "all: true goes without customerIds and tags.", $"{Path}all");

/// <summary>The customer is none of those that the administrator was given.</summary>
public sealed record AdministratorDoesNotSeeCustomer(string Field)
    : Refusal(
        RefusalKind.Invalid, "This administrator has no access to the customer. An owner can give it to them.", Field,
        RefusalReason.AdministratorDoesNotSeeCustomer);

/// <summary>Nobody takes in what they would not see, nor changes who sees what.</summary>
public sealed record LimitedAdministratorsChangeNoAccess(string Message, string? Field = null)
    : Refusal(RefusalKind.Forbidden, Message, Field);
