using System.Collections.Immutable;
using System.Text;
using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;

namespace Messaging.Domain.Customers;

/// <summary>A command to a customer. It carries what else the decision needs.</summary>
public abstract record CustomerCommand;

/// <summary>Registers a customer.</summary>
public sealed record RegisterCustomer(string Name) : CustomerCommand;

/// <summary>Changes what the office keeps about a customer; null leaves it as it is.</summary>
/// <param name="Number">Empty takes the number away.</param>
/// <param name="NumberIsTaken">True when another customer of the office has the number.</param>
/// <param name="Notes">Empty takes the notes away.</param>
/// <param name="Tags">All tags that it shall have; empty takes all of them away.</param>
public sealed record UpdateCustomer(
    string? Name, string? Number, bool NumberIsTaken, string? Notes, ImmutableArray<string>? Tags) : CustomerCommand
{
    /// <summary>True: mails about its conversations do not say what was written.</summary>
    public bool? MailsWithoutContent { get; init; }
}

/// <summary>Makes an administrator responsible for the customer's new conversations, or nobody.</summary>
/// <param name="Administrator">The administrator asked for; null when there is none of that id.</param>
public sealed record AssignDefaultAdministrator(Guid? AdministratorId, Administrator? Administrator) : CustomerCommand;

/// <summary>Ends the mandate.</summary>
/// <param name="On">The day of its end: past, today or still to come.</param>
/// <param name="At">The beginning of that day in the office's time zone.</param>
public sealed record EndCustomer(DateOnly On, DateTimeOffset At) : CustomerCommand;

/// <summary>Goes on with a mandate that has an end.</summary>
public sealed record ResumeCustomer : CustomerCommand;

/// <summary>Puts a legal hold on, or gives the one that is on another reason.</summary>
/// <param name="Reason">Why.</param>
public sealed record HoldCustomer(string Reason) : CustomerCommand;

/// <summary>Takes the legal hold off; without one it is nothing.</summary>
public sealed record ReleaseCustomer : CustomerCommand;

/// <summary>Decides customer commands.</summary>
public static class CustomerDecider
{
    /// <summary>The longest name, in characters.</summary>
    public const int NameMaximum = 200;

    /// <summary>The longest number, in characters.</summary>
    public const int NumberMaximum = 40;

    /// <summary>The longest notes, in characters.</summary>
    public const int NotesMaximum = 5_000;

    /// <summary>The most tags of a customer.</summary>
    public const int TagsMaximum = 20;

    /// <summary>The longest tag, in characters.</summary>
    public const int TagMaximum = 40;

    /// <summary>The longest reason of a legal hold, in characters.</summary>
    public const int HoldReasonMaximum = 1_000;

    /// <summary>The earliest day of a mandate's end.</summary>
    public static readonly DateOnly Earliest = new(1900, 1, 1);

    /// <summary>The latest day of a mandate's end.</summary>
    public static readonly DateOnly Latest = new(2199, 12, 31);

    /// <summary>Numbers and tags of one key are the same, whatever their case and form of letters.</summary>
    public static string KeyOf(string text) =>
        Text.Normalized(text.Trim(), NormalizationForm.FormKC).ToUpperInvariant();

    /// <summary>Answers a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="state">The customer so far; null when there is none.</param>
    /// <param name="actor">The actor who gives the command.</param>
    public static Decision<CustomerEvent> Decide(CustomerCommand command, Customer? state, Actor actor)
    {
        if (actor is not (Actor.Administrator or Actor.System)) return new OnlyAdministratorsChangeCustomers();
        if (command is HoldCustomer or ReleaseCustomer && actor is not Actor.Administrator { IsOwner: true })
            return new OnlyOwnersHoldCustomers();
        if (command is HoldCustomer hold && Text.Check(hold.Reason, "reason", HoldReasonMaximum) is { } reason)
            return reason;
        if (command is RegisterCustomer register) return Register(register, state, actor);
        if (command is UpdateCustomer update && Check(update, state) is { } text) return text;
        if (state is null) return new CustomerNotFound("id");
        return command switch
        {
            UpdateCustomer c => Update(c, state, actor),
            AssignDefaultAdministrator c => Assign(c, state),
            EndCustomer c => End(c, state),
            ResumeCustomer => state.EndedOn is null
                ? Domain.Decide.Accept<CustomerEvent>()
                : Domain.Decide.Accept<CustomerEvent>(new CustomerResumed()),
            HoldCustomer c => Customer.HashOf(c.Reason) == state.HoldHash
                ? Domain.Decide.Accept<CustomerEvent>()
                : Domain.Decide.Accept<CustomerEvent>(new CustomerHeld(c.Reason)),
            ReleaseCustomer => state.HoldHash is null
                ? Domain.Decide.Accept<CustomerEvent>()
                : Domain.Decide.Accept<CustomerEvent>(new CustomerReleased()),
            _ => throw new ArgumentOutOfRangeException(nameof(command), command, "An unknown command."),
        };
    }

    private static Decision<CustomerEvent> Register(RegisterCustomer c, Customer? state, Actor actor)
    {
        if (actor is Actor.Administrator { Given: not null })
            return new LimitedAdministratorsChangeNoAccess(
                "You see some of the customers only: somebody who sees all of them registers new ones.");
        if (state is not null) return new CustomerExists();
        if (Messaging.Domain.Name.CheckCompany(c.Name, "name", NameMaximum) is { } name) return name;
        return Domain.Decide.Accept<CustomerEvent>(new CustomerRegistered(c.Name));
    }

    private static Decision<CustomerEvent> Update(UpdateCustomer c, Customer state, Actor actor)
    {
        var events = ImmutableArray.CreateBuilder<CustomerEvent>();
        if (c.Name is { } name && name != state.Name) events.Add(new CustomerRenamed(name));
        if (c.Number is not null && Given(c.Number.Trim()) is var number && number != state.Number)
        {
            if (number is not null && c.NumberIsTaken) return new CustomerNumberIsTaken();
            events.Add(new CustomerNumbered(number));
        }

        if (c.Notes is not null && Given(c.Notes) is var notes && Customer.HashOf(notes) != state.NotesHash)
            events.Add(new CustomerNoted(notes));
        if (c.MailsWithoutContent is { } without && without != state.MailsWithoutContent)
            events.Add(without ? new CustomerMailContentWithheld() : new CustomerMailContentReleased());
        if (c.Tags is not { } given) return new Decision<CustomerEvent>.Accepted(events.ToImmutable());
        var tags = given.Select(t => t.Trim()).DistinctBy(KeyOf).ToImmutableArray();
        if (actor is Actor.Administrator { Given: not null } && !state.Tags.ToHashSet().SetEquals(tags))
            return new LimitedAdministratorsChangeNoAccess(
                "Tags of customers decide who sees them: somebody who sees all customers changes them.", "tags");
        events.AddRange(state.Tags.Except(tags).Select(t => new CustomerUntagged(t)));
        events.AddRange(tags.Except(state.Tags).Select(t => new CustomerTagged(t)));
        return new Decision<CustomerEvent>.Accepted(events.ToImmutable());
    }

    private static Refusal? Check(UpdateCustomer c, Customer? state)
    {
        if (c.Name is { } name && name != state?.Name
            && Messaging.Domain.Name.CheckCompany(name, "name", NameMaximum) is { } named)
            return named;
        if (Given(c.Number?.Trim() ?? "") is { } number
            && Text.CheckLine(number, "number", NumberMaximum) is { } numbered)
            return numbered;
        if (Given(c.Notes ?? "") is { } notes && Text.Check(notes, "notes", NotesMaximum) is { } noted) return noted;
        return c.Tags is { } tags ? CheckTags(tags) : null;
    }

    private static Decision<CustomerEvent> Assign(AssignDefaultAdministrator c, Customer state)
    {
        if (c.AdministratorId == state.DefaultAdministratorId) return Domain.Decide.Accept<CustomerEvent>();
        if (c.AdministratorId is not null)
        {
            if (c.Administrator is null or { Role: Role.Auditor } or { IsServiceAccount: true })
                return new AdministratorNotFound("administratorId");
            if (!c.Administrator.Active) return new AdministratorIsDeactivated("administratorId");
            if (!c.Administrator.MaySee(state)) return new AdministratorDoesNotSeeCustomer("administratorId");
        }

        return Domain.Decide.Accept<CustomerEvent>(new DefaultAdministratorAssigned(c.AdministratorId));
    }

    private static Decision<CustomerEvent> End(EndCustomer c, Customer state)
    {
        if (c.On < Earliest || c.On > Latest) return new EndOfMandateIsOutOfRange();
        return c.On == state.EndedOn
            ? Domain.Decide.Accept<CustomerEvent>()
            : Domain.Decide.Accept<CustomerEvent>(new CustomerEnded(c.On, c.At));
    }

    private static Refusal? CheckTags(ImmutableArray<string> tags)
    {
        if (tags.Length > TagsMaximum) return new TooManyTags();
        for (var i = 0; i < tags.Length; i++)
        {
            if (Text.CheckLine(tags[i], $"tags.{i}", TagMaximum) is { } refusal) return refusal;
        }

        return null;
    }

    private static string? Given(string text) => text.Length == 0 ? null : text;
}

/// <summary>Customers are the administrators' to change.</summary>
public sealed record OnlyAdministratorsChangeCustomers()
    : Refusal(RefusalKind.Forbidden, "Only administrators may register customers and invite their contacts.");

/// <summary>A legal hold decides on what may be erased, as owners do.</summary>
public sealed record OnlyOwnersHoldCustomers()
    : Refusal(RefusalKind.Forbidden, "Only an owner puts a legal hold on a customer, or takes it off.");

/// <summary>The id names a customer already.</summary>
public sealed record CustomerExists() : Refusal(RefusalKind.Conflict, "This id is used by another customer.", "id");

/// <summary>Another customer of the office has the number.</summary>
public sealed record CustomerNumberIsTaken()
    : Refusal(RefusalKind.Conflict, "Another customer of the office has this number.", "number");

/// <summary>More tags than a customer may have.</summary>
public sealed record TooManyTags()
    : Refusal(
        RefusalKind.TooLarge, $"A customer may have at most {CustomerDecider.TagsMaximum} tags.", "tags");

/// <summary>A day that no mandate ends on.</summary>
public sealed record EndOfMandateIsOutOfRange()
    : Refusal(RefusalKind.Invalid, "on must be a day from 1900-01-01 to 2199-12-31.", "on");

/// <summary>The mandate has ended: nobody writes any more.</summary>
public sealed record CustomerHasEnded(string? Field = null)
    : Refusal(
        RefusalKind.Forbidden, "The mandate of this customer has ended: it can be read, and nobody writes any more.",
        Field, RefusalReason.CustomerHasEnded);
