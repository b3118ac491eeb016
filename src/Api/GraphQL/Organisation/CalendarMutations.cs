using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Organisation;
using Messaging.Domain.Organisation;

namespace Messaging.Api.GraphQL;

/// <content>When the office works.</content>
public sealed partial class Mutation
{
    /// <summary>
    /// Says when the office works, from a day on: what was said of that day and those after it holds no longer. Times
    /// on the basis BUSINESS are of this; a wait over the change has each calendar for its part.
    /// </summary>
    [Allow(Access.Owners)]
    public static async Task<ChangeCalendarPayload> ChangeCalendar(
        IResolveFieldContext context, ChangeCalendarInput input) =>
        new(
            await context.ExecuteAsync(
                new ChangeCalendarCommand(
                    context.Caller(), input.From,
                    [.. input.Hours.Select(h => OfficeHours.Of(h.Day, h.Opens, h.Closes))],
                    input.Land, [.. input.DaysOff ?? []])));
}

/// <summary>Says when the office works, from a day on.</summary>
[Allow(Access.Owners)]
public sealed class ChangeCalendarInput
{
    /// <summary>
    /// The first day, in the office's time zone: 2000 to 2200. One that is over changes the figures of the past. By
    /// default today.
    /// </summary>
    public DateOnly? From { get; set; }

    /// <summary>The hours of each weekday, one of them at least; on the others the office is closed.</summary>
    [Limit(Items = 7)]
    public IReadOnlyList<OfficeHoursInput> Hours { get; set; } = [];

    /// <summary>The Land whose public holidays are free; null for none.</summary>
    public Land? Land { get; set; }

    /// <summary>Days that are free besides: each once, and on a weekday that has hours.</summary>
    [Limit(Items = BusinessCalendar.DaysOffMaximum)]
    public IReadOnlyList<DateOnly>? DaysOff { get; set; }
}

/// <summary>The hours of a weekday.</summary>
[Allow(Access.Owners)]
public sealed class OfficeHoursInput
{
    /// <summary>The weekday.</summary>
    public Weekday Day { get; set; }

    /// <summary>The first minute within: 00:00 to 23:59.</summary>
    [Limit(Characters = OfficeHours.TimeLength)]
    public string Opens { get; set; } = "";

    /// <summary>The first minute after: until 24:00, and after <c>opens</c>.</summary>
    [Limit(Characters = OfficeHours.TimeLength)]
    public string Closes { get; set; } = "";
}

/// <summary>The answer to <c>changeCalendar</c>.</summary>
[Allow(Access.SignedIn)]
public sealed class ChangeCalendarPayload(IReadOnlyList<UserError> errors) : Payload(errors)
{
    /// <summary>The organisation as it is now.</summary>
    public IDataLoaderResult<OrganisationNode>? Organisation(IResolveFieldContext context) =>
        Errors.Count == 0 ? context.Organisation() : null;
}
