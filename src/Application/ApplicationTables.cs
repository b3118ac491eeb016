using Marten;
using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.Customers;
using Messaging.Application.Customers.Import;
using Messaging.Application.Files;
using Messaging.Application.History;
using Messaging.Application.Notifications;
using Messaging.Application.Notifications.Inbound;
using Messaging.Application.Notifications.Push;

namespace Messaging.Application;

/// <summary>The tables that commands read and write beside the events.</summary>
public static class ApplicationTables
{
    /// <summary>Makes the store create them.</summary>
    public static void AddApplicationTables(this StoreOptions options) =>
        options.Storage.ExtendedSchemaObjects.AddRange([
            CommandTables.Snapshots, CommandTables.Receipts, CommandTables.Raise, UploadTable.Uploads,
            FileUsageTable.FileUsage, CustomerNumbers.Table, ImportTables.Imports, ImportTables.Lines,
            AccountTables.Accounts, AccountTables.Invitations, AccountTables.Sessions, AccountTables.ApiTokens,
            AccountTables.PasswordResets, AccountTables.EmailChanges, AccountTables.Asked, AccountTables.IssuerLinks,
            AccountTables.ClosedOrganisations, AccountTables.SecondFactors, AccountTables.RecoveryCodes,
            AccountTables.SecondFactorRequirements, AccountTables.SignInChallenges, DeliveryTable.Deliveries,
            DeliveryTable.MailProblems, DeliveryTable.Restores, WeeklyMails.Table,
            CheckpointMails.Table, NodeMailKinds.Table, SentMails.Table, PushTable.Subscriptions,
            SharedTable.Shared, InboundTable.Mailboxes, InboundTable.Mails,
            AuditTables.Progress, AuditTables.Trees, AuditTables.Leaves, AuditTables.Nodes, AuditTables.Subjects,
            AuditTables.Salts, AuditTables.Sweeps, AccountTables.Erasures, new KeptTree(), new SessionsEndWithAccess()
        ]);
}
