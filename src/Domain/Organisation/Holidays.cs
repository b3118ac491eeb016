using System.Collections.Concurrent;
using System.Collections.Frozen;

namespace Messaging.Domain.Organisation;

/// <summary>A Land of Germany.</summary>
[Stored("land")]
public enum Land
{
    /// <summary>Baden-Württemberg.</summary>
    BadenWuerttemberg = 1,

    /// <summary>Bavaria.</summary>
    Bayern = 2,

    /// <summary>The Land Berlin.</summary>
    Berlin = 3,

    /// <summary>The Land Brandenburg.</summary>
    Brandenburg = 4,

    /// <summary>The Land Bremen.</summary>
    Bremen = 5,

    /// <summary>The Land Hamburg.</summary>
    Hamburg = 6,

    /// <summary>Hesse.</summary>
    Hessen = 7,

    /// <summary>Mecklenburg-Western Pomerania.</summary>
    MecklenburgVorpommern = 8,

    /// <summary>Lower Saxony.</summary>
    Niedersachsen = 9,

    /// <summary>North Rhine-Westphalia.</summary>
    NordrheinWestfalen = 10,

    /// <summary>Rhineland-Palatinate.</summary>
    RheinlandPfalz = 11,

    /// <summary>The Saar.</summary>
    Saarland = 12,

    /// <summary>Saxony.</summary>
    Sachsen = 13,

    /// <summary>Saxony-Anhalt.</summary>
    SachsenAnhalt = 14,

    /// <summary>Schleswig-Holstein.</summary>
    SchleswigHolstein = 15,

    /// <summary>Thuringia.</summary>
    Thueringen = 16,
}

/// <summary>
/// The public holidays that all of a Land has, from the year 2000 on. What only some of its municipalities have (15
/// August in Bayern, Corpus Christi in Sachsen and Thüringen) is an office's own day off.
/// </summary>
public static class Holidays
{
    private static readonly ConcurrentDictionary<(Land Land, int Year), FrozenSet<DateOnly>> s_years = new();

    /// <summary>True when a day is one.</summary>
    public static bool Has(Land land, DateOnly day) => Of(land, day.Year).Contains(day);

    /// <summary>Those of a year.</summary>
    public static IReadOnlySet<DateOnly> Of(Land land, int year) =>
        s_years.GetOrAdd((land, year), key => All(key.Land, key.Year).ToFrozenSet());

    private static List<DateOnly> All(Land land, int year)
    {
        var easter = Easter(year);
        List<DateOnly> days =
        [
            new(year, 1, 1), easter.AddDays(-2), easter.AddDays(1), new(year, 5, 1), easter.AddDays(39),
            easter.AddDays(50), new(year, 10, 3), new(year, 12, 25), new(year, 12, 26),
        ];
        if (land is Land.BadenWuerttemberg or Land.Bayern or Land.SachsenAnhalt) days.Add(new DateOnly(year, 1, 6));
        if ((land == Land.Berlin && year >= 2019) || (land == Land.MecklenburgVorpommern && year >= 2023))
            days.Add(new DateOnly(year, 3, 8));
        if (land == Land.Brandenburg)
        {
            days.Add(easter);
            days.Add(easter.AddDays(49));
        }

        if (land is Land.BadenWuerttemberg or Land.Bayern or Land.Hessen or Land.NordrheinWestfalen
            or Land.RheinlandPfalz or Land.Saarland)
            days.Add(easter.AddDays(60));
        if (land == Land.Saarland) days.Add(new DateOnly(year, 8, 15));
        if (land == Land.Thueringen && year >= 2019) days.Add(new DateOnly(year, 9, 20));

        // Each Land had the 500th year of the Reformation; four more have kept the day.
        if (year == 2017
            || land is Land.Brandenburg or Land.MecklenburgVorpommern or Land.Sachsen or Land.SachsenAnhalt
                or Land.Thueringen
            || (year >= 2018
                && land is Land.Bremen or Land.Hamburg or Land.Niedersachsen or Land.SchleswigHolstein))
            days.Add(new DateOnly(year, 10, 31));
        if (land is Land.BadenWuerttemberg or Land.Bayern or Land.NordrheinWestfalen or Land.RheinlandPfalz
            or Land.Saarland)
            days.Add(new DateOnly(year, 11, 1));
        if (land == Land.Sachsen) days.Add(Repentance(year));

        // Once each, by Berlin's law.
        if (land == Land.Berlin && year is 2020 or 2025) days.Add(new DateOnly(year, 5, 8));
        if (land == Land.Berlin && year == 2028) days.Add(new DateOnly(year, 6, 17));
        return days;
    }

    // The Wednesday before 23 November.
    private static DateOnly Repentance(int year)
    {
        var day = new DateOnly(year, 11, 22);
        while (day.DayOfWeek != DayOfWeek.Wednesday) day = day.AddDays(-1);
        return day;
    }

    // The Gregorian computus (Meeus, Jones, Butcher).
    private static DateOnly Easter(int year)
    {
        var a = year % 19;
        var (b, c) = (year / 100, year % 100);
        var h = ((19 * a) + b - (b / 4) - ((b - ((b + 8) / 25) + 1) / 3) + 15) % 30;
        var l = (32 + (2 * (b % 4)) + (2 * (c / 4)) - h - (c % 4)) % 7;
        var m = (a + (11 * h) + (22 * l)) / 451;
        var n = h + l - (7 * m) + 114;
        return new DateOnly(year, n / 31, (n % 31) + 1);
    }
}
