using System.Globalization;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.History;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Reports;

namespace Messaging.Api.Reports;

/// <summary>What somebody of the office asks to have as a table.</summary>
/// <param name="German">The language of headings and names.</param>
/// <param name="Zone">The office's.</param>
/// <param name="From">The begin of the first day that was asked for.</param>
/// <param name="To">The end of the last one, exclusive.</param>
/// <param name="Instant">The instant that a table of one is of; null for now.</param>
internal sealed record TableRequest(
    Caller Caller, bool German, TimeZoneInfo Zone, DateTimeOffset? From, DateTimeOffset? To,
    ConversationStatus? Status, Guid? CustomerId, Guid? ResponsibleId, WaitKind? Kind, WaitGrouping? GroupBy,
    Interval Interval, int? Months, DateTimeOffset? Instant)
{
    /// <summary>An instant as a cell: by the clocks of the office.</summary>
    public DateTime? At(DateTimeOffset? at) =>
        at is { } instant ? TimeZoneInfo.ConvertTime(instant, Zone).DateTime : null;

    /// <summary>One of two words, in the language that was asked for.</summary>
    public string Say(string german, string english) => German ? german : english;

    /// <summary>The range, where one has to be given.</summary>
    /// <exception cref="InvalidReportException">It is not.</exception>
    public (DateTimeOffset From, DateTimeOffset To) Range() =>
        From is { } from && To is { } to
            ? (from, to)
            : throw new InvalidReportException("from and to must be given, as days, such as 2026-12-31.");

    /// <summary>Reads one.</summary>
    /// <param name="parameters">Those that the table has.</param>
    /// <exception cref="InvalidReportException">It cannot be as asked for; the message says what is allowed.
    /// </exception>
    public static TableRequest Read(
        IQueryCollection query, IReadOnlyCollection<string> parameters, Caller caller, TimeZoneInfo zone)
    {
        var known = parameters.Prepend("locale").ToList();
        if (query.Keys.FirstOrDefault(k => !known.Contains(k, StringComparer.Ordinal)) is { } unknown)
            throw new InvalidReportException($"There is no parameter {unknown}: there are {string.Join(", ", known)}.");
        var (from, to) = (DayOf("from"), DayOf("to"));
        if (to < from) throw new InvalidReportException("to must not be before from.");
        return new TableRequest(
            caller, OneOf("locale", ("de", true), ("en", false)) ?? true, zone,
            from is { } first ? Day.StartOf(first, zone) : null,
            to is { } last ? Day.StartOf(last.AddDays(1), zone) : null,
            OneOf(
                "status", ("OPEN", ConversationStatus.Open), ("ATTENTION", ConversationStatus.Attention),
                ("ANSWERED", ConversationStatus.Answered)),
            IdOf("customer"), IdOf("responsible"),
            OneOf(
                "kind", ("OFFICE_REPLY", WaitKind.OfficeReply), ("CUSTOMER_ANSWER", WaitKind.CustomerAnswer),
                ("RESOLUTION", WaitKind.Resolution)),
            OneOf("groupBy", ("ADMINISTRATOR", WaitGrouping.Administrator), ("CUSTOMER", WaitGrouping.Customer)),
            OneOf("interval", ("DAY", Interval.Day), ("WEEK", Interval.Week), ("MONTH", Interval.Month))
                ?? Interval.Day,
            NumberOf("months"), InstantOf("at"));

        string? Given(string parameter) => query[parameter].ToString() is { Length: > 0 } text ? text : null;

        T? OneOf<T>(string parameter, params ReadOnlySpan<(string Name, T Value)> all) where T : struct
        {
            if (Given(parameter) is not { } given) return null;
            foreach (var (name, value) in all)
                if (name == given) return value;
            var names = new List<string>();
            foreach (var (name, _) in all) names.Add(name);
            throw new InvalidReportException($"{parameter} must be one of {string.Join(", ", names)}.");
        }

        int? NumberOf(string parameter) =>
            Given(parameter) is not { } given ? null
            : int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw new InvalidReportException($"{parameter} must be a number.");

        DateTimeOffset? InstantOf(string parameter) =>
            Given(parameter) is not { } given ? null
            : UtcDateTimeGraphType.TryParse(given, out var at) && at.Year is >= 1900 and <= 2200 ? at
            : throw new InvalidReportException(
                $"{parameter} must be an instant of the years 1900 to 2200, such as 2026-12-31T17:00:00Z.");

        Guid? IdOf(string parameter) =>
            Given(parameter) is not { } given ? null
            : Guid.TryParseExact(given, "D", out var id) ? id
            : throw new InvalidReportException($"{parameter} must be an id.");

        DateOnly? DayOf(string parameter)
        {
            var day = ExportScope.DayOf(Given(parameter), out var isWrong);
            return isWrong || day is { Year: < 1900 or > 2200 }
                ? throw new InvalidReportException(
                    $"{parameter} must be a day of the years 1900 to 2200, such as 2026-12-31.")
                : day;
        }
    }
}
