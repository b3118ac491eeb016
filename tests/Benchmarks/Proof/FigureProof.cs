using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Messaging.Api.Hosting;
using Messaging.Application.Accounts;
using Messaging.Benchmarks.Scale;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Messaging.Benchmarks.Proof;

/// <summary>
/// Whether the product's figures are those that its events say, and how long it takes to answer: the running product,
/// asked by its API, beside <see cref="FigureReference"/>.
/// </summary>
internal sealed class FigureProof
{
    private const string Product = "Messaging.Api.dll";
    private const string Email = "bernd.winter0@kanzlei-sommer.example";
    private const int Instants = 400;
    private const int Shown = 5;

    // How often a year is asked for beside the ranges.
    private const int Repeats = 20;

    private const string Times =
        """
        query($from: DateTime!, $to: DateTime!, $basis: TimeBasis!, $by: WaitGrouping) {
          reports {
            FIGURE(from: $from, to: $to, basis: $basis, groupBy: $by) {
              groupCount
              total { ...figure }
              groups { administrator { id } customer { id } ...figure }
            }
          }
        }
        fragment figure on WaitFigure { count mean median p90 longest outcomes { outcome count } }
        """;

    private const string Totals =
        """
        query($from: DateTime!, $to: DateTime!) {
          reports {
            FIGURE(from: $from, to: $to) {
              REPLIED: waits(first: 0, outcome: FIRST) { totalCount }
              OTHER: waits(first: 0, outcome: SECOND) { totalCount }
              STILL_WAITING: waits(first: 0, outcome: STILL_WAITING) { totalCount }
            }
          }
        }
        """;

    private static readonly string[] s_kinds = ["officeReplyTime", "customerAnswerTime", "resolutionTime"];

    private readonly ProductClient _client;
    private readonly FigureReference _reference;
    private readonly List<TimeRange> _ranges;
    private bool _agrees = true;

    private FigureProof(ProductClient client, FigureReference reference, List<TimeRange> ranges) =>
        (_client, _reference, _ranges) = (client, reference, ranges);

    private static string Tenant => ScaleSeed.Organisation.ToString();

    // The last one until tomorrow: no other ends later.
    private TimeRange Year => _ranges.MaxBy(r => r.To)!;

    /// <summary>Compares, and prints a line for each figure, with what differs below it.</summary>
    /// <param name="kept">The directory of a database that is there, or is to be kept; null for one of its own.</param>
    /// <param name="conversations">The size of one that is not there yet.</param>
    /// <param name="ranges">The number of ranges.</param>
    /// <param name="seed">What the ranges are drawn by.</param>
    /// <returns>Whether nothing differs.</returns>
    public static async Task<bool> RunAsync(string? kept, int conversations, int ranges, int seed)
    {
        var own = Directory.CreateTempSubdirectory("messaging-figures-").FullName;
        try
        {
            await using var server = await EmbeddedPostgres.StartAsync(
                new EmbeddedPostgresOptions(kept ?? Path.Combine(own, "postgres")), NullLogger.Instance,
                CancellationToken.None);
            var settings = new Dictionary<string, string>
            {
                ["ConnectionStrings__Messaging"] = server.ConnectionString,
                ["Messaging__DataDirectory"] = Path.Combine(own, "data"),
                ["Messaging__GraphQL__MaxOperationsPerMinute"] = $"{int.MaxValue}",
                ["Messaging__GraphQL__MaxComplexityPerMinute"] = $"{int.MaxValue}",
            };
            await using (var database = NpgsqlDataSource.Create(server.ConnectionString))
                await PrepareAsync(database, conversations, settings);

            Say("the reference: temporary tables of all events");
            var begun = Stopwatch.GetTimestamp();
            await using var reference = await FigureReference.OpenAsync(server.ConnectionString, Tenant);
            var took = Stopwatch.GetElapsedTime(begun);
            var drawn = Ranges(await reference.InstantsAsync(seed), ranges, new Random(seed));

            Say("the product starts");
            await using var product = await ChildProcess.StartAsync(Product, "/health/ready", settings);
            using var client = new ProductClient(product.Address);
            await client.SignInAsync(Email);
            await product.SettleAsync();
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{reference.Events} events of conversations with {reference.WaitCount} waits, which SQL took "
                        + $"{took.TotalSeconds:0.0} s to find; {drawn.Count} ranges by seed {seed}; milliseconds, "
                        + $"p50 / p95"));
            var proof = new FigureProof(client, reference, drawn);
            try
            {
                await proof.CompareAsync();
            }
            catch (BenchmarkFailedException e)
            {
                throw new BenchmarkFailedException($"{e.Message}\nThe product said last:\n{product.LastLines}");
            }

            Console.WriteLine(proof._agrees ? "Nothing differs." : "The product and SQL differ: see above.");
            return proof._agrees;
        }
        finally
        {
            Directory.Delete(own, recursive: true);
        }
    }

    private static async Task PrepareAsync(
        NpgsqlDataSource database, int conversations, Dictionary<string, string> settings)
    {
        if (await ScalarAsync("select to_regclass('messaging.conversations')::text") is DBNull)
        {
            Say($"an office of {conversations} conversations");
            await new ScaleSeed(database, conversations, 10 * conversations).RunAsync();
        }

        // What was seeded wrote its read models by itself: those that are proved are made by the product, of events.
        if (await ScalarAsync("select 1 from messaging.mt_events where type = 'calendar_changed' limit 1") is null)
        {
            Say("nights of changing clocks");
            const string ofConversations = "from messaging.mt_events where type = 'conversation_created'";
            var (first, last) = (
                (DateTime)(await ScalarAsync($"select min(timestamp) {ofConversations}"))!,
                (DateTime)(await ScalarAsync($"select max(timestamp) {ofConversations}"))!);
            await Nights.SeedAsync(database, first, last);
            Say("the product makes its read models of all events");
            await ChildProcess.RunAsync(Product, settings, "rebuild");
            await Nights.ChangeCalendarAsync(database, first, last);
            await ScalarAsync(
                "update messaging.mt_event_progression "
                    + "set last_seq_id = (select max(seq_id) from messaging.mt_events)");
            await ScalarAsync("vacuum analyze");
        }

        await using var account = database.CreateCommand(
            """
            insert into messaging.accounts (tenant_id, person_id, email_key, role, is_owner, password_hash, active)
            select tenant_id, id, $1, 'Administrator', true, $2, true from messaging.administrators where email = $1
            on conflict (tenant_id, person_id) do update set password_hash = $2
            """);
        account.Parameters.Add(new NpgsqlParameter { Value = Email });
        account.Parameters.Add(new NpgsqlParameter { Value = new Passwords().Hash(ProductClient.OwnerPassword) });
        await account.ExecuteNonQueryAsync();

        async Task<object?> ScalarAsync(string sql)
        {
            await using var command = database.CreateCommand(sql);
            command.CommandTimeout = 0;
            return await command.ExecuteScalarAsync();
        }
    }

    // The latest night of March and of October: the office's Sunday, and a range from the hour before the change until
    // the hours after it. The last year until tomorrow. The rest by chance, from an hour to a thousand days; every
    // third begins, and every third ends, at the instant of an event.
    private static List<TimeRange> Ranges(
        (DateTimeOffset First, DateTimeOffset Last, List<DateTimeOffset> Some) office, int count, Random random)
    {
        var ranges = new List<TimeRange>();
        foreach (var change in Nights.Between(office.First, office.Last).TakeLast(2))
        {
            var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
            var sunday = DateOnly.FromDateTime(change.UtcDateTime);
            ranges.Add(new TimeRange(Day(sunday), Day(sunday.AddDays(1))));
            ranges.Add(
                new TimeRange(
                    change.AddMicroseconds(-random.NextInt64(1, 3_600_000_000)),
                    change.AddMicroseconds(random.NextInt64(1, 7_200_000_000))));

            DateTimeOffset Day(DateOnly day) =>
                new(TimeZoneInfo.ConvertTimeToUtc(day.ToDateTime(TimeOnly.MinValue), zone));
        }

        ranges.Add(new TimeRange(office.Last.AddYears(-1), office.Last.AddDays(1)));
        while (ranges.Count < count)
        {
            var hours = Math.Exp(random.NextDouble() * Math.Log(24_000));
            var length = TimeSpan.FromMicroseconds(Math.Floor(3.6e9 * hours));
            var from = random.Next(3) == 0
                ? office.Some[random.Next(office.Some.Count)]
                : office.First.AddDays(-5) + TimeSpan.FromMicroseconds(
                    random.NextInt64((long)(office.Last - office.First).TotalMicroseconds));
            var to = from + length;
            if (random.Next(3) == 0) to = office.Some.Where(at => at > from && at <= to).DefaultIfEmpty(to).Max();
            ranges.Add(new TimeRange(from, to < office.Last ? to : office.Last));
        }

        return [.. ranges.Where(r => r.From < r.To)];
    }

    private async Task CompareAsync()
    {
        foreach (var basis in (string[])["CALENDAR", "BUSINESS"])
        {
            foreach (var kind in s_kinds) await CompareTimesAsync(kind, basis);
        }

        foreach (var kind in s_kinds) await CompareTotalsAsync(kind);
        await CompareBacklogAsync();
        await CompareBacklogsAsync();
        foreach (var interval in (string[])["DAY", "WEEK", "MONTH"]) await CompareActivityAsync(interval);
        await CompareWorkloadAsync();
        foreach (var by in (string[])["ADMINISTRATOR", "CUSTOMER"]) await CompareWorkAsync(by);
        await CompareUndeliveredAsync();
        await CompareWeeklyAsync();
    }

    private async Task CompareTimesAsync(string kind, string basis)
    {
        var query = Times.Replace("FIGURE", kind, StringComparison.Ordinal);
        var references = new Dictionary<TimeRange, (Dictionary<(string What, Guid? Of), TimeFigure>, TimeSpan)>();
        foreach (var by in (string?[])[null, "ADMINISTRATOR", "CUSTOMER"])
        {
            var line = new Line($"{kind}, {basis}{(by is null ? "" : $", by {by}")}");
            await AskAsync(_ranges[0]);
            foreach (var range in _ranges)
            {
                var answer = (await line.TimedAsync(() => AskAsync(range))).GetProperty("reports").GetProperty(kind);
                if (!references.TryGetValue(range, out var known))
                    references.Add(range, known = await _reference.TimesAsync(kind, basis, range));
                var (expected, took) = known;
                line.Reference(took);
                Compare(line, range, "", answer.GetProperty("total"), expected.GetValueOrDefault(("", null)));
                if (by is not null) CompareGroups(line, range, by, answer, expected);
            }

            await line.OverYearAsync(() => AskAsync(Year));
            Print(line);

            Task<JsonElement> AskAsync(TimeRange range) =>
                _client.AskAsync(
                    query,
                    new { from = TimeRange.Text(range.From), to = TimeRange.Text(range.To), basis, by });
        }
    }

    private static void CompareGroups(
        Line line, TimeRange range, string by, JsonElement answer, Dictionary<(string What, Guid? Of), TimeFigure> all)
    {
        const int most = 200;
        var groups = answer.GetProperty("groups").EnumerateArray().ToDictionary(
            g => (
                by, g.GetProperty(by.ToLowerInvariant()) is { ValueKind: JsonValueKind.Object } whose
                    ? whose.GetProperty("id").GetGuid()
                    : (Guid?)null));
        var expected = all.Where(f => f.Key.What == by).ToDictionary();
        var number = answer.GetProperty("groupCount").GetInt32();
        if (number != expected.Count) line.Differs(range, $"groupCount: product {number}, SQL {expected.Count}");
        if (groups.Count != Math.Min(most, expected.Count))
            line.Differs(range, $"groups: product {groups.Count}, SQL {Math.Min(most, expected.Count)}");
        foreach (var (key, group) in groups)
            Compare(line, range, $"{key.Item2?.ToString() ?? "nobody"} ", group, expected.GetValueOrDefault(key));

        // The largest are shown.
        var least = groups.Keys.Select(key => expected.GetValueOrDefault(key)?.Waits ?? 0).DefaultIfEmpty(0).Min();
        foreach (var (key, figure) in expected.Where(e => !groups.ContainsKey(e.Key) && e.Value.Waits > least))
            line.Differs(range, $"{key.Of}: not among the largest, SQL {figure.Waits} waits");
    }

    private static void Compare(Line line, TimeRange range, string whose, JsonElement product, TimeFigure? reference)
    {
        foreach (var difference in TimeFigure.Of(product).DiffersFrom(reference ?? TimeFigure.None))
            line.Differs(range, whose + difference);
    }

    // The lists of what was counted have as many.
    private async Task CompareTotalsAsync(string kind)
    {
        var (timed, other) = kind switch
        {
            "officeReplyTime" => ("REPLIED", "CLOSED_WITHOUT_REPLY"),
            "customerAnswerTime" => ("CUSTOMER_ANSWERED", "WITHDRAWN"),
            _ => ("RESOLVED", "RESOLVED"),
        };
        var query = Totals.Replace("FIGURE", kind, StringComparison.Ordinal)
            .Replace("outcome: FIRST", $"outcome: {timed}", StringComparison.Ordinal)
            .Replace("outcome: SECOND", $"outcome: {other}", StringComparison.Ordinal)
            .Replace("REPLIED:", $"{timed}:", StringComparison.Ordinal);
        var line = new Line($"{kind} {{ waits {{ totalCount }} }}");
        await AskAsync(_ranges[0]);
        foreach (var range in _ranges)
        {
            var answer = (await line.TimedAsync(() => AskAsync(range))).GetProperty("reports").GetProperty(kind);
            var (expected, took) = await _reference.TimesAsync(kind, "CALENDAR", range);
            line.Reference(took);
            var outcomes = (expected.GetValueOrDefault(("", null)) ?? TimeFigure.None).Outcomes;
            foreach (var (name, outcome) in ((string, string)[])
                [(timed, timed), ("OTHER", other), ("STILL_WAITING", "STILL_WAITING")])
            {
                var (mine, sql) = (
                    answer.GetProperty(name).GetProperty("totalCount").GetInt32(), outcomes.GetValueOrDefault(outcome));
                if (mine != sql) line.Differs(range, $"{outcome}: product {mine}, SQL {sql}");
            }
        }

        await line.OverYearAsync(() => AskAsync(Year));
        Print(line);

        Task<JsonElement> AskAsync(TimeRange range) =>
            _client.AskAsync(query, new { from = TimeRange.Text(range.From), to = TimeRange.Text(range.To) });
    }

    private async Task CompareBacklogAsync()
    {
        const string query =
            "query($at: DateTime!) { reports { backlog(at: $at) { open attention answered total } } }";
        var line = new Line("backlog");
        await AskAsync(_ranges[0].To);
        foreach (var range in _ranges)
        {
            var answer = await line.TimedAsync(() => AskAsync(range.To));
            var sql = (await line.ReferenceAsync(() => _reference.BacklogsAsync([range.To])))[0];
            var backlog = answer.GetProperty("reports").GetProperty("backlog");
            var mine = Numbers(backlog, "open", "attention", "answered", "total");
            var reference = $"{sql.Open} {sql.Attention} {sql.Answered} {sql.Open + sql.Attention + sql.Answered}";
            if (mine != reference)
                line.Differs(range, $"open, attention, answered and total at its end: product {mine}, SQL {reference}");
        }

        await line.OverYearAsync(() => AskAsync(Year.From));
        Print(line);

        Task<JsonElement> AskAsync(DateTimeOffset at) => _client.AskAsync(query, new { at = TimeRange.Text(at) });
    }

    // As many instants as there may be, in no order: by chance, those of events and those just before.
    private async Task CompareBacklogsAsync()
    {
        const string query = "query($at: [DateTime!]!) { reports { backlogs(at: $at) { at open attention } } }";
        var (first, last, some) = await _reference.InstantsAsync(2);
        var line = new Line($"backlogs of {Instants} instants");
        var random = new Random(_ranges.Count);
        await AskAsync(At(_ranges[0]));
        foreach (var range in _ranges)
        {
            var at = At(range);
            var answer = await line.TimedAsync(() => AskAsync(at));
            var sql = (await line.ReferenceAsync(() => _reference.BacklogsAsync(at.Distinct()))).ToDictionary(
                r => TimeRange.Text(r.At));
            var mine = answer.GetProperty("reports").GetProperty("backlogs").EnumerateArray().ToList();
            if (mine.Count != at.Count) line.Differs(range, $"instants: product {mine.Count}, SQL {at.Count}");
            for (var i = 0; i < Math.Min(mine.Count, at.Count); i++)
            {
                var said = TimeRange.Text(mine[i].GetProperty("at").GetDateTimeOffset());
                var expected = sql[TimeRange.Text(at[i])];
                var (product, reference) = (
                    $"{said} {Numbers(mine[i], "open", "attention")}",
                    $"{TimeRange.Text(at[i])} {expected.Open} {expected.Attention}");
                if (product != reference)
                    line.Differs(range, $"open and attention: product {product}, SQL {reference}");
            }
        }

        await line.OverYearAsync(() => AskAsync(At(Year)));
        Print(line);

        List<DateTimeOffset> At(TimeRange range)
        {
            var to = range.To < last ? range.To : last;
            var length = Math.Max(1, (long)(to - range.From).TotalMicroseconds);
            var events = some.Where(e => e > range.From && e < to).Take(Instants / 4).ToList();
            List<DateTimeOffset> at = [.. events, .. events.Select(e => e.AddMicroseconds(-1)), range.From, to];
            while (at.Count < Instants) at.Add(range.From.AddMicroseconds(random.NextInt64(length)));
            return [.. at.OrderBy(_ => random.Next())];
        }

        Task<JsonElement> AskAsync(List<DateTimeOffset> at) =>
            _client.AskAsync(query, new { at = at.Select(TimeRange.Text).ToArray() });
    }

    private async Task CompareActivityAsync(string interval)
    {
        const string query =
            "query($from: DateTime!, $to: DateTime!, $interval: Interval!) { reports { activity(from: $from, to: $to, "
                + "interval: $interval) { start created answered reopened commentsByOffice commentsByCustomers "
                + "filesAttached } } }";
        var line = new Line($"activity by {interval}");
        await AskAsync(_ranges[0]);
        foreach (var whole in _ranges)
        {
            // At most 366 parts.
            var range = interval == "DAY" && whole.To > whole.From.AddDays(365)
                ? whole with { To = whole.From.AddDays(365) }
                : whole;
            var answer = await line.TimedAsync(() => AskAsync(range));
            var sql = await line.ReferenceAsync(() => _reference.ActivityAsync(range, interval));
            var product = answer.GetProperty("reports").GetProperty("activity").EnumerateArray()
                .Select(b => $"{TimeRange.Text(b.GetProperty("start").GetDateTimeOffset())} "
                    + Numbers(
                        b, "created", "answered", "reopened", "commentsByOffice", "commentsByCustomers",
                        "filesAttached"))
                .ToList();
            var reference = sql.ConvertAll(b => $"{TimeRange.Text(b.Start)} {b.Numbers}");
            for (var i = 0; i < Math.Max(product.Count, reference.Count); i++)
            {
                var (mine, other) = (product.ElementAtOrDefault(i), reference.ElementAtOrDefault(i));
                if (mine != other)
                    line.Differs(
                        range,
                        "created, answered, reopened, comments by office and customers, and files: product "
                            + $"{mine ?? "nothing"}, SQL {other ?? "nothing"}");
            }
        }

        await line.OverYearAsync(() => AskAsync(Year with { From = Year.To.AddDays(-365) }));
        Print(line);

        Task<JsonElement> AskAsync(TimeRange range) =>
            _client.AskAsync(
                query, new { from = TimeRange.Text(range.From), to = TimeRange.Text(range.To), interval });
    }

    // It is of now: asked as often as others.
    private async Task CompareWorkloadAsync()
    {
        const string query =
            "{ reports { workload { administrator { id } open attention awaitingOffice oldestAwaitingSince } } }";
        var line = new Line("workload");
        await _client.AskAsync(query);
        var sql = (await line.ReferenceAsync(() => _reference.WorkloadAsync(Tenant))).ConvertAll(
            w => $"{w.Id?.ToString() ?? "nobody"} {w.Open} {w.Attention} {w.AwaitingOffice} "
                + $"{(w.Oldest is { } oldest ? TimeRange.Text(oldest) : "never")}");
        for (var i = 0; i < _ranges.Count; i++)
        {
            var answer = await line.TimedAsync(() => _client.AskAsync(query));
            var product = answer.GetProperty("reports").GetProperty("workload").EnumerateArray()
                .Select(w =>
                    (w.GetProperty("administrator") is { ValueKind: JsonValueKind.Object } who
                        ? who.GetProperty("id").GetString()
                        : "nobody")
                    + $" {Numbers(w, "open", "attention", "awaitingOffice")} "
                    + Instant(w.GetProperty("oldestAwaitingSince")))
                .ToList();
            foreach (var mine in product.Except(sql)) line.Differs($"now: only the product has {mine}");
            foreach (var other in sql.Except(product)) line.Differs($"now: only SQL has {other}");
        }

        await line.OverYearAsync(() => _client.AskAsync(query));
        Print(line);
    }

    // At the ends of the ranges. The largest groups are shown.
    private async Task CompareWorkAsync(string by)
    {
        const string query =
            """
            query($at: DateTime!, $by: WorkGrouping!) {
              reports {
                work(at: $at) {
                  total { ...figure }
                  groups(groupBy: $by, first: 200) {
                    totalCount
                    nodes { administrator { id } customer { id } ...figure }
                  }
                  conversations(first: 0) { totalCount }
                }
              }
            }
            fragment figure on WorkFigure { open attention awaitingReply oldestAwaitingSince }
            """;
        var line = new Line($"work, by {by}");
        await AskAsync(_ranges[0].To);
        foreach (var range in _ranges)
        {
            var work = (await line.TimedAsync(() => AskAsync(range.To))).GetProperty("reports").GetProperty("work");
            var sql = await line.ReferenceAsync(() => _reference.WorkAsync(range.To));
            Compare("all", Figure(work.GetProperty("total")), sql.GetValueOrDefault(("", null), "0 0 0 never"));
            var expected = sql.Where(e => e.Key.What == by).ToDictionary();
            var groups = work.GetProperty("groups");
            Compare("groups", groups.GetProperty("totalCount").GetInt32(), expected.Count);
            Compare(
                "conversations", work.GetProperty("conversations").GetProperty("totalCount").GetInt32(),
                expected.Values.Sum(Size));
            var nodes = groups.GetProperty("nodes").EnumerateArray().ToList();
            Compare("groups of the page", nodes.Count, Math.Min(200, expected.Count));
            foreach (var node in nodes)
            {
                var key = node.GetProperty(by.ToLowerInvariant()) is { ValueKind: JsonValueKind.Object } whose
                    ? whose.GetProperty("id").GetGuid()
                    : (Guid?)null;
                Compare($"{key}", Figure(node), expected.GetValueOrDefault((by, key), "none"));
                expected.Remove((by, key));
            }

            var least = nodes.Select(n => Size(Figure(n))).DefaultIfEmpty(0).Min();
            foreach (var (key, numbers) in expected.Where(e => Size(e.Value) > least))
                Compare($"{key.Of}", "not among the largest", numbers);

            void Compare<T>(string whose, T product, T reference)
            {
                if (!Equals(product, reference))
                    line.Differs(range, $"{whose} at its end: product {product}, SQL {reference}");
            }
        }

        await line.OverYearAsync(() => AskAsync(Year.From));
        Print(line);

        // Open and in attention.
        static int Size(string figure) =>
            figure.Split(' ').Take(2).Sum(n => int.Parse(n, CultureInfo.InvariantCulture));

        static string Figure(JsonElement of) =>
            $"{Numbers(of, "open", "attention", "awaitingReply")} " + Instant(of.GetProperty("oldestAwaitingSince"));

        Task<JsonElement> AskAsync(DateTimeOffset at) => _client.AskAsync(query, new { at = TimeRange.Text(at), by });
    }

    // It is of now: asked as often as others. When somebody is late is taken from the product.
    private async Task CompareUndeliveredAsync()
    {
        const int months = 24;
        const string query =
            """
            query($months: Int!) {
              reports {
                undelivered(months: $months) {
                  asOf lateBefore
                  total { earlier months { ...month } }
                  customers(first: 200) { totalCount nodes { customer { id } oldestSince earlier months { ...month } } }
                  waits(first: 0) { totalCount }
                }
              }
            }
            fragment month on UndeliveredMonth { monthsAgo answered withdrawn late open }
            """;
        var line = new Line($"undelivered of {months} months");
        await AskAsync();
        foreach (var _ in _ranges)
        {
            var report = (await line.TimedAsync(AskAsync)).GetProperty("reports").GetProperty("undelivered");
            var asOf = report.GetProperty("asOf").GetDateTimeOffset();
            var late = report.GetProperty("lateBefore") is { ValueKind: JsonValueKind.String } before
                ? before.GetDateTimeOffset()
                : DateTimeOffset.MinValue;
            var sql = await line.ReferenceAsync(() => _reference.UndeliveredAsync(asOf, late, months));
            Compare("all", Row(report.GetProperty("total")), Expected(null));
            Compare(
                "waits", report.GetProperty("waits").GetProperty("totalCount").GetInt32(),
                sql[null].Sum(r => r.Number));
            var customers = report.GetProperty("customers");
            Compare("customers", customers.GetProperty("totalCount").GetInt32(), sql.Count(g => g.Key is not null));
            foreach (var node in customers.GetProperty("nodes").EnumerateArray())
            {
                var id = node.GetProperty("customer").GetProperty("id").GetGuid();
                Compare($"{id}", Row(node), Expected(id));
                Compare(
                    $"{id} the oldest", Instant(node.GetProperty("oldestSince")),
                    sql[id].Select(r => r.Oldest).Where(o => o != "never").Order().FirstOrDefault("never"));
            }

            string Expected(Guid? of) => string.Join(
                ' ',
                sql[of]
                    .GroupBy(
                        r => r.MonthsAgo is { } ago ? $"{ago}:{r.Became}" : "EARLIER",
                        (what, rows) => $"{what}={rows.Sum(r => r.Number)}")
                    .Order(StringComparer.Ordinal));

            void Compare<T>(string whose, T product, T reference)
            {
                if (!Equals(product, reference))
                    line.Differs($"now: {whose}: product {product}, SQL {reference}");
            }
        }

        await line.OverYearAsync(() => _client.AskAsync(query, new { months = 12 }));
        Print(line);

        Task<JsonElement> AskAsync() => _client.AskAsync(query, new { months });

        // What is not zero.
        static string Row(JsonElement of)
        {
            var parts = of.GetProperty("months").EnumerateArray()
                .SelectMany(month => ((string[])["answered", "withdrawn", "late", "open"]).Select(name => (
                    What: $"{month.GetProperty("monthsAgo").GetInt32()}:{name.ToUpperInvariant()}",
                    Number: month.GetProperty(name).GetInt32())))
                .Append((What: "EARLIER", Number: of.GetProperty("earlier").GetInt32()));
            return string.Join(
                ' ',
                parts.Where(p => p.Number != 0).Select(p => $"{p.What}={p.Number}").Order(StringComparer.Ordinal));
        }
    }

    // It is of now: asked as often as others. How long a working day is now is taken from the product.
    private async Task CompareWeeklyAsync()
    {
        const string query =
            """
            {
              reports {
                weekly {
                  asOf workingDay closedAt
                  waitingForUs: entries(of: WAITING_FOR_US, first: 0) { totalCount }
                  waitingForCustomers: entries(of: WAITING_FOR_CUSTOMERS, first: 0) { totalCount }
                  nobody: entries(of: NOBODY_RESPONSIBLE, first: 0) { totalCount }
                  cameIn: entries(of: CAME_IN, first: 0) { totalCount }
                  answered: entries(of: ANSWERED, first: 0, weeksAgo: 2) { totalCount }
                  reopened: entries(of: REOPENED, first: 0, weeksAgo: 2) { totalCount }
                  backlog: entries(of: BACKLOG, first: 0, weeksAgo: 2) { totalCount }
                  written: entries(of: WRITTEN, first: 0) { totalCount }
                  weeks {
                    from to closedAt started answered reopened backlog repliesWithinDay replies replyMedian replyP90
                  }
                  people(first: 200) {
                    administrator { id } open attention awaitingOffice replies replyMedian replyP90
                  }
                  customers { customer { id } comments conversations }
                }
              }
            }
            """;
        var line = new Line("report of the week");
        await _client.AskAsync(query);
        foreach (var _ in _ranges)
        {
            var report = (await line.TimedAsync(() => _client.AskAsync(query))).GetProperty("reports")
                .GetProperty("weekly");
            var asOf = report.GetProperty("asOf").GetDateTimeOffset();
            var weeks = await line.ReferenceAsync(() => _reference.WeeksAsync(asOf));
            var last = weeks[0];
            Compare("close of business", Instant(report.GetProperty("closedAt")), TimeRange.Text(last.Closed));
            Compare(
                "for us, for customers, nobody's and since the close",
                Totals("waitingForUs", "waitingForCustomers", "nobody", "cameIn"),
                await _reference.OverdueAsync(asOf, report.GetProperty("workingDay").GetDecimal(), last.Closed));
            var shown = report.GetProperty("weeks").EnumerateArray().ToList();
            Compare("weeks", shown.Count, weeks.Count);
            foreach (var (week, (range, closed, numbers)) in shown.Zip(weeks))
            {
                Compare(
                    $"{range}", string.Join(' ', ((string[])["from", "to", "closedAt"]).Select(
                        name => Instant(week.GetProperty(name)))),
                    $"{TimeRange.Text(range.From)} {TimeRange.Text(range.To)} {TimeRange.Text(closed)}");
                Compare(
                    $"{range}", Numbers(week, "started", "answered", "reopened", "backlog", "repliesWithinDay"),
                    numbers);
                CompareReplies($"{range}", week, (await RepliesAsync(range)).GetValueOrDefault(("", null)));
            }

            Compare(
                "lists of the week before", Totals("answered", "reopened", "backlog"),
                string.Join(' ', weeks[1].Numbers.Split(' ')[1..4]));

            var written = await _reference.WrittenAsync(last.Week);
            Compare("comments of customers", Totals("written"), $"{written.Sum(w => w.Comments)}");
            Compare(
                "who wrote most",
                string.Join(", ", report.GetProperty("customers").EnumerateArray().Select(c =>
                    $"{c.GetProperty("customer").GetProperty("id")} {Numbers(c, "comments", "conversations")}")),
                string.Join(", ", written.Take(10).Select(w => $"{w.Customer} {w.Comments} {w.Conversations}")));

            var workload = (await _reference.WorkloadAsync(Tenant)).ToDictionary(
                w => $"{w.Id}", w => $"{w.Open} {w.Attention} {w.AwaitingOffice}");
            var replies = await RepliesAsync(last.Week);
            var people = report.GetProperty("people").EnumerateArray().ToList();
            Compare("people", people.Count, workload.Count);
            foreach (var person in people)
            {
                var id = person.GetProperty("administrator") is { ValueKind: JsonValueKind.Object } who
                    ? who.GetProperty("id").GetGuid()
                    : (Guid?)null;
                Compare(
                    $"{id}", Numbers(person, "open", "attention", "awaitingOffice"),
                    workload.GetValueOrDefault($"{id}", "none"));
                if (id is not null)
                    CompareReplies($"{id}", person, replies.GetValueOrDefault(("ADMINISTRATOR", id)));
            }

            string Totals(params string[] names) => string.Join(
                ' ', names.Select(name => report.GetProperty(name).GetProperty("totalCount").GetInt32()));
        }

        await line.OverYearAsync(() => _client.AskAsync(query));
        Print(line);

        async Task<Dictionary<(string What, Guid? Of), TimeFigure>> RepliesAsync(TimeRange week) =>
            (await _reference.TimesAsync("officeReplyTime", "BUSINESS", week)).Figures;

        void CompareReplies(string whose, JsonElement product, TimeFigure? reference)
        {
            Compare($"{whose} replies", product.GetProperty("replies").GetInt32(), reference?.Count ?? 0);
            foreach (var (name, expected) in ((string, decimal?)[])
                [("replyMedian", reference?.Median), ("replyP90", reference?.P90)])
            {
                if (!TimeFigure.IsAsInterpolated(product.GetProperty(name), expected))
                    line.Differs($"now: {whose} {name}: product {product.GetProperty(name)}, SQL {expected}");
            }
        }

        void Compare<T>(string whose, T product, T reference)
        {
            if (!Equals(product, reference)) line.Differs($"now: {whose}: product {product}, SQL {reference}");
        }
    }

    private static string Instant(JsonElement at) =>
        at.ValueKind == JsonValueKind.String ? TimeRange.Text(at.GetDateTimeOffset()) : "never";

    private void Print(Line line)
    {
        Console.WriteLine(line);
        if (line.Differences.Count == 0) return;
        _agrees = false;
        foreach (var difference in line.Differences.Take(Shown)) Console.WriteLine($"  {difference}");
        if (line.Differences.Count > Shown) Console.WriteLine($"  … and {line.Differences.Count - Shown} more");
    }

    private static string Numbers(JsonElement of, params IEnumerable<string> names) =>
        string.Join(' ', names.Select(name => of.GetProperty(name).GetInt32()));

    private static void Say(string what) => Console.Error.WriteLine($"… {what}");

    /// <summary>A figure: what differs, and the times that both took.</summary>
    private sealed class Line(string name)
    {
        private readonly List<double> _product = [];
        private readonly List<double> _reference = [];
        private readonly List<double> _year = [];

        public List<string> Differences { get; } = [];

        public void Differs(TimeRange range, string how) => Differs($"{range}: {how}");

        public void Differs(string how)
        {
            if (!Differences.Contains(how)) Differences.Add(how);
        }

        public void Reference(TimeSpan took) => _reference.Add(took.TotalMilliseconds);

        public Task<T> TimedAsync<T>(Func<Task<T>> ask) => TimedAsync(ask, _product);

        public Task<T> ReferenceAsync<T>(Func<Task<T>> ask) => TimedAsync(ask, _reference);

        /// <summary>How long it takes over a year, or as of one ago.</summary>
        public async Task OverYearAsync(Func<Task> ask)
        {
            for (var i = 0; i < Repeats; i++)
            {
                await TimedAsync(
                    async () =>
                    {
                        await ask();
                        return true;
                    },
                    _year);
            }
        }

        public override string ToString() =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-48} {(Differences.Count == 0 ? "agrees " : "DIFFERS")}  product {At(_product, 50),6:0.0} / "
                    + $"{At(_product, 95),6:0.0}  a year {At(_year, 50),6:0.0} / {At(_year, 95),6:0.0}  "
                    + $"SQL {At(_reference, 50),7:0.0} / {At(_reference, 95),7:0.0}");

        private static double At(List<double> times, int percent) =>
            times.Order().ElementAt(times.Count * percent / 100);

        private static async Task<T> TimedAsync<T>(Func<Task<T>> ask, List<double> times)
        {
            var begun = Stopwatch.GetTimestamp();
            var answer = await ask();
            times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            return answer;
        }
    }
}
