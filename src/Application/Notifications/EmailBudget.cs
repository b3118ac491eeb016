namespace Messaging.Application.Notifications;

/// <summary>
/// How many e-mails about conversations go to one address. What is beyond is not lost: it waits, and goes together in
/// one e-mail that lists it. Counted in the ledger, under a lock for the address, so that it holds over restarts and
/// nodes. Invitations have limits of their own.
/// </summary>
/// <param name="AtOnce">That one sender may cause to one address within <paramref name="Window"/>.</param>
/// <param name="Window">How long what is beyond waits after the latest of them.</param>
/// <param name="PerSender">That one sender may cause to one address within an hour.</param>
/// <param name="PerRecipient">To one address within an hour, whoever causes them.</param>
/// <param name="Pause">
/// How long what is beyond the limits of an hour waits after the latest e-mail to the address.
/// </param>
public sealed record EmailBudget(int AtOnce, TimeSpan Window, int PerSender, int PerRecipient, TimeSpan Pause)
{
    /// <summary>What is used where nothing is configured.</summary>
    public static EmailBudget Default { get; } = new(10, TimeSpan.FromMinutes(2), 30, 100, TimeSpan.FromMinutes(10));
}
