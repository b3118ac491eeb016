namespace Messaging.Application.Notifications;

/// <summary>
/// Limits on the e-mails about conversations to one address. News beyond them is not lost: it waits and goes together
/// in one e-mail that lists it. What follows the first in a conversation waits as well, not to be beyond them. Counted
/// in the ledger, under a lock for the address, so that it holds over restarts and nodes. Invitations have limits of
/// their own.
/// </summary>
/// <param name="AtOnce">E-mails that one sender may cause to one address within <paramref name="Window"/>.</param>
/// <param name="Window">Wait of news beyond that, after the latest of them.</param>
/// <param name="PerSender">E-mails that one sender may cause to one address within an hour.</param>
/// <param name="PerRecipient">E-mails to one address within an hour, from all senders.</param>
/// <param name="Pause">
/// Wait of news beyond the hourly limits, after the latest e-mail to the address.
/// </param>
/// <param name="Bundle">
/// Time after an e-mail that went at once within which news of the same conversation to the same recipient waits, to go
/// together in one when it is over. Zero: none does.
/// </param>
public sealed record EmailBudget(
    int AtOnce, TimeSpan Window, int PerSender, int PerRecipient, TimeSpan Pause, TimeSpan Bundle)
{
    /// <summary>The limits when nothing is configured.</summary>
    public static EmailBudget Default { get; } = new(
        10, TimeSpan.FromMinutes(2), 30, 100, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(2));
}
