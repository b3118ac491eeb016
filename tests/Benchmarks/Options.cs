namespace Messaging.Benchmarks;

/// <summary>What to measure, and for how long.</summary>
/// <param name="Only">Some of <see cref="All"/>.</param>
/// <param name="Rounds">How often product and baseline take turns; the median counts.</param>
/// <param name="Each">How long one turn lasts: not long, since the speed of a virtual machine changes with its
/// neighbours.</param>
internal sealed record Options(
    IReadOnlySet<string> Only, int Rounds, TimeSpan Each, TimeSpan WarmUp, int Conversations, int GrowthSamples,
    string Output)
{
    public const string Start = "start";
    public const string AddComment = "addComment";
    public const string Page = "page";
    public const string Growth = "growth";
    public const string Subscribers = "subscribers";
    public const string Log = "log";
    public const string Tree = "tree";

    public const string Usage =
        """
        Usage: [--quick] [--only addComment|page|growth|start|subscribers|log|tree]… [--output <file>]
        Measures the product against a minimal server on the same PostgreSQL (of tree: against itself while nobody adds
        to the tree that proves events), prints a table and writes the figures as JSON.
        """;

    public static readonly IReadOnlyList<string> All = [Start, AddComment, Tree, Page, Growth, Subscribers, Log];

    /// <returns>Null when the arguments cannot be understood.</returns>
    public static Options? Parse(string[] arguments)
    {
        var quick = false;
        var only = new HashSet<string>();
        var output = Path.GetFullPath(Path.Combine("artifacts", "bench.json"));
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--quick":
                    quick = true;
                    break;
                case "--only" when i + 1 < arguments.Length && All.Contains(arguments[i + 1]):
                    only.Add(arguments[++i]);
                    break;
                case "--output" when i + 1 < arguments.Length:
                    output = Path.GetFullPath(arguments[++i]);
                    break;
                default:
                    return null;
            }
        }

        if (only.Count == 0) only.UnionWith(All);
        return quick
            ? new Options(only, 1, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2), 200, 100, output)
            : new Options(only, 9, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5), 2_000, 400, output);
    }
}
