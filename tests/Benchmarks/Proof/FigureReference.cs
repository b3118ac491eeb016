using System.Diagnostics;
using Npgsql;

namespace Messaging.Benchmarks.Proof;

/// <summary>
/// The figures in plain SQL, from the events alone and by the words of docs/figures.md: slow, and meant to be read. It
/// knows no read model and nothing of the product's SQL. One session, whose temporary tables are the events of
/// conversations, the spans of business time and the waits.
/// </summary>
internal sealed class FigureReference : IAsyncDisposable
{
    // What happened in conversations. The clock may have been set back; time does not run backwards ("at").
    private const string Happened =
        """
        create temporary table happened as
        select e.stream_id as conversation, e.version, e.type, e.timestamp as clock,
            max(e.timestamp) over stream as at,
            (first_value(e.data ->> 'customerId') over stream)::uuid as customer,
            case e.type when 'conversation_created' then e.data ->> 'status'
                when 'status_changed' then e.data ->> 'to' end as status,
            case e.type when 'status_changed' then e.data ->> 'from' end as status_before,
            e.type = 'comment_added' and e.data ->> 'visibility' = 'Public' as is_public_comment,
            e.data -> 'author' ->> 'kind' as author_kind, (e.data -> 'author' ->> 'id')::uuid as author,
            case e.headers ->> 'actor_kind' when 'Administrator' then (e.headers ->> 'actor_id')::uuid end
                as administrator,
            case e.type when 'conversation_created' then (e.data ->> 'responsibleAdministratorId')::uuid
                when 'administrator_assigned' then (e.data ->> 'administratorId')::uuid end as responsible
        from messaging.mt_events e
        where e.tenant_id = $1 and e.stream_id in (
            select c.stream_id from messaging.mt_events c where c.tenant_id = $1 and c.type = 'conversation_created')
        window stream as (partition by e.stream_id order by e.version)
        """;

    // A calendar holds from its day on, until one that was said later holds from that day or an earlier one. Those here
    // are of no Land.
    private const string Calendars =
        """
        create temporary table calendars as
        with said as (
            select e.seq_id, (e.data ->> 'from')::date as since, e.data::jsonb -> 'hours' as hours,
                coalesce(nullif(e.data::jsonb -> 'daysOff', 'null'), '[]') as days_off
            from messaging.mt_events e where e.tenant_id = $1 and e.type = 'calendar_changed'
            union all
            select 0, '-infinity', (
                select jsonb_agg(jsonb_build_object('day', day, 'opens', 8 * 60, 'closes', 17 * 60))
                from unnest(array['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday']) as day), '[]')
        select * from said s
        where not exists (select from said later where later.seq_id > s.seq_id and later.since <= s.since)
        """;

    // The quarters of an hour in which the office's clock shows a time within the hours of its day, joined to spans of
    // a day at most.
    private const string Spans =
        """
        create temporary table spans as
        with quarters as (
            select q as at, q at time zone $1 as clock
            from (select min(at) as first, greatest(max(at), now()) as last from happened) h
            cross join generate_series(date_trunc('day', h.first), h.last + interval '1 day', '15 minutes') as q),
        open as (
            select q.at, q.clock::date as day
            from quarters q
            cross join lateral (
                select * from calendars c where c.since <= q.clock::date order by c.since desc limit 1) c
            cross join lateral jsonb_array_elements(c.hours) as h
            where h ->> 'day' = to_char(q.clock, 'FMDay')
                and extract(hour from q.clock) * 60 + extract(minute from q.clock) >= (h ->> 'opens')::int
                and extract(hour from q.clock) * 60 + extract(minute from q.clock) < (h ->> 'closes')::int
                and not c.days_off ? q.clock::date::text),
        numbered as (select *, at - row_number() over (order by at) * interval '15 minutes' as island from open)
        select min(at) as opens, max(at) + interval '15 minutes' as closes from numbered group by island, day
        """;

    // What can begin and what can end each kind of wait.
    private const string Marks =
        """
        create temporary table begins as
        select 'officeReplyTime' as kind, * from happened where is_public_comment and author_kind = 'Contact'
        union all
        select 'customerAnswerTime', * from happened
        where status = 'Attention' and status_before is distinct from 'Attention'
        union all
        select 'resolutionTime', * from happened
        where type = 'conversation_created' and status <> 'Answered'
            or status_before = 'Answered' and status <> 'Answered';
        create temporary table ends as
        select 'officeReplyTime' as kind, conversation, version, at, 'REPLIED' as outcome,
            case author_kind when 'Administrator' then author end as administrator
        from happened where is_public_comment and author_kind <> 'Contact'
        union all
        select 'officeReplyTime', conversation, version, at, 'CLOSED_WITHOUT_REPLY', administrator
        from happened where type = 'status_changed' and status in ('Answered', 'Attention')
        union all
        select 'customerAnswerTime', conversation, version, at, 'CUSTOMER_ANSWERED', null
        from happened where is_public_comment and author_kind = 'Contact'
        union all
        select 'customerAnswerTime', conversation, version, at, 'WITHDRAWN', null
        from happened where status_before = 'Attention' and status <> 'Attention'
        union all
        select 'resolutionTime', conversation, version, at, 'RESOLVED', administrator
        from happened where status_before <> 'Answered' and status = 'Answered';
        create index on begins (kind, conversation, version);
        create index on ends (kind, conversation, version);
        analyze begins;
        analyze ends;
        """;

    // A wait begins while none waits, and ends with the first that can end it. No span is longer than a day.
    private const string Waits =
        """
        create temporary table waits as
        select b.kind, b.conversation, b.customer, b.at as begun, e.at as ended, e.outcome,
            e.outcome in ('REPLIED', 'CUSTOMER_ANSWERED', 'RESOLVED') as is_timed,
            case b.kind when 'customerAnswerTime' then b.administrator else e.administrator end as administrator,
            extract(epoch from e.at - b.at) as calendar,
            (select coalesce(sum(extract(epoch from least(s.closes, e.at) - greatest(s.opens, b.at))), 0)
                from spans s where s.closes > b.at and s.opens < e.at and s.opens > b.at - interval '2 days')
                as business
        from begins b left join lateral (
            select * from ends e
            where e.kind = b.kind and e.conversation = b.conversation and e.version > b.version
            order by e.version limit 1) e on true
        where not exists (
            select from begins before
            where before.kind = b.kind and before.conversation = b.conversation and before.version < b.version
                and not exists (
                    select from ends e where e.kind = b.kind and e.conversation = b.conversation
                        and e.version > before.version and e.version < b.version))
        """;

    // The figures of all, of each administrator and of each customer. Between two values median and p90 are
    // interpolated, as percentile_cont does, in decimals here.
    private const string Figures =
        """
        with counted as (
            select w.*, ended >= $2 and ended < $3 as is_over from waits w
            where kind = $1 and (ended >= $2 and ended < $3 or begun < $3 and (ended is null or ended >= $3))),
        grouped as (
            select g.what, g.key, case when is_over then outcome else 'STILL_WAITING' end as outcome,
                case when is_over and is_timed then {0} end as seconds
            from counted cross join lateral (values
                ('', null),
                ('ADMINISTRATOR', case when is_over or kind = 'customerAnswerTime' then administrator end),
                ('CUSTOMER', customer)) as g(what, key)),
        ranked as (
            select what, key, seconds, row_number() over (partition by what, key order by seconds) - 1 as place,
                0.5 * (count(*) over (partition by what, key) - 1) as half,
                0.9 * (count(*) over (partition by what, key) - 1) as nine_tenths
            from grouped where seconds is not null),
        times as (
            select what, key, avg(seconds) as mean, max(seconds) as longest,
                max(seconds) filter (where place = floor(half)) * (1 - half % 1)
                    + max(seconds) filter (where place = ceil(half)) * (half % 1) as median,
                max(seconds) filter (where place = floor(nine_tenths)) * (1 - nine_tenths % 1)
                    + max(seconds) filter (where place = ceil(nine_tenths)) * (nine_tenths % 1) as p90
            from ranked group by what, key, half, nine_tenths)
        select g.what, g.key, g.outcome, count(*), count(g.seconds), round(t.mean, 15), round(t.median, 15),
            round(t.p90, 15), t.longest
        from grouped g left join times t on t.what = g.what and t.key is not distinct from g.key
        group by g.what, g.key, g.outcome, t.mean, t.median, t.p90, t.longest
        """;

    // A status counts from the instant of its change: what had come by then less what had gone.
    private const string Backlogs =
        """
        select at, open::int, attention::int, answered::int from (
            select at, is_asked, sum(open) over until_then as open, sum(attention) over until_then as attention,
                sum(answered) over until_then as answered
            from (
                select at, false as is_asked,
                    (status = 'Open')::int - coalesce((status_before = 'Open')::int, 0) as open,
                    (status = 'Attention')::int - coalesce((status_before = 'Attention')::int, 0) as attention,
                    (status = 'Answered')::int - coalesce((status_before = 'Answered')::int, 0) as answered
                from happened where status is not null
                union all select i, true, 0, 0, 0 from unnest($1::timestamptz[]) as i) c
            window until_then as (order by at, is_asked)) c
        where is_asked order by at
        """;

    // Events by the office's days, weeks or months; a change of a status when it counts.
    private const string Activity =
        """
        with parts as (
            select p as part from generate_series(
                date_trunc($1, $2::timestamptz at time zone $4), $3::timestamptz at time zone $4,
                ('1 ' || $1)::interval) as p
            where p at time zone $4 < $3),
        these as (
            select *, date_trunc($1, happened_at at time zone $4) as part from (
                select *, case type when 'status_changed' then at else clock end as happened_at from happened) h
            where happened_at >= $2 and happened_at < $3)
        select p.part at time zone $4,
            (count(*) filter (where type = 'conversation_created'))::int,
            (count(*) filter (where status_before <> 'Answered' and status = 'Answered'))::int,
            (count(*) filter (where status_before = 'Answered' and status <> 'Answered'))::int,
            (count(*) filter (where type = 'comment_added' and author_kind <> 'Contact'))::int,
            (count(*) filter (where type = 'comment_added' and author_kind = 'Contact'))::int,
            (count(*) filter (where type = 'file_attached'))::int
        from parts p left join these t on t.part = p.part group by p.part order by p.part
        """;

    // How conversations stand now. The office must write next in an open one whose latest public comment is a
    // customer's: since it is open, and since the first comment of a customer that the office has written nothing
    // after. The customer must in ATTENTION, since it is that.
    private const string Standing =
        """
        create temporary table standing as
        with now as (
            select conversation,
                (array_agg(status order by version desc) filter (where status is not null))[1] as status,
                (array_agg(responsible order by version desc) filter (where type in (
                    'conversation_created', 'administrator_assigned', 'administrator_unassigned')))[1] as responsible,
                coalesce(max(version) filter (where is_public_comment and author_kind <> 'Contact'), 0) as written,
                max(version) filter (where status = 'Open' and status_before is distinct from 'Open') as opened,
                max(version) filter (where status = 'Attention' and status_before is distinct from 'Attention')
                    as asked
            from happened group by conversation)
        select n.conversation, n.status, n.responsible, o.at as office_since, c.at as customer_since
        from now n
        left join happened o on n.status = 'Open' and o.conversation = n.conversation and o.version = (
            select greatest(min(h.version), n.opened) from happened h
            where h.conversation = n.conversation and h.version > n.written
                and h.is_public_comment and h.author_kind = 'Contact' having count(*) > 0)
        left join happened c on n.status = 'Attention' and c.conversation = n.conversation and c.version = n.asked
        """;

    private const string Workload =
        """
        with work as (select * from standing where status <> 'Answered'),
        people as (
            select stream_id as id from messaging.mt_events
            where tenant_id = $1 and type = 'administrator_invited' and data ->> 'role' = 'Administrator'
            union select responsible from work
            union select null)
        select p.id, (count(*) filter (where w.status = 'Open'))::int,
            (count(*) filter (where w.status = 'Attention'))::int, count(w.office_since)::int, min(w.office_since)
        from people p left join work w on w.responsible is not distinct from p.id
        group by p.id
        """;

    // The five weeks that are over, from Monday to Sunday of the office's clock: what came in, what was answered and
    // opened again, what was open at the last close of business, and the replies that took a working day at most, which
    // is as long as the hours of the calendar's days are on average.
    private const string Weeks =
        """
        with weeks as (
            select ago, (monday - ago * interval '7 days') at time zone $2 as opens,
                (monday - (ago - 1) * interval '7 days') at time zone $2 as ends
            from generate_series(1, 5) as ago
            cross join (select date_trunc('week', $1::timestamptz at time zone $2) as monday) m),
        closed as (
            select w.*, (select max(s.closes) from spans s where s.closes <= w.ends) as closed, (
                select 60 * avg((h ->> 'closes')::int - (h ->> 'opens')::int)
                from jsonb_array_elements((
                    select c.hours from calendars c where c.since < (w.ends at time zone $2)::date
                    order by c.since desc limit 1)) as h) as day
            from weeks w)
        select opens, ends, closed,
            (select count(*) from happened where type = 'conversation_created' and clock >= opens and clock < ends),
            (select count(*) from happened
                where status_before <> 'Answered' and status = 'Answered' and at >= opens and at < ends),
            (select count(*) from happened
                where status_before = 'Answered' and status <> 'Answered' and at >= opens and at < ends),
            (select sum((status <> 'Answered')::int - coalesce((status_before <> 'Answered')::int, 0))
                from happened where status is not null and at <= closed)::bigint,
            (select count(*) from waits where kind = 'officeReplyTime' and outcome = 'REPLIED'
                and ended >= opens and ended < ends and business <= day)
        from closed order by ago
        """;

    // Who has waited for longer than a working day, and than ten: in the hours of the office since then.
    private const string Overdue =
        """
        with waiting as (
            select s.*, (
                select coalesce(sum(extract(epoch from least(o.closes, $1) - greatest(o.opens, since))), 0)
                from spans o where o.closes > since and o.opens < $1) as business
            from (select *, coalesce(office_since, customer_since) as since from standing) s
            where since is not null)
        select count(*) filter (where office_since is not null and business > $2)::int,
            count(*) filter (where customer_since is not null and business > 10 * $2)::int,
            (select count(*) from standing where status <> 'Answered' and responsible is null)::int,
            (select count(*) from happened where type = 'conversation_created' and clock >= $3)::int
        from waiting
        """;

    private const string Written =
        """
        select customer, count(*)::int, count(distinct conversation)::int from happened
        where type = 'comment_added' and author_kind = 'Contact' and clock >= $1 and clock < $2
        group by customer order by 2 desc, customer
        """;

    // What was not answered at an instant, and who was responsible: what had happened until then. A reply is awaited
    // while a wait for one goes on. All, and by administrator and customer.
    private const string Work =
        """
        with state as (
            select conversation, customer,
                (array_agg(status order by version desc) filter (where status is not null))[1] as status,
                (array_agg(responsible order by version desc) filter (where type in (
                    'conversation_created', 'administrator_assigned', 'administrator_unassigned')))[1] as responsible
            from happened where at <= $1 group by conversation, customer),
        work as (
            select s.*, w.begun as since from state s
            left join waits w on w.kind = 'officeReplyTime' and w.conversation = s.conversation and w.begun <= $1
                and (w.ended is null or w.ended > $1)
            where s.status <> 'Answered')
        select g.what, g.key, (count(*) filter (where status = 'Open'))::int,
            (count(*) filter (where status = 'Attention'))::int, count(since)::int, min(since)
        from work cross join lateral (values
            ('', null), ('ADMINISTRATOR', responsible), ('CUSTOMER', customer)) as g(what, key)
        group by g.what, g.key
        """;

    // What customers were asked for, by the month of the office's clock in which it was, and what has become of it
    // until an instant. Who is awaited since before another instant is late. What is older than the months counts
    // while it is awaited.
    private const string Undelivered =
        """
        with months as (
            select m as ago, (date_trunc('month', $1::timestamptz at time zone $3) - m * interval '1 month')
                at time zone $3 as opens
            from generate_series(0, $4 - 1) as m),
        asked as (
            select w.*, (select min(m.ago) from months m where m.opens <= w.begun) as ago,
                case when ended is null and begun < $2 then 'LATE' when ended is null then 'OPEN'
                    when outcome = 'WITHDRAWN' then 'WITHDRAWN' else 'ANSWERED' end as became
            from waits w where kind = 'customerAnswerTime' and begun <= $1)
        select g.key, a.ago, a.became, count(*)::int, min(a.begun) filter (where a.ended is null)
        from asked a cross join lateral (values (null::uuid), (customer)) as g(key)
        where a.ago is not null or a.ended is null
        group by g.key, a.ago, a.became
        """;

    private readonly NpgsqlConnection _session;

    private FigureReference(NpgsqlConnection session, string timeZone) => (_session, TimeZone) = (session, timeZone);

    /// <summary>The office's, as it was registered.</summary>
    public string TimeZone { get; }

    /// <summary>The number of events of conversations.</summary>
    public long Events { get; private set; }

    /// <summary>The number of waits.</summary>
    public long WaitCount { get; private set; }

    /// <summary>Opens a session and makes the temporary tables, of an office's events.</summary>
    public static async Task<FigureReference> OpenAsync(string connectionString, string tenant)
    {
        var session = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 0, Pooling = false }
                .ConnectionString);
        await session.OpenAsync();
        var zone = await session.OneAsync<string>(
            "select data ->> 'timeZone' from messaging.mt_events where tenant_id = $1 "
                + "and type = 'organisation_registered'", tenant);
        var reference = new FigureReference(session, zone);
        await reference.DoAsync("set work_mem = '256MB'; set statement_timeout = 0");
        await reference.DoAsync(Happened, tenant);
        await reference.DoAsync(
            "create unique index on happened (conversation, version); create index on happened (at); analyze happened");
        await reference.DoAsync(Calendars, tenant);
        await reference.DoAsync(Spans, zone);
        await reference.DoAsync("create index on spans (opens); analyze spans");
        await reference.DoAsync(Marks);
        await reference.DoAsync(Waits);
        await reference.DoAsync(
            "create index on waits (kind, ended); create index on waits (conversation); analyze waits");
        await reference.DoAsync(Standing);
        reference.Events = await session.OneAsync<long>("select count(*) from happened");
        reference.WaitCount = await session.OneAsync<long>("select count(*) from waits");
        return reference;
    }

    /// <summary>Some instants at which something happened, and the first and the last of all.</summary>
    public async Task<(DateTimeOffset First, DateTimeOffset Last, List<DateTimeOffset> Some)> InstantsAsync(int seed)
    {
        var some = await RowsAsync(
            "select at from happened order by md5(conversation::text || version || $1) limit 2000",
            r => r.GetFieldValue<DateTimeOffset>(0), $"{seed}");
        var ends = await RowsAsync(
            "select min(at), max(at) from happened",
            r => (r.GetFieldValue<DateTimeOffset>(0), r.GetFieldValue<DateTimeOffset>(1)));
        return (ends[0].Item1, ends[0].Item2, some);
    }

    /// <summary>Figures of waits of a kind, by what they are grouped by ("" for all) and whose they are.</summary>
    public async Task<(Dictionary<(string What, Guid? Of), TimeFigure> Figures, TimeSpan Took)> TimesAsync(
        string kind, string basis, TimeRange range)
    {
        var begun = Stopwatch.GetTimestamp();
        var rows = await RowsAsync(
            Figures.Replace("{0}", basis == "BUSINESS" ? "business" : "calendar", StringComparison.Ordinal),
            r => (
                Key: (r.GetString(0), r.IsDBNull(1) ? (Guid?)null : r.GetGuid(1)), Outcome: r.GetString(2),
                Number: (int)r.GetInt64(3), Timed: (int)r.GetInt64(4), Mean: Decimal(r, 5), Median: Decimal(r, 6),
                P90: Decimal(r, 7), Longest: Decimal(r, 8)),
            kind, range.From, range.To);
        var figures = rows.GroupBy(r => r.Key).ToDictionary(
            g => g.Key,
            g => new TimeFigure(
                g.Sum(r => r.Timed), g.First().Mean, g.First().Median, g.First().P90, g.First().Longest,
                g.ToDictionary(r => r.Outcome, r => r.Number)));
        return (figures, Stopwatch.GetElapsedTime(begun));
    }

    /// <summary>The numbers of conversations by status at instants, which are in their order.</summary>
    public Task<List<(DateTimeOffset At, int Open, int Attention, int Answered)>> BacklogsAsync(
        IEnumerable<DateTimeOffset> at) =>
        RowsAsync(
            Backlogs, r => (r.GetFieldValue<DateTimeOffset>(0), r.GetInt32(1), r.GetInt32(2), r.GetInt32(3)),
            at.Select(a => a.UtcDateTime).ToArray());

    /// <summary>What happened in each part of a range: its begin, and six numbers.</summary>
    public Task<List<(DateTimeOffset Start, string Numbers)>> ActivityAsync(TimeRange range, string interval) =>
        RowsAsync(
            Activity,
            r => (
                r.GetFieldValue<DateTimeOffset>(0), string.Join(' ', Enumerable.Range(1, 6).Select(r.GetInt32))),
            interval.ToLowerInvariant(), range.From, range.To, TimeZone);

    /// <summary>The open work of now, by who is responsible.</summary>
    public Task<List<(Guid? Id, int Open, int Attention, int AwaitingOffice, DateTimeOffset? Oldest)>> WorkloadAsync(
        string tenant) =>
        RowsAsync(
            Workload,
            r => (
                r.IsDBNull(0) ? (Guid?)null : r.GetGuid(0), r.GetInt32(1), r.GetInt32(2), r.GetInt32(3),
                r.IsDBNull(4) ? (DateTimeOffset?)null : r.GetFieldValue<DateTimeOffset>(4)),
            tenant);

    /// <summary>
    /// What was not answered at an instant, by what it is told apart by ("" for all) and whose it is: open, in
    /// attention, and awaiting a reply, since when.
    /// </summary>
    public async Task<Dictionary<(string What, Guid? Of), string>> WorkAsync(DateTimeOffset at) =>
        (await RowsAsync(
            Work,
            r => (
                Key: (r.GetString(0), r.IsDBNull(1) ? (Guid?)null : r.GetGuid(1)),
                Numbers: $"{r.GetInt32(2)} {r.GetInt32(3)} {r.GetInt32(4)} {Instant(r, 5)}"),
            at)).ToDictionary(r => r.Key, r => r.Numbers);

    /// <summary>
    /// What customers were asked for in months, and what has become of it until an instant: of each customer, and of
    /// all (null), the numbers that are not zero by month (null for before) and by what has become, and the oldest that
    /// is awaited.
    /// </summary>
    /// <param name="lateBefore">The instant before which one who is still awaited was asked to be late.</param>
    public async Task<ILookup<Guid?, (int? MonthsAgo, string Became, int Number, string Oldest)>> UndeliveredAsync(
        DateTimeOffset asOf, DateTimeOffset lateBefore, int months) =>
        (await RowsAsync(
            Undelivered,
            r => (
                Of: r.IsDBNull(0) ? (Guid?)null : r.GetGuid(0), r.IsDBNull(1) ? (int?)null : r.GetInt32(1),
                r.GetString(2), r.GetInt32(3), Instant(r, 4)),
            asOf, lateBefore, TimeZone, months)).ToLookup(
            r => r.Of, r => (r.Item2, r.Item3, r.Item4, r.Item5));

    /// <summary>
    /// The five weeks that are over, the last one first: from and to when, the last close, and what was started,
    /// answered, opened again, open at the close, and replied to within a working day.
    /// </summary>
    public Task<List<(TimeRange Week, DateTimeOffset Closed, string Numbers)>> WeeksAsync(DateTimeOffset asOf) =>
        RowsAsync(
            Weeks,
            r => (
                new TimeRange(r.GetFieldValue<DateTimeOffset>(0), r.GetFieldValue<DateTimeOffset>(1)),
                r.GetFieldValue<DateTimeOffset>(2), string.Join(' ', Enumerable.Range(3, 5).Select(r.GetInt64))),
            asOf, TimeZone);

    /// <summary>
    /// What has waited for the office for longer than a working day, and for customers for longer than ten, what nobody
    /// is responsible for, and what came in since an instant.
    /// </summary>
    /// <param name="day">The length of a working day, in seconds.</param>
    public async Task<string> OverdueAsync(DateTimeOffset asOf, decimal day, DateTimeOffset since) =>
        (await RowsAsync(
            Overdue, r => string.Join(' ', Enumerable.Range(0, 4).Select(r.GetInt32)), asOf, day, since))[0];

    /// <summary>The comments that customers wrote, and in how many conversations, those first who wrote most.</summary>
    public Task<List<(Guid Customer, int Comments, int Conversations)>> WrittenAsync(TimeRange range) =>
        RowsAsync(Written, r => (r.GetGuid(0), r.GetInt32(1), r.GetInt32(2)), range.From, range.To);

    public ValueTask DisposeAsync() => _session.DisposeAsync();

    private static string Instant(NpgsqlDataReader r, int column) =>
        r.IsDBNull(column) ? "never" : TimeRange.Text(r.GetFieldValue<DateTimeOffset>(column));

    private static decimal? Decimal(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : r.GetDecimal(column);

    private async Task DoAsync(string sql, params object[] values)
    {
        await using var command = _session.Command(sql, values);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<List<T>> RowsAsync<T>(string sql, Func<NpgsqlDataReader, T> row, params object[] values)
    {
        await using var command = _session.Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync()) rows.Add(row(reader));
        return rows;
    }
}

/// <summary>Statements with parameters by number.</summary>
internal static class Statements
{
    public static NpgsqlCommand Command(this NpgsqlConnection session, string sql, params object[] values)
    {
        var command = new NpgsqlCommand(sql, session);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    public static async Task<T> OneAsync<T>(this NpgsqlConnection session, string sql, params object[] values)
    {
        await using var command = session.Command(sql, values);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
