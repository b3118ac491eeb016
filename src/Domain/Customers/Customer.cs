using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Messaging.Domain.Customers;

/// <summary>
/// An event of a customer. Names and fields are a file format: they are upcast, never edited.
/// </summary>
public abstract record CustomerEvent;

/// <summary>The office has a new customer.</summary>
[Stored("customer_registered")]
public sealed record CustomerRegistered(string Name) : CustomerEvent;

/// <summary>The customer is called something else.</summary>
[Stored("customer_renamed")]
public sealed record CustomerRenamed(string Name) : CustomerEvent;

/// <summary>The office counts the customer under a number.</summary>
/// <param name="Number">The number, such as <c>10 245</c>; null when it has none any more.</param>
[Stored("customer_numbered")]
public sealed record CustomerNumbered(string? Number) : CustomerEvent;

/// <summary>The office notes something about the customer.</summary>
/// <param name="Notes">All of the notes; null when there are none any more.</param>
[Stored("customer_noted")]
public sealed record CustomerNoted(string? Notes) : CustomerEvent;

/// <summary>The customer was given a tag.</summary>
[Stored("customer_tagged")]
public sealed record CustomerTagged(string Tag) : CustomerEvent;

/// <summary>A tag was taken from the customer.</summary>
[Stored("customer_untagged")]
public sealed record CustomerUntagged(string Tag) : CustomerEvent;

/// <summary>Somebody is responsible for the customer's new conversations when nobody else is named.</summary>
/// <param name="AdministratorId">The administrator; null when it is nobody any more.</param>
[Stored("default_administrator_assigned")]
public sealed record DefaultAdministratorAssigned(Guid? AdministratorId) : CustomerEvent;

/// <summary>The mandate ends: from then on nobody writes, and both sides go on reading.</summary>
/// <param name="On">The day of the mandate's end, as the office named it.</param>
/// <param name="At">The beginning of that day in the office's time zone at the time of the event.</param>
[Stored("customer_ended")]
public sealed record CustomerEnded(DateOnly On, DateTimeOffset At) : CustomerEvent;

/// <summary>The mandate goes on.</summary>
[Stored("customer_resumed")]
public sealed record CustomerResumed : CustomerEvent;

/// <summary>Mails about the customer's conversations say no longer what was written.</summary>
[Stored("customer_mail_content_withheld")]
public sealed record CustomerMailContentWithheld : CustomerEvent;

/// <summary>Mails about the customer's conversations say again what was written.</summary>
[Stored("customer_mail_content_released")]
public sealed record CustomerMailContentReleased : CustomerEvent;

/// <summary>A legal hold is on: nothing of the customer goes, however long ago its terms ended.</summary>
/// <param name="Reason">Why, as an owner said it.</param>
[Stored("customer_held")]
public sealed record CustomerHeld(string Reason) : CustomerEvent;

/// <summary>The legal hold is off.</summary>
[Stored("customer_released")]
public sealed record CustomerReleased : CustomerEvent;

/// <summary>The write state of a customer of the office.</summary>
/// <param name="Id">The stream.</param>
/// <param name="Version">The number of events so far.</param>
public sealed record Customer(Guid Id, long Version, string Name)
{
    /// <summary>The number that the office counts it under.</summary>
    public string? Number { get; init; }

    /// <summary>SHA-256 of the notes, in hexadecimal: enough to tell whether they change.</summary>
    public string? NotesHash { get; init; }

    /// <summary>The tags, as they were given.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>The administrator of its new conversations.</summary>
    public Guid? DefaultAdministratorId { get; init; }

    /// <summary>The day of the mandate's end; null while it has none.</summary>
    public DateOnly? EndedOn { get; init; }

    /// <summary>The instant from which nobody writes; null while the mandate has no end.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>True when mails about its conversations do not say what was written.</summary>
    public bool MailsWithoutContent { get; init; }

    /// <summary>
    /// SHA-256 of the reason of the legal hold, as <see cref="NotesHash"/> is of the notes; null without a hold.
    /// </summary>
    public string? HoldHash { get; init; }

    /// <summary>True when nobody writes any more.</summary>
    public bool HasEnded(DateTimeOffset now) => EndsAt <= now;

    /// <summary>
    /// The state after one more event. Throws for nothing that has happened: what happened, happened.
    /// </summary>
    public static Customer? Evolve(Customer? state, Guid id, CustomerEvent @event)
    {
        if (@event is CustomerRegistered registered)
            return new Customer(id, (state?.Version ?? 0) + 1, registered.Name);
        if (state is null) return null;
        state = state with { Version = state.Version + 1 };
        return @event switch
        {
            CustomerRenamed e => state with { Name = e.Name },
            CustomerNumbered e => state with { Number = e.Number },
            CustomerNoted e => state with { NotesHash = HashOf(e.Notes) },
            CustomerTagged e => state with { Tags = state.Tags.Add(e.Tag) },
            CustomerUntagged e => state with { Tags = state.Tags.Remove(e.Tag) },
            DefaultAdministratorAssigned e => state with { DefaultAdministratorId = e.AdministratorId },
            CustomerEnded e => state with { EndedOn = e.On, EndsAt = e.At },
            CustomerResumed => state with { EndedOn = null, EndsAt = null },
            CustomerMailContentWithheld => state with { MailsWithoutContent = true },
            CustomerMailContentReleased => state with { MailsWithoutContent = false },
            CustomerHeld e => state with { HoldHash = HashOf(e.Reason) },
            CustomerReleased => state with { HoldHash = null },
            _ => throw new UnknownEventException(@event),
        };
    }

    /// <summary>As <see cref="NotesHash"/> has it.</summary>
    public static string? HashOf(string? text) =>
        text is null ? null : Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
