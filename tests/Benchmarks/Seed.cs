namespace Messaging.Benchmarks;

/// <summary>The data of both sides: the same conversations with the same ids.</summary>
internal sealed record Seed(
    IReadOnlyList<(Guid Id, string Name)> Customers, IReadOnlyList<(Guid Id, string Name)> Administrators,
    IReadOnlyList<SeedConversation> Conversations)
{
    public const string OwnerName = "Anna Sommer";

    private static readonly string[] s_statuses = ["OPEN", "OPEN", "ATTENTION", "ANSWERED"];

    /// <summary>
    /// Makes up an office. Its customers have no contacts, so that nothing measured waits for e-mails.
    /// </summary>
    /// <param name="administrators">Those whom the product knows by now.</param>
    public static Seed Create(int conversations, int commentsEach, IReadOnlyList<(Guid Id, string Name)> administrators)
    {
        var customers = Enumerable
            .Range(1, 20)
            .Select(i => (Id: Guid.CreateVersion7(), Name: $"Bäckerei Krause {i} GmbH"))
            .ToList();
        return new Seed(
            customers,
            administrators,
            [
                .. Enumerable
                    .Range(0, conversations)
                    .Select(i => new SeedConversation(
                        Guid.CreateVersion7(),
                        customers[i % customers.Count].Id,
                        $"Umsatzsteuer-Voranmeldung {i % 12 + 1:00}, Vorgang {i}",
                        s_statuses[i % s_statuses.Length],
                        i % 10 == 0 ? null : administrators[i % administrators.Count].Id,
                        [
                            .. Enumerable
                                .Range(1, commentsEach)
                                .Select(j =>
                                    (
                                        Guid.CreateVersion7(),
                                        $"Guten Tag, zu Vorgang {i} fehlen uns noch Belege ({j}). Bitte schicken "
                                            + $"Sie uns die Kassenberichte und die Rechnungen der letzten Woche."
                                    )
                                ),
                        ]
                    )),
            ]
        );
    }
}

/// <param name="Status">As the API names it.</param>
internal sealed record SeedConversation(
    Guid Id, Guid CustomerId, string Subject, string Status, Guid? ResponsibleId,
    IReadOnlyList<(Guid Id, string Body)> Comments);
