using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Messaging.Projections.Reports;
using Messaging.Projections.Tests.Support;
using Messaging.TestSupport;
using Npgsql;

namespace Messaging.Projections.Tests.Reports;

/// <summary>The views of the schema reporting, read by SQL as an operator's login reads them.</summary>
public sealed partial class ReportingViewsTests(Store store) : IClassFixture<Store>, IAsyncLifetime
{
    private const string Password = "liest-nur-Berichte";

    // The end of a session does it too, but later than it is answered; and a role that has something is not dropped.
    private const string Forget = "discard temp";

    private static readonly string[] s_views =
        ["conversations", "waits", "status_periods", "cycles", "comments_daily"];

    private readonly List<string> _logins = [];

    public async ValueTask InitializeAsync() => await store.Database.MakeReportingViewsAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        foreach (var login in _logins) await store.ExecuteAsync($"drop role {login}");
    }

    [Fact]
    public async Task The_figures_of_the_views_are_those_of_the_API()
    {
        var office = await Office.OpenAsync(store);
        var other = await Office.OpenAsync(store);
        var random = new Random(21);
        var start = office.Now;
        for (var i = 0; i < 10; i++)
        {
            await Histories.WriteAsync(office, random, 30);
            await Histories.WriteAsync(other, random, 5);
            office.Now = office.Now.AddHours(random.Next(1, 40));
        }

        await using var reader = await ReaderAsync(office);
        foreach (var kind in Enum.GetValues<WaitKind>())
        {
            var report = WaitReport.Of(kind, start.AddDays(-1), office.Now.AddDays(900));
            var name = Constant(kind.ToString());
            var figures = await store.Waits.FiguresAsync(
                office.Anna, report, WaitGrouping.Administrator, TimeBasis.Calendar, Cancellation);
            figures.Total.Count.ShouldBeGreaterThan(2);
            (await RowsAsync(reader, Figures("reporting.waits", name))).ShouldBe([Text(figures.Total)]);
            foreach (var group in figures.Groups)
            {
                var of = group.GroupId is { } id ? $"= '{id}'" : "is null";
                (await RowsAsync(reader, $"{Figures("reporting.waits", name)} and administrator_id {of}"))
                    .ShouldBe([Text(group)]);
            }

            if (kind != WaitKind.Resolution) continue;
            (await RowsAsync(
                reader,
                $"select count(resolved_at) || ' ' || count(*) - count(resolved_at) from reporting.cycles "
                    + $"where began_at < '{office.Now.AddDays(900):O}'"))
                .ShouldBe([$"{figures.Total.Count} {figures.Total.StillWaiting}"]);
        }

        DateTimeOffset[] instants = [.. Enumerable.Range(1, 20).Select(n => start.AddHours(n * 3))];
        foreach (var row in await store.Reports.BacklogsAsync(office.Anna, instants, Cancellation))
        {
            (await RowsAsync(
                reader,
                $"""
                select count(*) filter (where status = 'OPEN') || ' ' || count(*) filter (where status = 'ATTENTION')
                from reporting.status_periods
                where began_at <= '{row.At:O}' and (ended_at is null or ended_at > '{row.At:O}')
                """)).ShouldBe([$"{row.Open} {row.Attention}"]);
        }

        var days = await store.Activity.ActivityAsync(
            office.Anna, start.AddDays(-1), office.Now.AddDays(30), Interval.Day, Cancellation);
        (await RowsAsync(
            reader,
            """
            select day || ' ' || coalesce(sum(comments) filter (where written_by = 'OFFICE'), 0) || ' '
                || coalesce(sum(comments) filter (where written_by = 'CUSTOMER'), 0)
            from reporting.comments_daily group by day order by day
            """)).ShouldBe(
            days.Where(d => d.CommentsByOffice + d.CommentsByCustomers > 0).Select(d => string.Create(
                CultureInfo.InvariantCulture,
                $"{d.Start.ToOffset(TimeSpan.FromHours(2)):yyyy-MM-dd} {d.CommentsByOffice} {d.CommentsByCustomers}")));

        var now = await store.Reports.BacklogAsync(office.Anna, null, Cancellation);
        (await RowsAsync(
            reader,
            """
            select count(*) || ' ' || count(*) filter (where status = 'OPEN') || ' '
                || count(*) filter (where status = 'ATTENTION') || ' ' || count(*) filter (where status = 'ANSWERED')
            from reporting.conversations
            """)).ShouldBe([$"{now.Open + now.Attention + now.Answered} {now.Open} {now.Attention} {now.Answered}"]);
    }

    [Fact]
    public async Task A_login_reads_what_is_of_its_organisation_whatever_it_sets()
    {
        var (office, other) = (await TalkAsync(), await TalkAsync());
        await using var reader = await ReaderAsync(office);
        await using var ofOther = await ReaderAsync(other);
        foreach (
            var attempt in (string[])
                [
                    "select 1", $"select set_config('reporting.tenant_id', '{other.Id}', false)",
                    $"select set_config('app.tenant_id', '{other.Id}', false)", "set role messaging_reports",
                    "set row_security = off", "set search_path = pg_temp, messaging, reporting",
                    $"create temporary table report_readers as select session_user::text as login, '{other.Id}' as "
                        + "tenant_id"
                ]
        )
        {
            await RowsAsync(reader, attempt);
            foreach (var view in s_views)
            {
                (await RowsAsync(reader, $"select distinct customer_id from reporting.{view} order by 1"))
                    .ShouldBe([office.Krause.ToString()], attempt);
                (await RowsAsync(reader, $"select 1 from reporting.{view} where customer_id = '{other.Krause}'"))
                    .ShouldBeEmpty(attempt);
                (await RowsAsync(ofOther, $"select distinct customer_id from reporting.{view}"))
                    .ShouldBe([other.Krause.ToString()], attempt);
            }
        }

        await RowsAsync(reader, Forget);
    }

    [Fact]
    public async Task A_login_reads_and_writes_nothing_but_the_views()
    {
        var (office, other) = (await TalkAsync(), await TalkAsync());
        await using var reader = await ReaderAsync(office);
        await using var ofOther = await ReaderAsync(other);
        var another = ofOther.UserName;
        var owner = new NpgsqlConnectionStringBuilder(store.ConnectionString).Username;
        foreach (
            var attempt in (string[])
                [
                    "select body from messaging.comments", "select 1 from messaging.mt_events",
                    "select 1 from messaging.accounts", "select 1 from messaging.report_readers",
                    "select messaging.next_event_number('x')", $"set role {owner}", $"set role {another}",
                    $"set session authorization {another}", $"set session authorization {owner}",
                    $"insert into messaging.report_readers values (session_user, '{other.Id}')",
                    $"update messaging.report_readers set tenant_id = '{other.Id}'",
                    "update reporting.waits set seconds = 0", "update reporting.waits set customer_id = null",
                    "delete from reporting.waits", "delete from reporting.cycles",
                    "delete from reporting.conversations", "insert into reporting.cycles (position) values (1)",
                    "truncate reporting.waits", "create table reporting.mine (id int)",
                    "create or replace view reporting.waits as select 1 as conversation_id",
                    "alter view reporting.waits reset (security_barrier)", "drop view reporting.waits",
                    $"grant {owner} to {reader.UserName}", "copy reporting.waits to program 'true'"
                ]
        )
        {
            var refused = await Should.ThrowAsync<PostgresException>(() => RowsAsync(reader, attempt), attempt);
            refused.SqlState.ShouldBeOneOf(
                PostgresErrorCodes.InsufficientPrivilege, PostgresErrorCodes.ObjectNotInPrerequisiteState,
                PostgresErrorCodes.FeatureNotSupported, PostgresErrorCodes.WrongObjectType);
        }

        (await RowsAsync(reader, "select tablename from pg_stats where schemaname in ('messaging', 'reporting')"))
            .ShouldBeEmpty();
        (await RowsAsync(reader, "select distinct customer_id from reporting.waits"))
            .ShouldBe([office.Krause.ToString()]);
    }

    [Fact]
    public async Task A_function_of_a_login_sees_no_row_of_another_organisation()
    {
        var (office, other) = (await TalkAsync(), await TalkAsync());
        await using var reader = await ReaderAsync(office);
        var seen = new HashSet<string>();
        reader.Notice += (_, e) => seen.Add(e.Notice.MessageText);
        await RowsAsync(
            reader,
            """
            create function pg_temp.leak(value text) returns boolean language plpgsql cost 0.0000001 as
                $leak$ begin raise notice '%', value; return true; end $leak$
            """);
        foreach (var view in s_views)
        {
            seen.Clear();
            await RowsAsync(reader, $"select 1 from reporting.{view} where pg_temp.leak(customer_id::text)");
            seen.ShouldBe([office.Krause.ToString()], view);
            await RowsAsync(
                reader,
                $"""
                select 1 from reporting.{view}
                where 1 / (case when customer_id = '{other.Krause}' then 0 else 1 end) = 1
                """);
        }

        await RowsAsync(reader, Forget);
    }

    [Fact]
    public async Task Who_is_bound_to_no_organisation_has_no_row_and_who_has_not_the_role_no_view()
    {
        await TalkAsync();
        await using var unbound = await ReaderAsync(null);
        await using var stranger = await ReaderAsync(await TalkAsync(), isOfGroup: false);
        foreach (var view in s_views)
        {
            (await RowsAsync(unbound, $"select 1 from reporting.{view}")).ShouldBeEmpty(view);
            (await Should.ThrowAsync<PostgresException>(() => RowsAsync(stranger, $"select 1 from reporting.{view}")))
                .SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
        }
    }

    [Fact]
    public async Task No_view_has_what_people_write_or_the_name_of_who_is_restricted()
    {
        var office = await TalkAsync();
        await using var reader = await ReaderAsync(office);
        (await RowsAsync(reader, "select responsible_name from reporting.conversations")).ShouldBe(["Bernd Winter"]);
        await office.AppendAsync(office.Bernd.Actor.Id, new AdministratorRestricted());
        (await RowsAsync(reader, "select responsible_name from reporting.conversations")).ShouldBe(["N. N."]);
        foreach (var view in s_views)
        {
            var all = string.Join('\n', await RowsAsync(reader, $"select v::text from reporting.{view} v"));
            all.ShouldContain(office.Krause.ToString(), customMessage: view);
            foreach (var secret in (string[])["Geheimer Betreff", "Geheimer Text", "Geheime Notiz", "Winter", "@"])
                all.ShouldNotContain(secret, customMessage: view);
        }
    }

    [Fact]
    public async Task Times_of_people_are_left_out_where_the_office_shows_none()
    {
        var office = await TalkAsync();
        await using var reader = await ReaderAsync(office);
        const string People =
            """
            select distinct p from (select administrator_id as p from reporting.waits
                union all select resolved_by from reporting.cycles) x where p is not null
            """;
        const string Counts =
            """
            select count(*) || ' ' || sum(seconds) from reporting.waits
            union all select count(*) || ' ' || sum(seconds) from reporting.cycles
            """;
        var counts = await RowsAsync(reader, Counts);
        (await RowsAsync(reader, People)).ShouldBe([office.Anna.Actor.Id.ToString()]);
        await office.AppendAsync(office.Id, new PersonalTimesHidden());
        (await RowsAsync(reader, People)).ShouldBeEmpty();
        (await RowsAsync(reader, Counts)).ShouldBe(counts);
        await office.AppendAsync(office.Id, new PersonalTimesShown());
        (await RowsAsync(reader, People)).ShouldBe([office.Anna.Actor.Id.ToString()]);
    }

    [Fact]
    public async Task Each_column_is_described_in_the_database_and_in_the_document()
    {
        var described = await store.RowsAsync(
            """
            select format('| `%s.%s` | %s |', c.relname, a.attname, col_description(c.oid, a.attnum))
            from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
            where c.relnamespace = 'reporting'::regnamespace order by c.relname, a.attnum
            """);
        described.Count.ShouldBeGreaterThan(40);
        described.ShouldAllBe(line => Described().IsMatch(line));
        var document = await File.ReadAllTextAsync(DocumentPath(), Cancellation);
        document.Split('\n').Where(line => Described().IsMatch(line)).ShouldBe(described, ignoreOrder: true);
    }

    [Fact]
    public async Task Views_of_another_version_are_replaced_and_a_schema_of_somebody_else_is_left_alone()
    {
        await RequireRolesAsync();
        const string Mark = "select obj_description('reporting'::regnamespace)";
        var mark = (await store.RowsAsync(Mark)).Single();
        await store.ExecuteAsync("comment on schema reporting is 'Views of Messaging for reports, 0'");
        await store.Database.RemoveOutdatedReportingViewsAsync(Cancellation);
        (await ViewsAsync()).ShouldBeEmpty();
        (await store.Database.MakeReportingViewsAsync(Cancellation)).ShouldBeNull();
        (await ViewsAsync()).ShouldBe(s_views, ignoreOrder: true);
        (await store.RowsAsync(Mark)).ShouldBe([mark]);

        await store.ExecuteAsync("create view public.of_others as select customer_id from reporting.waits");
        await store.ExecuteAsync("comment on schema reporting is 'Views of Messaging for reports, 0'");
        await store.Database.RemoveOutdatedReportingViewsAsync(Cancellation);
        (await store.Database.MakeReportingViewsAsync(Cancellation)).ShouldNotBeNull().ShouldContain("other views");
        await store.ExecuteAsync("drop view public.of_others");

        await store.ExecuteAsync("comment on schema reporting is 'The office''s own'");
        await store.Database.RemoveOutdatedReportingViewsAsync(Cancellation);
        (await store.Database.MakeReportingViewsAsync(Cancellation)).ShouldNotBeNull().ShouldContain("somebody else");
        (await ViewsAsync()).ShouldBe(s_views, ignoreOrder: true);
        await store.ExecuteAsync($"comment on schema reporting is '{mark}'");
        (await store.Database.MakeReportingViewsAsync(Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task Who_may_create_no_role_is_told_what_to_run_and_has_the_views()
    {
        await RequireRolesAsync();
        var owner = await LoginAsync();
        var database = new NpgsqlConnectionStringBuilder(store.ConnectionString);
        await store.ExecuteAsync("drop schema reporting cascade");
        await store.ExecuteAsync($"grant create on database {database.Database} to {owner}");
        await store.ExecuteAsync($"grant usage on schema messaging to {owner}");
        await using (var source = NpgsqlDataSource.Create(As(owner)))
        {
            var missing = await ReportingViews.MakeAsync(source, "nobody_reads_reports", Cancellation);
            missing.ShouldNotBeNull().ShouldContain("create role nobody_reads_reports nologin");
            missing.ShouldContain("grant usage on schema reporting to nobody_reads_reports");
            (await ViewsAsync()).ShouldBe(s_views, ignoreOrder: true);
            await using var command = source.CreateCommand("drop schema reporting cascade");
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        await store.ExecuteAsync($"revoke create on database {database.Database} from {owner}");
        await store.ExecuteAsync($"revoke usage on schema messaging from {owner}");
        (await store.Database.MakeReportingViewsAsync(Cancellation)).ShouldBeNull();
    }

    private static string Figures(string from, string kind) =>
        $"""
        select count(*) filter (where is_timed) || ' ' || count(*) filter (where not is_timed and ended_at is not null)
            || ' ' || count(*) filter (where outcome = 'STILL_WAITING') || ' '
            || coalesce(round(avg(seconds) filter (where is_timed), 3)::text, '-') || ' '
            || coalesce(round((percentile_cont(0.5) within group (order by seconds::float8)
                filter (where is_timed))::numeric, 3)::text, '-') || ' '
            || coalesce(round((percentile_cont(0.9) within group (order by seconds::float8)
                filter (where is_timed))::numeric, 3)::text, '-') || ' '
            || coalesce(round(max(seconds) filter (where is_timed), 3)::text, '-')
        from {from} where kind = '{kind}'
        """;

    private static string Text(WaitFigure figure) => string.Create(
        CultureInfo.InvariantCulture,
        $"{figure.Count} {figure.Untimed} {figure.StillWaiting} {Seconds(figure.Mean)} {Seconds(figure.Median)} "
            + $"{Seconds(figure.P90)} {Seconds(figure.Longest)}");

    private static string Seconds(double? seconds) => seconds?.ToString("0.000", CultureInfo.InvariantCulture) ?? "-";

    private static string Constant(string name) => Capital().Replace(name, "_").ToUpperInvariant();

    private static string DocumentPath([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/reporting.md");

    private static async Task<List<string>> RowsAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var rows = new List<string>();
        while (await reader.ReadAsync(Cancellation)) rows.Add(reader.GetValue(0).ToString()!);
        return rows;
    }

    // One conversation of Krause's that the office answered.
    private async Task<Office> TalkAsync()
    {
        var office = await Office.OpenAsync(store);
        var id = await office.ConverseAsync(
            office.Dieter, subject: "Geheimer Betreff", body: "Geheimer Text", responsible: office.Bernd.Actor.Id);
        office.Now = office.Now.AddHours(2);
        await office.CommentAsync(id, office.Anna, "Geheime Notiz", CommentVisibility.Internal);
        await office.CommentAsync(id, office.Anna, "Geheimer Text");
        await office.StatusAsync(id, ConversationStatus.Open, ConversationStatus.Answered);
        return office;
    }

    private Task<List<string>> ViewsAsync() => store.RowsAsync(
        "select relname::text from pg_class where relnamespace = to_regnamespace('reporting') and relkind = 'v'");

    private async Task<NpgsqlConnection> ReaderAsync(Office? office, bool isOfGroup = true)
    {
        await RequireRolesAsync();
        var login = await LoginAsync();
        if (isOfGroup) await store.ExecuteAsync($"grant messaging_reports to {login}");
        if (office is not null)
            await store.ExecuteAsync(
                "insert into messaging.report_readers (login, tenant_id) values ($1, $2)", login, office.TenantId);
        var connection = new NpgsqlConnection(As(login));
        await connection.OpenAsync(Cancellation);
        return connection;
    }

    private async Task<string> LoginAsync()
    {
        var login = $"reader_{Guid.NewGuid():N}";
        await store.ExecuteAsync($"create role {login} login password '{Password}'");
        _logins.Add(login);
        return login;
    }

    private string As(string login) =>
        new NpgsqlConnectionStringBuilder(store.ConnectionString)
        {
            Username = login,
            Password = Password,
            Pooling = false,
        }.ConnectionString;

    private async Task RequireRolesAsync() => Needed.OrSkip(
        (await store.RowsAsync(
            "select 'yes' from pg_roles where rolname = current_user and (rolsuper or rolcreaterole)")).Count > 0,
        "The role that the tests use may not create roles.");

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex Capital();

    [GeneratedRegex(@"^\| `\w+\.\w+` \| \S.*\. \|$")]
    private static partial Regex Described();
}
