using Messaging.Api.Operating;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>
/// The organisations of <see cref="DemoData"/>, whose password anybody can read in this repository: open in
/// Development, closed everywhere else, whatever database they are in. They are known by their ids, which no other
/// organisation can have: those of version 7 (RFC 9562) begin with the time.
/// </summary>
/// <param name="areOpen">True in Development.</param>
public sealed partial class DemoOrganisations(
    bool areOpen, NpgsqlDataSource database, ILogger<DemoOrganisations> logger)
{
    /// <summary>Prefix of their ids, and of all other ids of the demo data: January 1st, 1970, at midnight.</summary>
    public const string Prefix = "00000000-0000-7000-8000-";

    /// <summary>True when nobody may come in, by whatever password or token.</summary>
    public bool IsClosed(string tenantId) => !areOpen && tenantId.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Logs how to remove them, where there are some and they are closed.</summary>
    public async Task TellAsync(CancellationToken cancellation)
    {
        if (areOpen)
            return;
        await using var command = database.CreateCommand(
            "select count(*) from messaging.organisations where tenant_id like $1");
        command.Parameters.Add(new() { Value = $"{Prefix}%" });
        if (await command.ExecuteScalarAsync(cancellation) is long count and > 0) LogClosed(count, RemoveDemoData.Name);
    }

    /// <summary>Removes them, with all that is theirs, from every table.</summary>
    /// <returns>The ids of their files, and how many rows there were.</returns>
    public async Task<(IReadOnlyList<Guid> Files, long Rows)> RemoveAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var command = Command("select to_regclass('messaging.uploads') is null and $1 <> ''"))
        {
            if (await command.ExecuteScalarAsync(cancellation) is true) return ([], 0);
        }

        var files = new List<Guid>();
        await using (var command = Command("select id from messaging.uploads where tenant_id like $1"))
        await using (var reader = await command.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation)) files.Add(reader.GetGuid(0));
        }

        var tables = new List<string>();
        await using (var command = Command(
            """
            select quote_ident(c.table_name) from information_schema.columns c
            join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
                and t.table_type = 'BASE TABLE'
            where c.table_schema = 'messaging' and c.column_name = 'tenant_id' and $1 <> '' order by c.table_name
            """))
        await using (var reader = await command.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation)) tables.Add(reader.GetString(0));
        }

        var rows = 0L;
        foreach (var table in (string[])["second_factors", "recovery_codes"])
        {
#pragma warning disable CA2100 // One of two.
            await using var command = Command(
                $"""
                delete from messaging.{table} f
                where exists (select from messaging.accounts a
                        where a.identity_id = f.identity_id and a.tenant_id like $1)
                    and not exists (select from messaging.accounts a
                        where a.identity_id = f.identity_id and a.tenant_id not like $1)
                """);
#pragma warning restore CA2100
            rows += await command.ExecuteNonQueryAsync(cancellation);
        }

        // What was recorded is kept from its owner, too, who may say otherwise: nobody relies on the log of a demo.
        var kept = new List<string>();
        await using (var command = Command(
            $"""
            select quote_ident(c.relname) from pg_class c
            where c.relnamespace = to_regnamespace('messaging') and $1 <> '' and exists (
                select from pg_trigger t where t.tgrelid = c.oid and t.tgname = '{KeptRows.OfRow}')
            order by c.relname
            """))
        await using (var reader = await command.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation)) kept.Add(reader.GetString(0));
        }

        await KeepAsync("disable");

        // By their names, events come before the streams that they refer to.
        foreach (var table in tables)
        {
#pragma warning disable CA2100 // The name is the database's own, quoted by it.
            await using var command = Command($"delete from messaging.{table} where tenant_id like $1");
#pragma warning restore CA2100
            rows += await command.ExecuteNonQueryAsync(cancellation);
        }

        await KeepAsync("enable");
        await transaction.CommitAsync(cancellation);
        return (files, rows);

        async Task KeepAsync(string how)
        {
            foreach (var table in kept)
            {
#pragma warning disable CA2100 // As above.
                await using var command = new NpgsqlCommand(
                    $"alter table messaging.{table} {how} trigger {KeptRows.OfRow}", connection, transaction);
#pragma warning restore CA2100
                await command.ExecuteNonQueryAsync(cancellation);
            }
        }

        NpgsqlCommand Command(string sql)
        {
            var command = new NpgsqlCommand(sql, connection, transaction);
            command.Parameters.Add(new() { Value = $"{Prefix}%" });
            return command;
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The database has {Count} demo organisations. Nobody can sign in there but in Development; 'dotnet "
            + "Messaging.Api.dll {Command}' removes them"
    )]
    private partial void LogClosed(long count, string command);
}
