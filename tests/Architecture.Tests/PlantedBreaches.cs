using Marten;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Npgsql;

namespace Messaging.Architecture.Tests;

// What the rules forbid. Each rule must find its breach here; no breach is ever run.
#pragma warning disable CA1812, CA1852, CA1024

internal sealed class PlantedRepository
{
    public static async Task AppendAsync(IDocumentSession session)
    {
        await Task.Yield();
        session.Events.Append(Guid.Empty, new AdminsNotified(Guid.Empty));
    }
}

internal static class PlantedSql
{
    public static string Text() =>
        "insert into messaging.mt_events (seq_id) values (1); select from messaging.planted";

    public static NpgsqlBatchCommand Statement() => new("select $1");
}

internal static class PlantedQueries
{
    public static string Ids(Caller caller) => $"select id from messaging.conversations where x = {caller.TenantId}";
}

internal static class PlantedReader
{
    public static object Subject(NpgsqlDataReader reader) => reader["subject"];
}

internal record PlantedEvent(Guid Id) : ConversationEvent
{
    public string? Note { get; set; }
}

internal record PlantedRefusal() : Refusal(RefusalKind.Invalid, "");

internal static class PlantedDecider
{
    private static Guid s_last = Guid.NewGuid();

    public static Guid Decide() => s_last = DateTimeOffset.UtcNow.Year > 0 ? s_last : Guid.Empty;
}

internal static class PlantedSwitch
{
    public static int Of(ConversationEvent @event) =>
        @event switch
        {
            ConversationCreated => 1,
            CommentAdded => 2,
            StatusChanged => 3,
            _ => 0,
        };
}

internal enum PlantedEnum
{
    Stored,
}
