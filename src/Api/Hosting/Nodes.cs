namespace Messaging.Api.Hosting;

/// <summary>Reads whether the product is one process, or several on one database (<c>Messaging:Nodes</c>).</summary>
internal static class Nodes
{
    /// <summary>True when there may be others: the setting is <c>several</c>, not <c>one</c> (the default).</summary>
    /// <exception cref="InvalidOperationException">It is something else.</exception>
    public static bool AreNodesSeveral(this IConfiguration configuration) =>
        configuration["Messaging:Nodes"] switch
        {
            null or "" or "one" => false,
            "several" => true,
            var other => throw new InvalidOperationException(
                $"The setting Messaging:Nodes is '{other}'; it is one or several."),
        };
}
