namespace Messaging.Application.Notifications;

/// <summary>The port to copies of mails that this node has beside the database.</summary>
public interface IMailCopies
{
    /// <summary>Removes the copies of mails; does nothing where there are none.</summary>
    /// <param name="mails">The deliveries that they were sent for.</param>
    void Remove(IReadOnlySet<Guid> mails);
}
