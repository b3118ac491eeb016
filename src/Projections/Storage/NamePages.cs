using Npgsql;

namespace Messaging.Projections.Storage;

/// <summary>Pages of lists that are sorted by name.</summary>
internal static class NamePages
{
    /// <summary>A page of a list that is sorted by name, then by id.</summary>
    /// <param name="list">The name its cursors are bound to.</param>
    /// <param name="select">The list, up to a condition of its <c>where</c>.</param>
    /// <param name="key">The sort key of a row.</param>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list.</exception>
    public static async Task<Page<T>> PageAsync<T>(
        NpgsqlDataSource database, string list, Sql select, PageRequest page, Func<NpgsqlDataReader, T> row,
        Func<T, (string Name, Guid Id)> key, CancellationToken cancellation)
    {
        var size = page.Size();
        var direction = Sql.Raw(page.Backward ? "desc" : "asc");
        var sql = Sql.Of(
            $"{select}{Bounds(list, page)} order by name_order {direction}, id {direction} limit {Sql.Number(size + 1)}"
        );
        var rows = await sql.ListAsync(database, row, cancellation);
        return Page<T>.Of(rows, page, r => Cursor.Of(list, key(r).Name, key(r).Id));
    }

    /// <summary>The conditions of a page's cursors.</summary>
    public static Sql Bounds(string list, PageRequest page)
    {
        var sql = Sql.Nothing;
        if (page.After is not null)
        {
            var after = Cursor.Name(list, page.After, "after");
            sql += $" and (name_order, id) > ({NameOrder.Of(after.Name)}, {after.Id})";
        }

        if (page.Before is not null)
        {
            var before = Cursor.Name(list, page.Before, "before");
            sql += $" and (name_order, id) < ({NameOrder.Of(before.Name)}, {before.Id})";
        }

        return sql;
    }
}
