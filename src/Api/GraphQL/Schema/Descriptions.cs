using GraphQL.Types;
using GraphQL.Utilities;

namespace Messaging.Api.GraphQL.Schema;

/// <summary>
/// Puts each description into one line: a docstring, which it comes from, breaks its lines for those who read the code.
/// </summary>
internal sealed class Descriptions : BaseSchemaNodeVisitor
{
    /// <inheritdoc/>
    public override void VisitObject(IObjectGraphType type, ISchema schema) => InOneLine(type);

    /// <inheritdoc/>
    public override void VisitInputObject(IInputObjectGraphType type, ISchema schema) => InOneLine(type);

    /// <inheritdoc/>
    public override void VisitInterface(IInterfaceGraphType type, ISchema schema) => InOneLine(type);

    /// <inheritdoc/>
    public override void VisitUnion(UnionGraphType type, ISchema schema) => InOneLine(type);

    /// <inheritdoc/>
    public override void VisitScalar(ScalarGraphType type, ISchema schema) => InOneLine(type);

    /// <inheritdoc/>
    public override void VisitEnum(EnumerationGraphType type, ISchema schema) => InOneLine(type);

    /// <inheritdoc/>
    public override void VisitEnumValue(EnumValueDefinition value, EnumerationGraphType type, ISchema schema) =>
        InOneLine(value);

    /// <inheritdoc/>
    public override void VisitDirective(Directive type, ISchema schema) => InOneLine(type);

    /// <inheritdoc/>
    public override void VisitDirectiveArgumentDefinition(QueryArgument argument, Directive type, ISchema schema) =>
        InOneLine(argument);

    /// <inheritdoc/>
    public override void VisitObjectFieldDefinition(FieldType field, IObjectGraphType type, ISchema schema) =>
        InOneLine(field);

    /// <inheritdoc/>
    public override void VisitObjectFieldArgumentDefinition(
        QueryArgument argument, FieldType field, IObjectGraphType type, ISchema schema) => InOneLine(argument);

    /// <inheritdoc/>
    public override void VisitInputObjectFieldDefinition(FieldType field, IInputObjectGraphType type, ISchema schema) =>
        InOneLine(field);

    /// <inheritdoc/>
    public override void VisitInterfaceFieldDefinition(FieldType field, IInterfaceGraphType type, ISchema schema) =>
        InOneLine(field);

    private static void InOneLine(IProvideDescription described)
    {
        if (described.Description is { } text)
            described.Description = string.Join(
                ' ', text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
    }
}
