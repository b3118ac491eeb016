using System.Globalization;

namespace Messaging.Api.Hosting;

/// <summary>
/// Reads values of settings in one way: without white space around them, what is empty as if it was not given, and
/// refused by name where they cannot be right. Read when the product starts; names that are none <see cref="Settings"/>
/// refuses.
/// </summary>
internal static class SettingValues
{
    /// <summary>Text; null when none is given.</summary>
    public static string? Text(this IConfiguration section, string name) =>
        section[name]?.Trim() is { Length: > 0 } text ? text : null;

    /// <summary>A whole number.</summary>
    /// <param name="otherwise">The value when none is given.</param>
    /// <exception cref="InvalidOperationException">It is none, or none of these.</exception>
    public static int Number(
        this IConfigurationSection section, string name, int otherwise, int least = 1, int most = 1_000_000) =>
        section.Text(name) is not { } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most ? number
        : throw Wrong(section, name, text, $"it is a number from {least} to {most}");

    /// <summary>A number of bytes.</summary>
    /// <param name="otherwise">The value when none is given.</param>
    /// <exception cref="InvalidOperationException">It is none, or too small.</exception>
    public static long Bytes(this IConfigurationSection section, string name, long otherwise, long least = 1) =>
        section.Text(name) is not { } text ? otherwise
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && bytes >= least ? bytes
        : throw Wrong(section, name, text, $"it is a number of bytes, {least} or more");

    /// <summary>A length of time.</summary>
    /// <param name="otherwise">The value when none is given.</param>
    /// <exception cref="InvalidOperationException">It is none, nothing, or too long.</exception>
    public static TimeSpan Time(this IConfigurationSection section, string name, TimeSpan otherwise, TimeSpan most) =>
        section.Text(name) is not { } text ? otherwise
        : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && time > TimeSpan.Zero && time <= most
            ? time
        : throw Wrong(section, name, text, $"it is a time up to {most:c}, such as {otherwise:c}");

    private static InvalidOperationException Wrong(
        IConfigurationSection section, string name, string given, string expected) =>
        new($"The setting {section.Path}:{name} is '{given}'; {expected}.");
}
