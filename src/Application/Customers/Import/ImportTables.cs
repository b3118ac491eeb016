using Weasel.Postgresql.Tables;

namespace Messaging.Application.Customers.Import;

/// <summary>
/// Imports and the lines of their files. They are work, no history: what happened to customers is in events. Whole
/// imports go after <see cref="CustomerImports.Kept"/>, since lines have names and addresses.
/// </summary>
internal static class ImportTables
{
    public static readonly Table Imports = CreateImports();

    public static readonly Table Lines = CreateLines();

    private static Table CreateImports()
    {
        var table = new Table("messaging.customer_imports");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("id").AsPrimaryKey();
        table.AddColumn<string>("state").NotNull();
        table.AddColumn<Guid>("file_id").NotNull();
        table.AddColumn<string>("file_name").NotNull();
        table.AddColumn("created_at", "timestamptz").NotNull();
        table.AddColumn<Guid>("created_by").NotNull();

        // The reading of the file: its encoding, its separator, and its header.
        table.AddColumn<string>("encoding");
        table.AddColumn<string>("separator");
        table.AddColumn("header", "text[]").NotNull().DefaultValueByExpression("'{}'::text[]");

        // The reason why nothing can be done with the whole file.
        table.AddColumn<string>("problem");
        table.AddColumn<int>("problem_line");

        // The lines that were read, checked or carried out, depending on the state.
        table.AddColumn<int>("progress").NotNull().DefaultValueByExpression("0");
        table.AddColumn<int>("line_count").NotNull().DefaultValueByExpression("0");
        table.AddColumn<int>("created_count").NotNull().DefaultValueByExpression("0");
        table.AddColumn<int>("changed_count").NotNull().DefaultValueByExpression("0");
        table.AddColumn<int>("unchanged_count").NotNull().DefaultValueByExpression("0");
        table.AddColumn<int>("refused_count").NotNull().DefaultValueByExpression("0");
        table.AddColumn<int>("contact_count").NotNull().DefaultValueByExpression("0");
        table.AddColumn<int>("invited_count").NotNull().DefaultValueByExpression("0");

        // SHA-256 of what the dry run said of each line, in hexadecimal.
        table.AddColumn<string>("digest");
        table.AddColumn<Guid>("started_by");
        table.AddColumn("done_at", "timestamptz");
        table.AddColumn<Guid>("invited_by");

        // The instant at which there is work on it; null while there is none. A node takes it by a lease.
        table.AddColumn("due_at", "timestamptz");
        table.AddColumn<Guid>("lease");
        table.Indexes.Add(new IndexDefinition("customer_imports_due")
        {
            Columns = ["due_at"],
            Predicate = "(due_at IS NOT NULL)",
        });
        return table;
    }

    private static Table CreateLines()
    {
        var table = new Table("messaging.customer_import_lines");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("import_id").AsPrimaryKey();

        // The number of the line in the file, from 1; of a line with breaks in quotes, the first.
        table.AddColumn<int>("line").AsPrimaryKey();

        // The cells, as a JSON array of texts.
        table.AddColumn<string>("cells").NotNull();
        table.AddColumn<string>("outcome");
        table.AddColumn("changes", "text[]").NotNull().DefaultValueByExpression("'{}'::text[]");
        table.AddColumn("notes", "text[]").NotNull().DefaultValueByExpression("'{}'::text[]");
        table.AddColumn("new_contacts", "integer[]").NotNull().DefaultValueByExpression("'{}'::integer[]");
        table.AddColumn<Guid>("customer_id");

        // The refusal: its name, the field to blame, and the sentence.
        table.AddColumn<string>("reason");
        table.AddColumn<string>("field");
        table.AddColumn<string>("message");
        table.AddColumn<bool>("done").NotNull().DefaultValueByExpression("false");
        table.AddColumn<bool>("invited").NotNull().DefaultValueByExpression("false");
        table.Indexes.Add(new IndexDefinition("customer_import_lines_outcome")
        {
            Columns = ["tenant_id", "import_id", "outcome", "line"],
        });
        return table;
    }
}
