using GraphQL.Types;
using GraphQL.Utilities;
using Messaging.Api.GraphQL.Transport;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Schema;

/// <summary>
/// Describes the arguments that mean the same wherever they are, and says how long they may be; all others have
/// docstrings and limits of their own.
/// </summary>
internal sealed class CommonArguments : BaseSchemaNodeVisitor
{
    /// <inheritdoc/>
    public override void VisitObjectFieldArgumentDefinition(
        QueryArgument argument, FieldType field, IObjectGraphType type, ISchema schema)
    {
        if (argument.Name is "after" or "before") new Limit(PageRequest.CursorMaximum).State(argument);
        argument.Description ??= argument.Name switch
        {
            "first" =>
                "The number of items to list from the start, or after the cursor 'after': 0 to 200, 50 by default. Not "
                    + "together with 'last'.",
            "after" => "The cursor to continue after, such as pageInfo.endCursor of the page before.",
            "last" =>
                "The number of items to list from the end, or before the cursor 'before': 0 to 200. Not together "
                    + "with 'first'.",
            "before" => "The cursor to list up to, such as pageInfo.startCursor of the page after.",
            "filter" =>
                "The conditions for conversations to be listed or counted; by default all that the viewer may see.",
            "input" => "The details. The path of an error in the answer points into it.",
            _ => null,
        };
    }
}
