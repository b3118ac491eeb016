using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Organisation;

/// <summary>
/// Limits somebody of the office to some customers, or gives them all of them back; and gives an auditor a scope, or
/// takes it back. It counts for whatever is
/// committed later; the caller has to be an owner still when it is.
/// </summary>
/// <param name="Given">The customers; null for all of them.</param>
/// <param name="HandOverTo">
/// The administrator who is to take over what they are responsible for and lose; null for nobody. They have to be there
/// before anything happens; <see cref="Conversations.LostSight"/> does the rest.
/// </param>
[Stored("LimitAdministratorCommand")]
public sealed record LimitAdministratorCommand(
    Caller Caller, Guid Id, GivenCustomers? Given, Guid? HandOverTo = null) : Command(Caller)
{
    /// <summary>The scope; null when that of before stays.</summary>
    public AuditorScope? Scope { get; init; }

    /// <summary>True when the customers of before stay, whatever <see cref="Given"/> says.</summary>
    public bool KeepsCustomers { get; init; }

    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content)
    {
        Given.Describe(content.Add("Id", Id));
        if (HandOverTo is not null) content.Add("HandOverTo", HandOverTo);
        if (KeepsCustomers) content.Add("KeepsCustomers", KeepsCustomers);
        Scope.Describe(content);
    }

    internal override void Read(ReadSet reads)
    {
        reads.Stream(Id);
        if (HandOverTo is { } to) reads.Stream(to);
        Given.ReadCustomers(reads);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        work.HeldState<Administrator>(Caller.Actor.Id);
        if (!KeepsCustomers)
        {
            var limit = new LimitAccess(Given, id => work.State<Customer>(id) is not null, "access.");
            var decision = AdministratorDecider.Decide(limit, work.State<Administrator>(Id), Caller.Actor);
            if (work.Record(Id, decision) is { } refusal) return refusal;
        }

        if (Scope is { } scope)
        {
            var decision = AdministratorDecider.Decide(
                new ScopeAuditor(scope, work.Now), work.State<Administrator>(Id), Caller.Actor);
            if (work.Record(Id, decision) is { } refusal) return refusal;
            if (work.State<Administrator>(Id) is { Role: Role.Auditor } auditor) work.ScopeAccount(auditor);
        }

        if (NobodyTakesOver.Check(work, Id, HandOverTo) is { } nobody) return nobody;
        work.LimitAccount(Id, work.State<Administrator>(Id)!.Given is not null);
        return null;
    }
}

/// <summary>The customers that commands limit somebody to.</summary>
internal static class GivenInCommands
{
    /// <summary>Reads them, to know that there are such customers. Too many are refused without looking.</summary>
    public static void ReadCustomers(this GivenCustomers? given, ReadSet reads)
    {
        foreach (var id in (given?.Ids ?? []).Take(GivenCustomers.IdsMaximum)) reads.Stream(id);
    }

    /// <summary>Says a scope in a receipt; nothing where there is none.</summary>
    public static void Describe(this AuditorScope? scope, ReceiptContent content)
    {
        if (scope is null) return;
        content.Add("Until", scope.Until);
        if (!scope.WithNotes) content.Add("WithNotes", scope.WithNotes);
        if (scope.HasSpan) content.Add("From", scope.From).Add("To", scope.To);
    }

    /// <summary>Says them in a receipt; nothing where it is all customers.</summary>
    public static void Describe(this GivenCustomers? given, ReceiptContent content)
    {
        if (given is not null) content.Add("CustomerIds", given.Ids).Add("CustomerTags", given.Tags);
    }
}
