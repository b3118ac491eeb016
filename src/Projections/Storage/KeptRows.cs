namespace Messaging.Projections.Storage;

/// <summary>
/// Triggers by which rows stay as they were written. Whoever owns a table may take its triggers off: they stop mistakes
/// and what somebody smuggles into a statement, and no owner.
/// </summary>
public static class KeptRows
{
    /// <summary>The trigger of each row that is changed or removed.</summary>
    public const string OfRow = "kept";

    /// <summary>The trigger of a table that is emptied at once.</summary>
    internal const string OfTable = "kept_whole";

    /// <summary>The end of a trigger's function: it refuses whatever was not let through before.</summary>
    internal const string Refuse =
        """
        raise exception using errcode = 'insufficient_privilege',
                message = format('%s is refused: what is in %s.%s was recorded, and stays as it is.', tg_op,
                    tg_table_schema, tg_table_name),
                hint = 'Only an erasure masks what somebody wrote: docs/audit.md.';
        """;

    /// <summary>The statements that give a table its triggers.</summary>
    internal static string Create(string table, string function) =>
        $"""
         create or replace trigger {OfRow} before update or delete on {table}
             for each row execute function {function}();
         create or replace trigger {OfTable} before truncate on {table}
             for each statement execute function {function}();
         alter table {table} enable trigger {OfRow}, enable trigger {OfTable};
         """;

    /// <summary>The statements that take a table's triggers off.</summary>
    internal static string Drop(string table) =>
        $"""
         drop trigger if exists {OfRow} on {table};
         drop trigger if exists {OfTable} on {table};
         """;

    /// <summary>The number of the triggers that tables have, as SQL: two of each.</summary>
    /// <param name="body">The body of the function that they call.</param>
    internal static string Count(string body, params ReadOnlySpan<string> tables) =>
        $"""
         (select count(*) from pg_trigger t join pg_proc f on f.oid = t.tgfoid and f.prosrc = $kept${body}$kept$
         where t.tgname in ('{OfRow}', '{OfTable}') and t.tgenabled = 'O'
             and t.tgrelid in ({string.Join(", ", tables.ToArray().Select(t => $"to_regclass('{t}')"))}))
         """;
}
