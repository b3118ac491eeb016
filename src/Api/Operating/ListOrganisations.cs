using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Messaging.Api.Operating;

/// <summary>Lists the organisations of an installation, the oldest first.</summary>
internal static class ListOrganisations
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private static readonly Option<bool> s_asJson = new("--json")
    {
        Description = "Writes an array of objects, for programs",
    };

    /// <summary>The command.</summary>
    public static Command Command() =>
        CommandLine.Create(
            "list-organisations",
            "Lists the organisations, also while the product runs: id, whether it is active, people of the office, "
                + "contacts, customers, conversations, name",
            RunAsync,
            s_asJson
        );

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        await using var installation = await Installation.OpenAsync(parsed.UnmatchedTokens, cancellation);
        await using var turn = await installation.PrepareAsync(cancellation);
        var rows = await ListAsync(installation, cancellation);
        if (parsed.GetValue(s_asJson))
        {
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(rows, s_json));
            return CommandLine.Done;
        }

        if (rows.Count == 0)
        {
            await Console.Out.WriteLineAsync("There are no organisations.");
            return CommandLine.Done;
        }

        await Console.Out.WriteLineAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{"ID",-36}  {"STATE",-11}  {"OFFICE",6}  {"CONTACTS",8}  {"CUSTOMERS",9}  {"CONVERSATIONS",13}  "
                    + $"NAME"));
        foreach (var row in rows)
        {
            await Console.Out.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{row.Id}  {row.State,-11}  {row.Office,6}  {row.Contacts,8}  {row.Customers,9}  "
                        + $"{row.Conversations,13}  {row.Name}"));
        }

        return CommandLine.Done;
    }

    private static async Task<IReadOnlyList<Row>> ListAsync(Installation installation, CancellationToken cancellation)
    {
        await using var command = installation.Database.CreateCommand(
            """
            select o.tenant_id, o.name, exists (
                    select from messaging.closed_organisations c where c.tenant_id = o.tenant_id),
                (select count(*) from messaging.administrators a
                    where a.tenant_id = o.tenant_id and a.active and a.email <> ''),
                (select count(*) from messaging.contacts c where c.tenant_id = o.tenant_id and c.active),
                (select count(*) from messaging.customers c where c.tenant_id = o.tenant_id),
                (select count(*) from messaging.conversations c where c.tenant_id = o.tenant_id)
            from messaging.organisations o order by o.tenant_id
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<Row>();
        while (await reader.ReadAsync(cancellation))
        {
            rows.Add(
                new Row(
                    reader.GetString(0), reader.GetString(1), reader.GetBoolean(2) ? "deactivated" : "active",
                    reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6)));
        }

        return rows;
    }

    private sealed record Row(
        string Id, string Name, string State, long Office, long Contacts, long Customers, long Conversations);
}
