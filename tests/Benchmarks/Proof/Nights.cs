using Marten;
using Messaging.Benchmarks.Scale;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Npgsql;

namespace Messaging.Benchmarks.Proof;

/// <summary>
/// What a seeded office does not have: conversations over the nights in which its clocks change, with all that there is
/// in them, and a calendar of its own from the middle of its years on, with hours in those nights.
/// </summary>
internal static class Nights
{
    private const int ConversationsEach = 25;
    private const int Longest = 24;

    // Microseconds from one event to the next.
    private static readonly long[] s_steps = [0, 1, 60_000_000, 1_500_000_000, 3_700_000_000, -500, -900_000_000];

    /// <summary>The nights between two instants: when the clocks of Europe change, in March and in October.</summary>
    public static IEnumerable<DateTimeOffset> Between(DateTimeOffset first, DateTimeOffset last) =>
        Enumerable
            .Range(first.Year, last.Year - first.Year + 1)
            .SelectMany(year => ((int[])[3, 10]).Select(month => LastSunday(year, month)))
            .Where(at => at > first.AddDays(2) && at < last.AddDays(-2));

    /// <summary>Appends their events; the read models are to be made from all events afterwards.</summary>
    public static async Task SeedAsync(NpgsqlDataSource database, DateTimeOffset first, DateTimeOffset last)
    {
        var random = new Random(4711);
        await using var store = ScaleSeed.OpenStore(database);
        var people = new List<(Guid Customer, Guid Contact)>();
        await using (
            var command = database.CreateCommand(
                "select customer_id, id from messaging.contacts order by id limit 40"))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync()) people.Add((reader.GetGuid(0), reader.GetGuid(1)));
        }

        var administrators = await AdministratorsAsync(database);
        foreach (var change in Between(first, last))
        {
            for (var i = 0; i < ConversationsEach; i++)
            {
                await using var session = store.LightweightSession(ScaleSeed.Organisation.ToString());
                var (customer, contact) = people[random.Next(people.Count)];
                Append(session, random, change, customer, contact, administrators);
                await session.SaveChangesAsync();
            }
        }
    }

    /// <summary>Appends the calendar.</summary>
    public static async Task ChangeCalendarAsync(NpgsqlDataSource database, DateTimeOffset first, DateTimeOffset last)
    {
        var owner = (await AdministratorsAsync(database))[0];
        await using var store = ScaleSeed.OpenStore(database);
        await using var session = store.LightweightSession(ScaleSeed.Organisation.ToString());
        var from = DateOnly.FromDateTime(new DateTime((first.Ticks + last.Ticks) / 2, DateTimeKind.Utc));
        var changed = session.Events.BuildEvent(
            new CalendarChanged(
                from,
                [
                    OfficeHours.Of(Weekday.Monday, "07:30", "18:15"),
                    OfficeHours.Of(Weekday.Wednesday, "00:00", "24:00"),
                    OfficeHours.Of(Weekday.Thursday, "00:00", "12:00"),
                    OfficeHours.Of(Weekday.Saturday, "22:00", "24:00"), OfficeHours.Of(Weekday.Sunday, "02:30", "24:00")
                ],
                null, [NextMonday(from), NextMonday(from.AddDays(40))]));
        By(changed, new Participant(ParticipantKind.Administrator, owner), last);
        session.Events.Append(ScaleSeed.Organisation, changed);
        await session.SaveChangesAsync();
    }

    private static async Task<List<Guid>> AdministratorsAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand(
            "select id from messaging.administrators order by is_owner desc, id");
        await using var reader = await command.ExecuteReaderAsync();
        var administrators = new List<Guid>();
        while (await reader.ReadAsync()) administrators.Add(reader.GetGuid(0));
        return administrators;
    }

    // At one instant, a microsecond or minutes later, and now and then with the clock set back.
    private static void Append(
        IDocumentSession session, Random random, DateTimeOffset change, Guid customer, Guid contact,
        List<Guid> administrators)
    {
        var at = Microseconds(change.AddMinutes(-random.Next(1, 240)).AddTicks(random.NextInt64(600_000_000)));
        var events = new List<object>();
        var theirs = Participant.Contact(contact);
        var starter = random.Next(2) == 0 ? theirs : Office();
        var status = starter == theirs
            ? ConversationStatus.Open
            : Enum.GetValues<ConversationStatus>()[random.Next(3)];
        Add(
            starter,
            new ConversationCreated(
                customer, starter, "Nachts", status, random.Next(3) == 0 ? null : Office().Id, false));
        Comment(starter, CommentVisibility.Public);
        for (var left = random.Next(2, Longest); left > 0; left--)
        {
            at = at.AddMicroseconds(s_steps[random.Next(s_steps.Length)]);
            switch (random.Next(6))
            {
                case 0 or 1:
                    Comment(theirs, CommentVisibility.Public);
                    if (status != ConversationStatus.Open)
                        Change(theirs, ConversationStatus.Open, StatusChangeReason.CustomerReplied);
                    break;
                case 2:
                    Comment(Office(), random.Next(3) == 0 ? CommentVisibility.Internal : CommentVisibility.Public);
                    break;
                case 3 or 4:
                    var to = Enum.GetValues<ConversationStatus>()[random.Next(3)];
                    if (to != status) Change(Office(), to, StatusChangeReason.SetByAdministrator);
                    break;
                default:
                    Add(
                        Office(),
                        random.Next(3) == 0
                            ? new AdministratorUnassigned(Office().Id)
                            : new AdministratorAssigned(Office().Id));
                    break;
            }
        }

        session.Events.StartStream(Guid.CreateVersion7(change), [.. events]);

        Participant Office() =>
            Participant.Administrator(administrators[random.Next(administrators.Count)]);

        void Comment(Participant by, CommentVisibility visibility) =>
            Add(by, new CommentAdded(Guid.CreateVersion7(change), by, "Nachts geschrieben.", visibility));

        void Change(Participant by, ConversationStatus to, StatusChangeReason reason)
        {
            Add(by, new StatusChanged(status, to, reason));
            status = to;
        }

        void Add(Participant by, ConversationEvent data) => events.Add(By(session.Events.BuildEvent(data), by, at));
    }

    private static JasperFx.Events.IEvent By(JasperFx.Events.IEvent e, Participant by, DateTimeOffset at)
    {
        (e.Id, e.Timestamp) = (Guid.CreateVersion7(at), at);
        e.SetHeader("actor_kind", by.Kind.ToString());
        e.SetHeader("actor_id", by.Id.ToString());
        return e;
    }

    private static DateTimeOffset LastSunday(int year, int month)
    {
        var day = new DateTimeOffset(year, month, 31, 1, 0, 0, TimeSpan.Zero);
        return day.AddDays(-(int)day.DayOfWeek);
    }

    private static DateOnly NextMonday(DateOnly day) => Day.MondayOf(day).AddDays(7);

    private static DateTimeOffset Microseconds(DateTimeOffset at) =>
        new(at.Ticks / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
}
