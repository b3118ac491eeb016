using Messaging.Domain;
using Messaging.Projections.Organisation;
using Messaging.Projections.Storage;

namespace Messaging.Projections.Reports;

/// <summary>
/// The business time of an office until an instant: how much of it has passed since one before. An instant is
/// business time while the office's clock shows a time within the hours of its day, so that an hour which the clock
/// skips has none, and one that it shows twice counts twice. The time of a wait is the difference of two of these, and
/// a change of the calendar within it is a piece like others.
/// </summary>
internal sealed class BusinessTime
{
    /// <summary>Nothing was recorded before.</summary>
    public static readonly DateTimeOffset First = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // The pieces of business time one after the other; before the first one there is an empty one, so that each instant
    // has a piece that began before it.
    private readonly DateTimeOffset[] _begins;
    private readonly TimeSpan[] _lengths;
    private readonly TimeSpan[] _before;

    private BusinessTime(List<(DateTimeOffset Begin, TimeSpan Length)> pieces)
    {
        _begins = new DateTimeOffset[pieces.Count + 1];
        _lengths = new TimeSpan[pieces.Count + 1];
        _before = new TimeSpan[pieces.Count + 1];
        _begins[0] = new DateTimeOffset(1000, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var sum = TimeSpan.Zero;
        for (var i = 0; i < pieces.Count; i++)
        {
            (_begins[i + 1], _lengths[i + 1]) = pieces[i];
            _before[i + 1] = sum;
            sum += pieces[i].Length;
        }
    }

    /// <summary>That of an office.</summary>
    /// <param name="since">Earlier instants have none; <see cref="First"/> at the earliest.</param>
    /// <param name="until">Later instants have the business time of the end of its day.</param>
    public static BusinessTime Of(OfficeCalendar office, DateTimeOffset since, DateTimeOffset until)
    {
        var zone = Day.ZoneOf(office.TimeZone);
        var pieces = new List<(DateTimeOffset Begin, TimeSpan Length)>(8 * 1024);
        var last = Day.Of(until, zone);
        for (var day = Day.Of(since < First ? First : since, zone).AddDays(-1); day <= last; day = day.AddDays(1))
        {
            if (office.On(day).On(day) is not { } hours) continue;
            var midnight = day.ToDateTime(TimeOnly.MinValue);
            Add(pieces, midnight.AddMinutes(hours.Opens), midnight.AddMinutes(hours.Closes), zone);
        }

        return new BusinessTime(pieces);
    }

    /// <summary>The business time that has passed until an instant.</summary>
    public TimeSpan At(DateTimeOffset at)
    {
        var i = Array.BinarySearch(_begins, at);
        if (i < 0) i = ~i - 1;
        var since = at - _begins[i];
        return _before[i] + (since < _lengths[i] ? since : _lengths[i]);
    }

    /// <summary>The business time between two instants.</summary>
    public TimeSpan Between(DateTimeOffset from, DateTimeOffset to) => At(to) - At(from);

    /// <summary>
    /// The first instant until which so much business time has passed; null where that is not known, as it was before
    /// the first piece.
    /// </summary>
    public DateTimeOffset? Reached(TimeSpan passed)
    {
        if (passed <= TimeSpan.Zero) return null;

        // The first piece whose end has it: what it has passed by grows with each.
        var (low, high) = (1, _begins.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_before[middle] + _lengths[middle] < passed) low = middle + 1;
            else high = middle;
        }

        return low < _begins.Length ? _begins[low] + (passed - _before[low]) : null;
    }

    /// <summary>The last end of business until an instant; null where none is known.</summary>
    public DateTimeOffset? ClosedBefore(DateTimeOffset at)
    {
        var i = Array.BinarySearch(_begins, at);
        if (i < 0) i = ~i - 1;
        while (i > 0 && _begins[i] + _lengths[i] > at) i--;
        return i > 0 ? _begins[i] + _lengths[i] : null;
    }

    /// <summary>
    /// For a <c>from</c>: the pieces as columns <c>begins</c>, <c>lengths</c> and <c>passed</c> of one row. It is one
    /// row of parameters: a wait finds its pieces in them by halves.
    /// </summary>
    public Sql Pieces => Sql.Of(
        $"""
        (select {_begins}::timestamptz[] as begins, {_lengths}::interval[] as lengths, {_before}::interval[] as passed)
        """);

    /// <summary>The seconds between two columns, of a row that has <see cref="Pieces"/>.</summary>
    public static Sql Seconds { get; } = Sql.Raw(
        """
        (select extract(epoch from passed[k.e] + least(to_at - begins[k.e], lengths[k.e])
                - passed[k.b] - least(from_at - begins[k.b], lengths[k.b]))
            from (select width_bucket(from_at, begins) as b, width_bucket(to_at, begins) as e offset 0) k)
        """);

    // The office's clock goes on as the world's does but where its offset changes: between two changes a time of the
    // clock is an instant. A change is looked for in the day itself and beside it, which costs two look-ups on a day
    // that has none.
    private static void Add(
        List<(DateTimeOffset Begin, TimeSpan Length)> pieces, DateTime opens, DateTime closes, TimeZoneInfo zone)
    {
        var from = new DateTimeOffset(opens, TimeSpan.Zero).AddHours(-Widest);
        var to = new DateTimeOffset(closes, TimeSpan.Zero).AddHours(Widest);
        foreach (var (begin, end, offset) in Offsets(zone, from, to))
        {
            var first = new DateTimeOffset(opens - offset, TimeSpan.Zero);
            var last = new DateTimeOffset(closes - offset, TimeSpan.Zero);
            if (first < begin) first = begin;
            if (last > end) last = end;
            if (first < last) pieces.Add((first, last - first));
        }
    }

    // No offset is more hours than this from UTC.
    private const int Widest = 15;

    // The spans of one offset each: in the few hours that are looked at an offset changes once at most.
    private static IEnumerable<(DateTimeOffset Begin, DateTimeOffset End, TimeSpan Offset)> Offsets(
        TimeZoneInfo zone, DateTimeOffset from, DateTimeOffset to)
    {
        var (before, after) = (zone.GetUtcOffset(from), zone.GetUtcOffset(to));
        if (before == after)
        {
            yield return (from, to, before);
            yield break;
        }

        var (low, high) = (from, to);
        while (high - low > TimeSpan.FromSeconds(1))
        {
            var middle = new DateTimeOffset((low.Ticks + high.Ticks) / 2, TimeSpan.Zero);
            if (zone.GetUtcOffset(middle) == before) low = middle;
            else high = middle;
        }

        // Changes are at full seconds.
        var change = new DateTimeOffset(high.Ticks - (high.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        yield return (from, change, before);
        yield return (change, to, after);
    }
}
