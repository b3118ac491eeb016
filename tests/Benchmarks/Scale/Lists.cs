using System.Diagnostics;
using System.Globalization;
using System.Text;
using Messaging.Api.Hosting;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;
using Messaging.Projections.Customers;
using Messaging.Projections.History;
using Messaging.Projections.Notifications;
using Messaging.Projections.Organisation;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Benchmarks.Scale;

/// <summary>How long each list takes in databases of different sizes, and how the database carries it out.</summary>
internal sealed class Lists
{
    // What a list by another time than its order sorts at most; and fewer rows than of so many conversations are
    // rightly read from end to end.
    private const int SortedMaximum = 20_000;
    private const int FewConversations = 100_000;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(6);

    /// <summary>
    /// Measures the lists in each of the databases, the smallest first, prints a table and writes the plans.
    /// </summary>
    /// <param name="only">A part of the names of those to measure.</param>
    /// <returns>Whether no plan has what it must not have.</returns>
    public static async Task<bool> RunAsync(IReadOnlyList<string> directories, string plans, int samples, string only)
    {
        var results = new List<(int Conversations, Dictionary<string, Figures> Times)>();
        var complaints = new List<string>();
        await using var file = File.CreateText(plans);
        foreach (var directory in directories)
        {
            var log = new PlanLog();
            await using var server = await EmbeddedPostgres.StartAsync(
                new EmbeddedPostgresOptions(directory), log, CancellationToken.None);
            await using var database = NpgsqlDataSource.Create(
                new NpgsqlConnectionStringBuilder(Bench.Tuned(server.ConnectionString))
                {
                    MaxPoolSize = 1,
                    CommandTimeout = 0,
                }.ConnectionString
            );
            var backend = await BackendAsync(database);
            await using var explained = PlanLog.Open(server.ConnectionString, directory);
            var office = await OfficeData.ReadAsync(database);
            Console.Error.WriteLine($"… {office.Conversations} conversations");
            var times = new Dictionary<string, Figures>();
            var lists = All(office, database).Where(l => l.Name.Contains(only, StringComparison.Ordinal)).ToList();
            var explainedLists = All(office, explained)
                .Where(l => l.Name.Contains(only, StringComparison.Ordinal))
                .ToList();
            for (var i = 0; i < lists.Count; i++)
            {
                times.Add(lists[i].Name, await MeasureAsync(lists[i].Ask, samples, backend));

                // As often as it takes to have the plan that prepared statements end with.
                for (var j = 0; j < 7; j++) await explainedLists[i].Ask(j);
                var text = await log.OfAsync(explained, () => explainedLists[i].Ask(7));
                await file.WriteLineAsync($"==== {lists[i].Name}, {office.Conversations} conversations\n{text}");
                if (office.Conversations >= FewConversations)
                    complaints.AddRange(
                        PlanLog
                            .Complaints(text, SortedMaximum)
                            .Select(c => $"{lists[i].Name}, {office.Conversations} conversations: {c}")
                    );
                Console.Error.WriteLine($"  {lists[i].Name}: {times[lists[i].Name]}");
            }

            results.Add((office.Conversations, times));
        }

        Console.WriteLine(Table(results));
        Console.WriteLine($"Plans: {plans}");
        foreach (var complaint in complaints) Console.WriteLine($"Must not be: {complaint}");
        return complaints.Count == 0;
    }

    private static string Table(List<(int Conversations, Dictionary<string, Figures> Times)> results)
    {
        var text = new StringBuilder();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"Measured {DateTimeOffset.UtcNow:u} on {Environment.ProcessorCount} processors: milliseconds of the "
                + $"database's processor time, p50 / p99, and until the answer was there, p50."
        );
        text.AppendLine();
        text.Append("| list |");
        foreach (var (conversations, _) in results) text.Append(CultureInfo.InvariantCulture, $" {conversations:N0} |");
        text.AppendLine(" p50 ratio | p99 ratio |");
        text.Append("| --- |");
        foreach (var _ in results) text.Append(" ---: |");
        text.AppendLine(" ---: | ---: |");
        foreach (var name in results[0].Times.Keys)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {name} |");
            foreach (var (_, times) in results) text.Append(CultureInfo.InvariantCulture, $" {times[name]} |");
            var (small, big) = (results[0].Times[name], results[^1].Times[name]);
            text.AppendLine(CultureInfo.InvariantCulture, $" {big.P50 / small.P50:0.0} | {big.P99 / small.P99:0.0} |");
        }

        return text.ToString();
    }

    private static async Task<Figures> MeasureAsync(Func<int, Task> ask, int samples, int backend)
    {
        for (var i = 0; i < 8; i++) await ask(i);
        var (processor, until) = (new List<double>(), new List<double>());
        var since = Stopwatch.GetTimestamp();
        while (until.Count < samples && (until.Count < 20 || Stopwatch.GetElapsedTime(since) < s_longest))
        {
            var (begun, used) = (Stopwatch.GetTimestamp(), ProcessorNanoseconds(backend));
            await ask(until.Count);
            until.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            processor.Add((ProcessorNanoseconds(backend) - used) / 1e6);
        }

        processor.Sort();
        until.Sort();
        return new Figures(
            processor[processor.Count / 2], processor[processor.Count * 99 / 100], until[until.Count / 2]);
    }

    private static async Task<int> BackendAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("select pg_backend_pid()");
        return (int)(await command.ExecuteScalarAsync())!;
    }

    // What else happens on the machine does not count here.
    private static long ProcessorNanoseconds(int process) =>
        long.Parse(File.ReadAllText($"/proc/{process}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture);

    private static IEnumerable<(string Name, Func<int, Task> Ask)> All(OfficeData office, NpgsqlDataSource database)
    {
        var (queries, customers, notifications, history) = (
            new ConversationQueries(database), new CustomerQueries(database), new NotificationQueries(database),
            new HistoryQueries(database));
        var x = CancellationToken.None;
        var latest = ConversationOrder.Default;
        ConversationOrder oldest = new(ConversationOrderField.UpdatedAt, false),
            started = new(ConversationOrderField.CreatedAt, true);

        foreach (
            var (name, filter) in ((string, ConversationFilter)[])
                [
                    ("all", ConversationFilter.None),
                    ("open", new([ConversationStatus.Open])),
                    ("open or attention", new([ConversationStatus.Open, ConversationStatus.Attention])),
                    ("answered", new([ConversationStatus.Answered])),
                    ("awaiting the office", new(Awaiting: Awaiting.Office)),
                    ("awaiting nobody", new(Awaiting: Awaiting.Nobody)),
                    ("mine", new(ResponsibleAdministratorId: office.Anna.Actor.Id)),
                    (
                        "mine, open, awaiting the office",
                        new(
                            [ConversationStatus.Open], Awaiting.Office,
                            ResponsibleAdministratorId: office.Anna.Actor.Id)
                    ),
                    ("unassigned", new(Unassigned: true)),
                    ("unassigned, open", new([ConversationStatus.Open], Unassigned: true)),
                    ("assigned", new(Unassigned: false)),
                    ("of a customer", new(CustomerId: office.Customer)),
                    ("of a customer, open", new([ConversationStatus.Open], CustomerId: office.Customer)),
                    ("unread", new(Unread: true)),
                    ("read", new(Unread: false)),
                    ("mine, unread", new(ResponsibleAdministratorId: office.Anna.Actor.Id, Unread: true)),
                    ("updated in a week", new(UpdatedFrom: office.Middle, UpdatedTo: office.Middle.AddDays(7))),
                    ("started in a week", new(CreatedFrom: office.Middle, CreatedTo: office.Middle.AddDays(7))),
                ]
        )
        {
            yield return ($"{name}, page 1", _ => queries.PageAsync(office.Anna, filter, latest, PageRequest.Start, x));
            yield return ($"{name}, oldest first", _ =>
                queries.PageAsync(office.Anna, filter, oldest, PageRequest.Start, x)
            );
            yield return ($"{name}, by creation", _ =>
                queries.PageAsync(office.Anna, filter, started, PageRequest.Start, x)
            );
            yield return ($"{name}, totalCount", _ => queries.CountAsync(office.Anna, filter, x));
        }

        foreach (
            var (name, filter) in ((string, ConversationFilter)[])
                [
                    ("all", ConversationFilter.None), ("answered", new([ConversationStatus.Answered])),
                    ("mine", new(ResponsibleAdministratorId: office.Anna.Actor.Id)), ("unread", new(Unread: true))
                ]
        )
        {
            yield return ($"{name}, page 1,000", _ =>
                queries.PageAsync(office.Anna, filter, latest, new PageRequest(50, office.Deep, null, null), x)
            );
            yield return ($"{name}, page 1,000, backward", _ =>
                queries.PageAsync(office.Anna, filter, latest, new PageRequest(null, null, 50, office.Deep), x)
            );
        }

        yield return ("counts by status", _ => queries.CountsAsync(office.Anna, ConversationFilter.None, x));
        yield return ("counts by status, mine", _ =>
            queries.CountsAsync(office.Anna, new(ResponsibleAdministratorId: office.Anna.Actor.Id), x)
        );
        yield return ("counts by status, unread", _ => queries.CountsAsync(office.Anna, new(Unread: true), x));

        foreach (var (name, term) in office.Terms)
        {
            ConversationFilter filter = new(Search: term);
            yield return ($"search {name}, page 1", _ =>
                queries.PageAsync(office.Anna, filter, latest, PageRequest.Start, x)
            );
            yield return ($"search {name}, page 1,000", _ =>
                queries.PageAsync(office.Anna, filter, latest, new PageRequest(50, office.Deep, null, null), x)
            );
            yield return ($"search {name}, oldest first", _ =>
                queries.PageAsync(office.Anna, filter, oldest, PageRequest.Start, x)
            );
            yield return ($"search {name}, by creation", _ =>
                queries.PageAsync(office.Anna, filter, started, PageRequest.Start, x)
            );
            yield return ($"search {name}, answered", _ =>
                queries.PageAsync(
                    office.Anna,
                    filter with
                    {
                        Status = [ConversationStatus.Answered],
                    },
                    latest,
                    PageRequest.Start,
                    x
                )
            );
            yield return ($"search {name}, totalCount", _ => queries.CountAsync(office.Anna, filter, x));
            yield return ($"search {name}, a customer's", _ =>
                queries.PageAsync(office.Dieter, filter, latest, PageRequest.Start, x)
            );
        }

        yield return ("a customer's, page 1", _ =>
            queries.PageAsync(office.Dieter, ConversationFilter.None, latest, PageRequest.Start, x)
        );
        yield return ("a customer's, by creation", _ =>
            queries.PageAsync(office.Dieter, ConversationFilter.None, started, PageRequest.Start, x)
        );
        yield return ("a customer's, open", _ =>
            queries.PageAsync(office.Dieter, new([ConversationStatus.Open]), latest, PageRequest.Start, x)
        );
        yield return ("a customer's, unread", _ =>
            queries.PageAsync(office.Dieter, new(Unread: true), latest, PageRequest.Start, x)
        );
        yield return ("a customer's, totalCount", _ => queries.CountAsync(office.Dieter, ConversationFilter.None, x));
        yield return ("a customer's, counts by status", _ =>
            queries.CountsAsync(office.Dieter, ConversationFilter.None, x)
        );

        yield return ("comments of a conversation", i =>
            queries.CommentPagesAsync(office.Anna, [office.Some[i % office.Some.Count]], PageRequest.Start, x)
        );
        yield return ("comments of a conversation, the last ones", i =>
            queries.CommentPagesAsync(
                office.Anna, [office.Some[i % office.Some.Count]], new PageRequest(null, null, 50, null), x)
        );
        yield return ("comments of 50 conversations, three each", _ =>
            queries.CommentPagesAsync(office.Anna, office.Some, new PageRequest(3, null, null, null), x)
        );
        yield return ("files of 50 conversations", _ =>
            queries.FilePagesAsync(office.Anna, office.Some, PageRequest.Start, x)
        );
        yield return ("unread comments of 50 conversations", _ =>
            queries.UnreadCountsAsync(office.Anna, office.Some, x)
        );
        yield return ("history of a conversation", i =>
            history.HistoryPagesAsync(office.Anna, [office.Some[i % office.Some.Count]], null, PageRequest.Start, x)
        );
        yield return ("notifications, page 1", _ =>
            notifications.NotificationsPageAsync(office.Anna, false, PageRequest.Start, x)
        );
        yield return ("notifications, unread", _ =>
            notifications.NotificationsPageAsync(office.Anna, true, PageRequest.Start, x)
        );
        yield return (
            "notifications, unread, totalCount", _ => notifications.NotificationsCountAsync(office.Anna, true, x));
        yield return (
            "customers, page 1", _ => customers.CustomersPageAsync(office.Anna, null, null, PageRequest.Start, x));
        foreach (
            var (name, part) in ((string, string)[])
                [("common", "gmbh"), ("rare", "kuehn"), ("of two letters", "öl"), ("not there", "xyzzy")]
        )
            yield return ($"customers, search {name}", _ =>
                customers.CustomersPageAsync(office.Anna, part, null, PageRequest.Start, x)
            );
        yield return (
            "customers, search rare, totalCount", _ => customers.CustomersCountAsync(office.Anna, "kuehn", null, x));
        yield return (
            "administrators",
            _ => new OrganisationQueries(database).AdministratorsPageAsync(office.Anna, PageRequest.Start, x));
    }

    /// <summary>Milliseconds.</summary>
    /// <param name="P50">Of the database's processor time.</param>
    /// <param name="P99">Of the same.</param>
    /// <param name="Until">The median until the answer was there.</param>
    private sealed record Figures(double P50, double P99, double Until)
    {
        public override string ToString() =>
            string.Create(CultureInfo.InvariantCulture, $"{P50:0.00} / {P99:0.00}, {Until:0.0}");
    }

    /// <summary>Who and what is asked for.</summary>
    /// <param name="Deep">A cursor after which the 1,000th page begins, or one after three quarters of the
    /// list.</param>
    /// <param name="Some">Fifty conversations from everywhere.</param>
    private sealed record OfficeData(
        int Conversations, Caller Anna, Caller Dieter, Guid Customer, DateTimeOffset Middle, string Deep,
        IReadOnlyList<Guid> Some, IReadOnlyList<(string Name, string Term)> Terms)
    {
        public static async Task<OfficeData> ReadAsync(NpgsqlDataSource database)
        {
            var tenant = ScaleSeed.Organisation.ToString();
            var count = (int)(long)(await OneAsync("select count(*) from messaging.conversations"))[0];
            var anna = (Guid)(await OneAsync("select id from messaging.administrators where is_owner"))[0];
            var customer = (Guid)
                (
                    await OneAsync(
                        "select customer_id from messaging.conversations order by created_at offset 7000 limit 1")
                )[0];
            var contact = (Guid)
                (await OneAsync($"select id from messaging.contacts where customer_id = '{customer}' limit 1"))[0];
            var deep = await OneAsync(
                $"select updated_at, id from messaging.conversations order by updated_at desc, id desc offset "
                    + $"{Math.Min(49_949, count * 3 / 4)} limit 1"
            );
            var middle = new DateTimeOffset(
                (DateTime)
                    (
                        await OneAsync(
                            "select min(created_at) + (max(created_at) - min(created_at)) / 2 from "
                                + "messaging.conversations"
                        )
                    )[0],
                TimeSpan.Zero
            );
            var number = (string)
                (
                    await OneAsync(
                        "select substring(body from 'RE[0-9]+') from messaging.comments where body like '%RE%' "
                            + "and body ~ 'RE[0-9]+' limit 1"
                    )
                )[0];
            var some = (Guid[])
                (
                    await OneAsync(
                        $"select array_agg(id) from (select id from (select id, row_number() over (order by "
                            + $"created_at) as n from messaging.conversations) c where n % {count / 50} = 0 limit 50) c"
                    )
                )[0];
            return new OfficeData(
                count,
                new Caller(tenant, new Actor.Administrator(anna, true)),
                new Caller(tenant, new Actor.Contact(contact, customer)),
                customer,
                middle,
                Cursor.Of(
                    "conversations:UpdatedAt:desc", new DateTimeOffset((DateTime)deep[0], TimeSpan.Zero),
                    (Guid)deep[1]),
                some,
                [
                    ("of nearly all", "und"), ("common", "Rechnung"), ("of some", "Umsatzsteuer"),
                    ("rarer", "Pfeiffer"), ("rare", "Kündigungsfrist"), ("of one", number),
                    ("of none", "Quastenflosser"), ("prefix rech", "rech"), ("prefix betr", "betr"), ("prefix q", "q"),
                    ("two common words", "Rechnung Belege"), ("common and rare", "und Kündigungsfrist"),
                    ("two rarer words", "Pfeiffer Sauer"), ("file name", "Bescheid_Oktober-2025.pdf")
                ]);

            async Task<object[]> OneAsync(string sql)
            {
                await using var command = database.CreateCommand(sql);
                command.CommandTimeout = 0;
                await using var reader = await command.ExecuteReaderAsync();
                if (!await reader.ReadAsync()) throw new BenchmarkFailedException($"Nothing was seeded: {sql}");
                var values = new object[reader.FieldCount];
                reader.GetValues(values);
                return values;
            }
        }
    }
}
