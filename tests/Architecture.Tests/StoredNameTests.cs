using Shouldly;
using Xunit;

namespace Messaging.Architecture.Tests;

/// <summary>
/// What is marked as stored, against the list of it (<c>Approved/stored-names.txt</c>): a C# name may change, what
/// databases, receipts, tokens and logs of before hold may not. New names are added to the list; none of it is taken
/// away.
/// </summary>
public sealed class StoredNameTests
{
    private const string List = "tests/Architecture.Tests/Approved/stored-names.txt";

    private static readonly List<string> s_stored =
    [
        .. Product.All.SelectMany(Rules.StoredNames).Distinct().Order(StringComparer.Ordinal),
    ];

    private static readonly string[] s_approved = File.ReadAllLines(Path.Combine(Product.Root, List));

    [Fact]
    public void Nothing_that_is_stored_is_renamed() =>
        s_approved.Except(s_stored).ShouldBeEmpty(
            "These names are in databases, receipts, tokens or logs of before, and no [Stored] has them any more. "
            + "A C# name may change; the stored name, the fields and the numbers stay as they were.");

    [Fact]
    public void Whatever_is_stored_is_in_the_list() =>
        s_stored.Except(s_approved).ShouldBeEmpty(
            $"These names are stored for good from now on. If they are as they shall stay, add the lines to {List}.");

    [Fact]
    public void One_constant_that_two_assemblies_need_has_one_value() =>
        s_stored
            .Where(line => line.StartsWith("constant ", StringComparison.Ordinal))
            .Select(line => line.Split(' ')[1])
            .ShouldBeUnique();

    [Fact]
    public void Two_locks_cookies_or_claims_have_no_value_in_common()
    {
        foreach (var kind in new[] { "lock_", "cookie_", "token_claim_", "header_", "folder_", "purpose_" })
        {
            var values = s_stored
                .Where(line => line.StartsWith($"constant {kind}", StringComparison.Ordinal))
                .Select(line => line.Split(" = ")[1])
                .ToList();
            values.Count.ShouldBeGreaterThan(1);
            values.ShouldBeUnique();
        }
    }

    [Fact]
    public void Whether_an_enum_is_stored_is_decided() =>
        new[] { Product.Domain, Product.Application }
            .SelectMany(Rules.UnmarkedEnums)
            .Except(["AddressUse", "AuditVerdict", "BounceEffect", "ColumnRole", "EmailDelay", "ExportColumnKind",
                "NotificationPart", "PlaceOutcome", "PushOutcome", "RefusalKind", "RefusalReason", "RetentionRule",
                "TellingChannel", "UnreachableReason"])
            .ShouldBeEmpty(
                "Mark the enum with [Stored] if a column, an event or a receipt has it; name it here if none does.");

    [Fact]
    public void An_enum_that_nobody_decided_on_would_be_found() =>
        Rules.UnmarkedEnums(Product.Planted).ShouldBe(["PlantedEnum"]);

    [Fact]
    public void Every_event_and_every_command_has_a_stored_name()
    {
        Product
            .Domain.Types()
            .Where(t =>
                !t.IsAbstract
                && t.DerivesFrom(b => b.Name.EndsWith("Event", StringComparison.Ordinal))
                && Rules.StoredName(t) is null
            )
            .Select(t => t.Name)
            .ShouldBeEmpty();
        Product
            .Application.Types()
            .Where(t => !t.IsAbstract && t.DerivesFrom(b => b.Name == "Command") && Rules.StoredName(t) is null)
            .Select(t => t.Name)
            .ShouldBeEmpty();
        s_stored.ShouldContain("event comment_added");
        s_stored.ShouldContain("command AddCommentCommand");
    }

    [Fact]
    public void A_message_in_the_outbox_goes_by_its_stored_name()
    {
        var messages = Product
            .All.SelectMany(a => a.Types())
            .Select(t =>
                (
                    Stored: Rules.StoredName(t),
                    Identity: t.CustomAttributes.FirstOrDefault(a => a.AttributeType.Name == "MessageIdentityAttribute")
                )
            )
            .Where(t => t.Identity is not null)
            .ToList();
        messages.ShouldNotBeEmpty();
        foreach (var (stored, identity) in messages) identity!.ConstructorArguments[0].Value.ShouldBe(stored);
    }
}
