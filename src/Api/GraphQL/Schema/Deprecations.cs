using GraphQL.Types;
using GraphQL.Utilities;
using Messaging.Domain.Notifications;

namespace Messaging.Api.GraphQL.Schema;

/// <summary>
/// Says of what the layers below keep for the sake of what is stored that clients need not reckon with it. Members of
/// the API alone say so by <see cref="ObsoleteAttribute"/>.
/// </summary>
internal sealed class Deprecations : BaseSchemaNodeVisitor
{
    /// <inheritdoc/>
    public override void VisitEnumValue(EnumValueDefinition value, EnumerationGraphType type, ISchema schema)
    {
        if (value.Value is NotificationKind.StatusChanged)
            value.DeprecationReason = "Nothing makes it: nobody is told of a change of status.";
    }
}
