using Messaging.Domain;
using Messaging.Projections.Conversations;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Reports;

/// <summary>The length of a report's parts.</summary>
public enum Interval
{
    /// <summary>A day, from midnight to midnight.</summary>
    Day,

    /// <summary>A week, from Monday to Sunday.</summary>
    Week,

    /// <summary>A calendar month.</summary>
    Month,
}

/// <summary>Activity in one part of a report.</summary>
/// <param name="Start">The instant at which it begins.</param>
/// <param name="Answered">Number of changes of a status to ANSWERED.</param>
/// <param name="Reopened">Number of changes of a status from ANSWERED to another one.</param>
public sealed record ActivityRow(
    DateTimeOffset Start, int Created, int Answered, int Reopened, int CommentsByOffice, int CommentsByCustomers,
    int FilesAttached);

/// <summary>The range of a report cannot be as asked for; the message says why.</summary>
public sealed class InvalidReportException(string message) : Exception(message);

/// <summary>Activity in the caller's organisation over time, for administrators and auditors.</summary>
public sealed class ActivityQueries(NpgsqlDataSource database)
{
    /// <summary>The most parts of a report.</summary>
    public const int MostParts = 366;

    /// <summary>
    /// Activity from an instant until before another, by days, weeks or months of the organisation's time zone.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    /// <exception cref="InvalidReportException">The range is empty, or has too many parts.</exception>
    public async Task<IReadOnlyList<ActivityRow>> ActivityAsync(
        Caller caller, DateTimeOffset from, DateTimeOffset to, Interval interval, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var zone = await Sql.Of(
                $"select time_zone from messaging.organisations where tenant_id = {caller.TenantId} and id = "
                    + $"{caller.OrganisationId}"
            )
            .FirstAsync(database, r => r.GetString(0), cancellation);
        var starts = Starts(from, to, interval, TimeZoneInfo.FindSystemTimeZoneById(zone ?? "UTC"));
        var bounds = starts.Select(s => s.UtcDateTime).ToArray();

        // A cycle ends with a change to ANSWERED; those that did not begin with the conversation do with one from it.
        var cycles = Sql.Of(
            $"tenant_id = {caller.TenantId} and kind = 'Resolution'{LimitedAccess.OfCustomer(caller, "customer_id")}");
        var counts = await Sql.Of(
            $"""
             select width_bucket(created_at, {bounds}) as part, 0 as what, count(*)::int from messaging.conversations c
             where {Visibility.Conversations(caller)} and created_at >= {from} and created_at < {to} group by 1
             union all
             select width_bucket(to_at, {bounds}), 1, count(*)::int from messaging.waits w
             where {cycles} and outcome = 'Resolved' and to_at >= {from} and to_at < {to} group by 1
             union all
             select width_bucket(from_at, {bounds}), 2, count(*)::int from messaging.waits w
             where {cycles} and position > 1 and from_at >= {from} and from_at < {to} group by 1
             union all
             select width_bucket(created_at, {bounds}), case author_kind when 'Contact' then 4 else 3 end,
                 count(*)::int from messaging.comments m
             where {Visibility.Messages(caller)} and created_at >= {from} and created_at < {to} group by 1, 2
             union all
             select width_bucket(created_at, {bounds}), 5, count(*)::int from messaging.files m
             where {Visibility.Messages(caller)} and created_at >= {from} and created_at < {to} group by 1
             """).Heavy().ListAsync(
             database, r => (Part: r.GetInt32(0), What: r.GetInt32(1), Count: r.GetInt32(2)), cancellation);
        var found = counts.ToDictionary(c => (c.Part, c.What), c => c.Count);
        return
        [
            .. starts.Select(
                (start, i) => new ActivityRow(start, Of(i, 0), Of(i, 1), Of(i, 2), Of(i, 3), Of(i, 4), Of(i, 5))),
        ];

        int Of(int index, int what) => found.GetValueOrDefault((index + 1, what));
    }

    private static List<DateTimeOffset> Starts(
        DateTimeOffset from, DateTimeOffset to, Interval interval, TimeZoneInfo zone)
    {
        if (to <= from)
            throw new InvalidReportException("'to' has to be after 'from'.");
        if (from.Year < 1900 || to.Year > 2200)
            throw new InvalidReportException("A report is about the years 1900 to 2200.");
        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(from, zone).DateTime);
        day = interval switch
        {
            Interval.Day => day,
            Interval.Week => Day.MondayOf(day),
            Interval.Month => new DateOnly(day.Year, day.Month, 1),
        };
        var starts = new List<DateTimeOffset>();
        for (var start = Day.StartOf(day, zone); start < to; start = Day.StartOf(day, zone))
        {
            if (starts.Count == MostParts)
                throw new InvalidReportException(
                    $"A report has at most {MostParts} parts: ask for a shorter range, or longer parts.");
            starts.Add(start);
            day = interval switch
            {
                Interval.Day => day.AddDays(1),
                Interval.Week => day.AddDays(7),
                Interval.Month => day.AddMonths(1),
            };
        }

        return starts;
    }
}
