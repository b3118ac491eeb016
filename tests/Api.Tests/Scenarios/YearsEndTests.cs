using System.Globalization;
using System.Text.Json.Nodes;
using Messaging.Api.Tests.Hosting;
using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>
/// The product lives through a year's end, a Monday at seven, both nights in which clocks change, and the end of the
/// last year of a term. The clock is that of the database, which is a year ahead of the product's.
/// </summary>
public sealed class YearsEndTests(YearsEndTests.Lived lived) : IClassFixture<YearsEndTests.Lived>
{
    private const string Owner = "anna.sommer@kanzlei-sommer.example";
    private const string Colleague = "bernd.winter@kanzlei-sommer.example";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_has_to_be_kept_on_the_last_evening_of_its_term_goes_on_the_first_morning_after_it()
    {
        await lived.LiveAsync();
        var (last, after) = (lived.Year + 6, lived.Year + 7);
        (lived.TermOfOld, lived.TermOfNew).ShouldBe(
            ($$"""{"rule":"COMMENT","until":"{{last}}-12-31","isKept":true}""",
                $$"""{"rule":"COMMENT","until":"{{after}}-12-31","isKept":true}"""));

        lived.DueOnTheEve.ShouldStartWith($"Organisation {lived.Organisation} on {last}-12-31: ");
        lived.DueOnTheEve.ShouldNotContain("Altmann");
        (lived.RefusedOnTheEve.At("errors.0.reason"), lived.RefusedOnTheEve.At("errors.0.message"))
            .ShouldBe(("RETENTION", $"It has to be kept until {last}-12-31."));

        lived.DueInTheNewYear.ShouldStartWith($"Organisation {lived.Organisation} on {after}-01-01: ");
        lived.DueInTheNewYear.ShouldContain($"{last}-12-31  last comment  Altmann");
        lived.DueInTheNewYear.ShouldNotContain("Neumann");
        lived.Erased.At("errors").ShouldBe("[]");
        lived.RefusedInTheNewYear.At("errors.0.message").ShouldBe($"It has to be kept until {after}-12-31.");
    }

    [Fact]
    public async Task Streams_of_a_day_begin_anew_with_it_and_the_tree_goes_on_and_proves_all()
    {
        await lived.LiveAsync();
        lived.StreamsOfSignIns.ShouldBe((1, 2));
        lived.Verified.Code.ShouldBe(0, lived.Verified.Error);
        lived.Verified.Output.ShouldStartWith("The log is what its trees say: ");
        lived.Verified.Output.ShouldContain(", and 1 kept checkpoints say the same.");
        lived.Verified.Output.ShouldContain("were erased with their people");
    }

    [Fact]
    public async Task As_of_both_sides_of_midnight_everything_is_what_it_was()
    {
        await lived.LiveAsync();
        lived.AsOfTheEve.ShouldBe(["Huber", "Im alten Jahr"]);
        lived.AsOfTheNewYear.ShouldBe(["Huber Nachf.", "Im alten Jahr", "Im neuen Jahr"]);
    }

    [Fact]
    public async Task Days_and_months_of_a_report_end_at_midnight_of_the_office_and_nights_of_change_are_a_day()
    {
        await lived.LiveAsync();
        lived.Reported.ShouldBe(lived.Expected);
        lived.Reported.Count.ShouldBe(2 + 12 + 1 + 2 + 2);
        int[] parts = [1, 13, 14, 15, 17];
        parts.Select(part => lived.Reported[part].Created).ShouldBe([1, 1, 1, 2, 2]);
    }

    [Fact]
    public async Task On_Monday_at_seven_the_report_of_the_week_and_the_checkpoint_of_the_day_are_mailed()
    {
        await lived.LiveAsync();

        // The first checkpoint came at once, the second with the day before, which ends at seven.
        lived.MailsBeforeSeven.ShouldBe((0, 2));
        lived.MailsAfterSeven.ShouldBe((1, 3));
    }

    [Fact]
    public async Task Figures_are_of_now_by_the_clock_that_events_are_dated_by_and_people_of_then_are_found()
    {
        await lived.LiveAsync();
        lived.FiguresAsOf.ShouldBe(lived.Monday, TimeSpan.FromMinutes(1));
        lived.ClosedAt.ShouldBe(lived.Monday.AddDays(-3), TimeSpan.FromHours(15));
        lived.OpenInTheNewYear.Work.ShouldBe(lived.OpenInTheNewYear.Backlog);
        lived.NamesOfThen.ShouldBe(["Huber", "Huber Nachf."]);
    }

    /// <summary>What was seen, once for all of them.</summary>
    public sealed class Lived : IAsyncLifetime
    {
        private const string Activity =
            """
            query($from: DateTime!, $to: DateTime!, $interval: Interval!) {
                reports { activity(from: $from, to: $to, interval: $interval) { start created } }
            }
            """;

        private static readonly TimeSpan s_believed = TimeSpan.FromSeconds(1.2);
        private static readonly TimeSpan s_lookForMails = TimeSpan.FromSeconds(16);
        private static readonly TimeZoneInfo s_zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

        private readonly TempDirectory _directory = new();
        private readonly JumpingClock _clock = new(
            Path.Combine(Path.GetTempPath(), $"messaging-test-clock-{Guid.NewGuid():N}"));

        private readonly Lazy<Task> _life;
        private ExternalPostgres _server = null!;
        private ProductProcess _product = null!;
        private NpgsqlDataSource _database = null!;
        private GraphQLClient _owner = null!;

        public Lived() => _life = new Lazy<Task>(RunAsync);

        /// <summary>The year that ends first.</summary>
        public int Year { get; } = DateTime.UtcNow.Year + 1;

        public DateTimeOffset NewYear => Local(Year + 1, 1, 1);

        public string Organisation { get; private set; } = "";

        public string TermOfOld { get; private set; } = "";

        public string TermOfNew { get; private set; } = "";

        public string DueOnTheEve { get; private set; } = "";

        public string DueInTheNewYear { get; private set; } = "";

        public JsonNode RefusedOnTheEve { get; private set; } = null!;

        public JsonNode RefusedInTheNewYear { get; private set; } = null!;

        public JsonNode Erased { get; private set; } = null!;

        public (long SameDay, long NextDay) StreamsOfSignIns { get; private set; }

        public (int Code, string Output, string Error) Verified { get; private set; }

        public IReadOnlyList<string> AsOfTheEve { get; private set; } = [];

        public IReadOnlyList<string> AsOfTheNewYear { get; private set; } = [];

        public List<(DateTimeOffset Start, long Created)> Reported { get; } = [];

        public List<(DateTimeOffset Start, long Created)> Expected { get; } = [];

        public DateTimeOffset Monday { get; private set; }

        /// <summary>The earliest of the instants that figures say they are of.</summary>
        public DateTimeOffset FiguresAsOf { get; private set; }

        /// <summary>The last close of business of the week that was reported.</summary>
        public DateTimeOffset ClosedAt { get; private set; }

        public (long Work, long Backlog) OpenInTheNewYear { get; private set; }

        public IReadOnlyList<string> NamesOfThen { get; private set; } = [];

        public (int Weekly, int Checkpoints) MailsBeforeSeven { get; private set; }

        public (int Weekly, int Checkpoints) MailsAfterSeven { get; private set; }

        public ValueTask InitializeAsync() => ValueTask.CompletedTask;

        /// <summary>Lives through it, or says why that is not possible here.</summary>
        public Task LiveAsync()
        {
            Assert.SkipWhen(JumpingClock.WhyNot is not null, JumpingClock.WhyNot ?? "");
            return _life.Value;
        }

        public async ValueTask DisposeAsync()
        {
            if (_product is not null) await _product.DisposeAsync();
            if (_database is not null) await _database.DisposeAsync();
            if (_server is not null) await _server.DisposeAsync();
            _clock.Dispose();
            _directory.Dispose();
        }

        private async Task RunAsync()
        {
            _clock.Set(NewYear.AddMinutes(-30) - DateTimeOffset.UtcNow);
            _server = await ExternalPostgres.StartAsync(_directory["postgres"], _clock.Environment, "fsync=off");
            _database = NpgsqlDataSource.Create(_server.ConnectionString);
            Directory.CreateDirectory(_directory["data"]);
            _product = await ProductProcess.StartAsync(new()
            {
                ["ConnectionStrings__Messaging"] = _server.ConnectionString,
                ["Messaging__DataDirectory"] = _directory["data"],
            });

            _owner = await _product.SignInAsync(Owner);
            Organisation = (await _owner.QueryAsync("{ organisation { id } }")).At("organisation.id");
            await DoAsync("updateNotificationPreferences", new { weeklyReport = true, dailyCheckpoint = true });
            await DoAsync("changeRetention", new { mandateYears = 0, commentYears = 6, fileYears = 0 });
            var (old, ofOld) = await CustomerAsync("Altmann");
            var (young, ofYoung) = await CustomerAsync("Neumann");
            var (renamed, _) = await CustomerAsync("Huber");

            // The last minute of a year, and the first one of the next.
            await SetAsync(NewYear.AddMinutes(-1));
            await WriteAsync(old, "Altmann", "Im alten Jahr");
            var conversation = await WriteAsync(renamed, "Jahreswechsel", "Im alten Jahr");
            var kept = _directory["kept"];
            var checkpoint = await _owner.QueryAsync("{ auditCheckpoint { note } }");
            await File.WriteAllTextAsync(kept, checkpoint.At("auditCheckpoint.note"), Cancellation);
            await PassAsync(NewYear);
            await DoAsync("updateCustomer", new { id = renamed, name = "Huber Nachf." });
            await DoAsync("addComment", new { conversationId = conversation, body = "Im neuen Jahr" });
            await WriteAsync(young, "Neumann", "Im neuen Jahr");
            foreach (var customer in (string[])[old, young])
                await DoAsync("endCustomer", new { id = customer, on = $"{Year}-12-31" });
            (TermOfOld, TermOfNew) = (await TermAsync(old), await TermAsync(young));
            AsOfTheEve = await AsOfAsync(conversation, NewYear.AddTicks(-10));
            AsOfTheNewYear = await AsOfAsync(conversation, NewYear.AddMinutes(1));
            NamesOfThen =
            [
                await NameOfThenAsync(conversation, NewYear.AddTicks(-10)),
                await NameOfThenAsync(conversation, NewYear.AddMinutes(1)),
            ];

            // A stream is of a day in UTC.
            await SetAsync(NewYear.AddHours(1).AddSeconds(-20));
            await _product.SignInAsync(Colleague);
            await _product.SignInAsync(Colleague);
            var sameDay = await StreamsAsync(2);
            await UntilAsync(NewYear.AddHours(1));
            await _product.SignInAsync(Colleague);
            StreamsOfSignIns = (sameDay, await StreamsAsync(3));

            await LiveMondayAsync();
            await ChangeClockAsync(LastSunday(3), new TimeSpan(1, 59, 0));
            await ChangeClockAsync(LastSunday(10), new TimeSpan(2, 59, 0));

            // The last year of the term.
            var end = Local(Year + 7, 1, 1);
            await SetAsync(end.AddMinutes(-5));
            DueOnTheEve = (await RunAsync("retention", "--dry-run", "--organisation", Organisation)).Output;
            RefusedOnTheEve = await EraseAsync(ofOld);
            await PassAsync(end);
            DueInTheNewYear = (await RunAsync("retention", "--dry-run", "--organisation", Organisation)).Output;
            Erased = await EraseAsync(ofOld);
            RefusedInTheNewYear = await EraseAsync(ofYoung);
            await Waiting.UntilAsync(async () =>
                await ScalarAsync<bool>("select carried_out_at is not null from messaging.erasures"));
            await ReportAsync(NewYear.AddDays(-1), NewYear.AddDays(1), "DAY", NewYear);
            await ReportAsync(
                Local(Year, 2, 1), Local(Year + 1, 2, 1), "MONTH",
                [.. Enumerable.Range(3, 10).Select(month => Local(Year, month, 1)), NewYear]);
            await ReportAsync(Local(Year + 1, 1, 1), Local(Year + 1, 2, 1), "MONTH");
            foreach (var night in (DateOnly[])[LastSunday(3), LastSunday(10)])
            {
                var next = night.AddDays(1);
                await ReportAsync(Local(night), Local(next.AddDays(1)), "DAY", Local(next));
            }

            Verified = await RunAsync("verify", "--checkpoint", kept);
        }

        private async Task LiveMondayAsync()
        {
            var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(NewYear, s_zone).Date).AddDays(1);
            while (day.DayOfWeek != DayOfWeek.Monday) day = day.AddDays(1);
            await SetAsync(Local(day).AddHours(7).AddMinutes(-1));
            await Task.Delay(s_lookForMails, Cancellation);
            MailsBeforeSeven = Mails();
            await PassAsync(Local(day).AddHours(7));
            await Waiting.UntilAsync(() => Mails() is ( > 0, > 2));
            MailsAfterSeven = Mails();
            Monday = Local(day).AddHours(7);
            var reports = (await _owner.QueryAsync(
                """
                query($at: DateTime!) {
                    reports {
                        weekly { asOf closedAt }
                        now: work { asOf }
                        then: work(at: $at) { asOf total { open } }
                        undelivered(months: 1) { asOf }
                        backlog(at: $at) { open }
                    }
                }
                """, new { at = NewYear }))["reports"]!;
            DateTimeOffset[] all =
                [InstantOf("weekly.asOf"), InstantOf("now.asOf"), InstantOf("undelivered.asOf")];
            FiguresAsOf = all.Min();
            ClosedAt = InstantOf("weekly.closedAt");
            InstantOf("then.asOf").ShouldBe(NewYear);
            OpenInTheNewYear = ((long)reports["then"]!["total"]!["open"]!, (long)reports["backlog"]!["open"]!);

            DateTimeOffset InstantOf(string path) =>
                DateTimeOffset.Parse(reports.At(path), CultureInfo.InvariantCulture).ToUniversalTime();
        }

        private async Task<string> NameOfThenAsync(string conversation, DateTimeOffset at)
        {
            var then = await _owner.QueryAsync(
                "query($id: ID!, $at: DateTime!) { conversation(id: $id, asOf: { timestamp: $at }) { "
                    + "customer { id } } }",
                new { id = conversation, at });
            return (await _owner.QueryAsync(
                "query($id: ID!) { node(id: $id) { ... on Customer { name } } }",
                new { id = then.At("conversation.customer.id") })).At("node.name");
        }

        private (int Weekly, int Checkpoints) Mails()
        {
            var subjects = _product.Mail.Received
                .Where(m => m.Recipients.Contains(Owner)).Select(m => m.Message.Subject ?? "").ToList();
            return (subjects.Count(s => s.StartsWith("Wochenbericht: ", StringComparison.Ordinal)),
                subjects.Count(s => s.StartsWith("Prüfpunkt der Geschichte: ", StringComparison.Ordinal)));
        }

        // One conversation before the clock on the wall jumps, and one after it.
        private async Task ChangeClockAsync(DateOnly night, TimeSpan before)
        {
            var wall = night.ToDateTime(TimeOnly.MinValue) + before;
            var offset = s_zone.IsAmbiguousTime(wall)
                ? s_zone.GetAmbiguousTimeOffsets(wall).Max() : s_zone.GetUtcOffset(wall);
            var at = new DateTimeOffset(wall, offset);
            await SetAsync(at);
            var (customer, _) = await CustomerAsync("Uhr");
            await WriteAsync(customer, "Uhr", "Vor der Umstellung");
            await PassAsync(at.AddMinutes(1));
            await WriteAsync(customer, "Uhr", "Nach der Umstellung");
        }

        private DateOnly LastSunday(int month)
        {
            var day = new DateOnly(Year + 1, month, 31);
            while (day.DayOfWeek != DayOfWeek.Sunday) day = day.AddDays(-1);
            return day;
        }

        private static DateTimeOffset Local(int year, int month, int day) => Local(new DateOnly(year, month, day));

        private static DateTimeOffset Local(DateOnly day)
        {
            var midnight = day.ToDateTime(TimeOnly.MinValue);
            return new DateTimeOffset(midnight, s_zone.GetUtcOffset(midnight)).ToUniversalTime();
        }

        // Sessions end when their time has come, and what was read of the clock is believed for a second.
        private async Task SetAsync(DateTimeOffset instant)
        {
            _clock.Set(instant - DateTimeOffset.UtcNow);
            await Task.Delay(s_believed, Cancellation);
            _owner = await _product.SignInAsync(Owner);
        }

        // Lets the clock pass an instant that is near by itself; the time until then would be waited for in vain.
        private async Task PassAsync(DateTimeOffset instant)
        {
            _clock.Set(instant - s_believed - DateTimeOffset.UtcNow);
            await UntilAsync(instant);
        }

        private async Task UntilAsync(DateTimeOffset instant)
        {
            var left = instant - await ScalarAsync<DateTimeOffset>("select clock_timestamp()");
            if (left > TimeSpan.Zero) await Task.Delay(left + TimeSpan.FromMilliseconds(50), Cancellation);
        }

        private async Task<(string Customer, string Contact)> CustomerAsync(string name)
        {
            var customer = (await DoAsync("registerCustomer", new { name }, "customer { id }")).At("customer.id");
            var contact = await DoAsync(
                "inviteContact",
                new { customerId = customer, displayName = name, email = $"{Guid.NewGuid():N}@kunde.example" },
                "contact { id }");
            return (customer, contact.At("contact.id"));
        }

        private async Task<string> WriteAsync(string customerId, string subject, string body) =>
            (await DoAsync("createConversation", new { customerId, subject, body }, "conversation { id }"))
                .At("conversation.id");

        private async Task<string> TermAsync(string id) =>
            (await _owner.QueryAsync(
                "query($id: ID!) { customer(id: $id) { retention { rule until isKept } } }", new { id }))
                .At("customer.retention");

        // The name of the customer, and the comments.
        private async Task<IReadOnlyList<string>> AsOfAsync(string id, DateTimeOffset at)
        {
            var then = (await _owner.QueryAsync(
                """
                query($id: ID!, $at: DateTime!) {
                    conversation(id: $id, asOf: { timestamp: $at }) {
                        customer { name } comments(first: 9) { nodes { body } }
                    }
                }
                """, new { id, at }))["conversation"]!;
            return
            [
                then.At("customer.name"),
                .. then["comments"]!["nodes"]!.AsArray().Select(comment => comment.At("body")),
            ];
        }

        private Task<JsonNode> EraseAsync(string personId) =>
            SendAsync("erasePerson", new { personId }, "errors { reason message }");

        private async Task<JsonNode> DoAsync(string mutation, object input, string what = "")
        {
            var answer = await SendAsync(mutation, input, $"{what} errors {{ code message }}");
            answer.At("errors").ShouldBe("[]");
            return answer;
        }

        private async Task<JsonNode> SendAsync(string mutation, object input, string what)
        {
            var type = char.ToUpperInvariant(mutation[0]) + mutation[1..] + "Input";
            return (await _owner.QueryAsync(
                $"mutation($input: {type}!) {{ {mutation}(input: $input) {{ {what} }} }}", new { input }))[mutation]!;
        }

        private async Task ReportAsync(
            DateTimeOffset from, DateTimeOffset to, string interval, params DateTimeOffset[] parts)
        {
            var report = await _owner.QueryAsync(Activity, new { from, to, interval });
            Reported.AddRange(report["reports"]!["activity"]!.AsArray().Select(part =>
                (DateTimeOffset.Parse(part!.At("start"), CultureInfo.InvariantCulture).ToUniversalTime(),
                    (long)part!["created"]!)));
            DateTimeOffset[] starts = [from, .. parts, to];
            foreach (var (start, end) in starts.Zip(starts.Skip(1)))
            {
                Expected.Add((
                    start,
                    await ScalarAsync<long>(
                        $"""
                         select count(*) from messaging.mt_events where tenant_id = '{Organisation}'
                             and type = 'conversation_created' and timestamp >= '{start:O}' and timestamp < '{end:O}'
                         """)));
            }
        }

        // Of so many sign-ins of the colleague, which are recorded behind them.
        private async Task<long> StreamsAsync(long signIns)
        {
            var those = string.Create(
                CultureInfo.InvariantCulture,
                $"""
                 from messaging.mt_events where type = 'signed_in' and timestamp > '{NewYear.AddMinutes(30):O}'
                     and headers->>'actor_id' = (
                         select id::text from messaging.administrators where email = '{Colleague}')
                 """);
            await Waiting.UntilAsync(async () => await ScalarAsync<long>($"select count(*) {those}") == signIns);
            return await ScalarAsync<long>($"select count(distinct stream_id) {those}");
        }

        private async Task<T> ScalarAsync<T>(string sql)
        {
            await using var command = _database.CreateCommand(sql);
            await using var row = await command.ExecuteReaderAsync(Cancellation);
            await row.ReadAsync(Cancellation);
            return await row.GetFieldValueAsync<T>(0, Cancellation);
        }

        private Task<(int Code, string Output, string Error)> RunAsync(params string[] words) =>
            OperatorsCommand.RunAsync(_server.ConnectionString, _product.DataDirectory, words);
    }
}
