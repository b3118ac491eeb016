using Shouldly;
using Xunit;

namespace Messaging.Architecture.Tests;

/// <summary>
/// Whatever is read for a caller keeps to what they may see: each statement over conversations, what is in them,
/// customers, contacts and notifications has a condition of <c>Visibility</c> or <c>LimitedAccess</c>, or is listed,
/// for the reason given.
/// </summary>
public sealed class LimitedReadTests
{
    private static readonly Dictionary<string, string> s_exempt = new()
    {
        ["StatusTallies.CountAsync"] = "It counts for nobody who is limited.",
        ["ConversationSearch.EndsAsync"] = "It finds out when the office began, which only says where to stop.",
        ["CustomerQueries.Indexed"] = "It is a condition more, beside that of its callers.",
        ["HistoryQueries.WithoutNotes"] = "It is a condition more, which only takes away from what others read.",
        ["RestrictedPeople.AreHiddenFrom"] = "It is a condition more, which only takes away from what others read.",
        ["LostSight.ByAsync"] = "It asks if somebody is responsible for anything, to hand it over; only owners do.",
        ["LostSight.OfAsync"] = "It asks who is responsible for a customer, to hand it over; nobody is told.",
    };

    [Fact]
    public void Whatever_is_read_for_a_caller_keeps_to_what_they_may_see()
    {
        var readers = Product.All.SelectMany(Rules.ReadersOfEverything).ToList();
        readers.Where(r => !s_exempt.ContainsKey(r)).ShouldBeEmpty();
        s_exempt.Keys.Except(readers).ShouldBeEmpty("An exemption that nobody needs is taken off the list.");
    }

    [Fact]
    public void A_statement_that_does_not_would_be_found() =>
        Rules.ReadersOfEverything(Product.Planted).ShouldBe(["PlantedQueries.Ids"]);
}
