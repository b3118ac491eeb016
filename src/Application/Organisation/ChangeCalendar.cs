using System.Collections.Immutable;
using System.Globalization;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Organisation;

/// <summary>Says when the office works, from a day on.</summary>
/// <param name="From">The first day, which may be over; null for today in the office's time zone.</param>
/// <param name="Hours">At most one for each weekday; without any the office is closed then.</param>
/// <param name="Land">Whose holidays are free; null for none.</param>
/// <param name="DaysOff">Days that are free besides.</param>
[Stored("ChangeCalendarCommand")]
public sealed record ChangeCalendarCommand(
    Caller Caller, DateOnly? From, ImmutableArray<OfficeHours> Hours, Land? Land, ImmutableArray<DateOnly> DaysOff)
    : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content
        .Add("From", From)
        .Add("Hours", [.. Hours.Select(h => string.Create(
            CultureInfo.InvariantCulture, $"{(int)h.Day} {h.Opens}-{h.Closes}"))])
        .Add("Land", Land?.ToString())
        .Add("DaysOff", [.. DaysOff.Select(d => d.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))]);

    internal override void Read(ReadSet reads) => reads.Stream(Caller.OrganisationId);

    internal override Refusal? Decide(UnitOfWork work)
    {
        var state = work.State<OrganisationState>(Caller.OrganisationId);
        var from = From ?? Day.Of(work.Now, Day.ZoneOf(state?.TimeZone ?? ""));
        var change = new ChangeCalendar(new BusinessCalendar(from, Hours, Land, DaysOff));
        return work.Record(Caller.OrganisationId, OrganisationDecider.Decide(change, state, Caller.Actor));
    }
}
