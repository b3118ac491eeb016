using GraphQL;
using GraphQL.Types;
using GraphQL.Utilities;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Finds the limit of everything that can be given when the schema is built, and writes it into the schema. Whatever a
/// stranger may choose the size of has one: where none is stated the product does not start.
/// <list type="bullet">
/// <item>A text states its own: <see cref="LimitAttribute"/>.</item>
/// <item>An id has <see cref="IdCharacters"/>, a list <see cref="ListItems"/>, unless they state another.</item>
/// <item>
/// A scalar states that of its values, wherever they are, and a list of them says it again: <see cref="ILimited"/>.
/// </item>
/// <item>Numbers, truth values and enums are small by themselves.</item>
/// </list>
/// </summary>
public sealed class LimitRules : BaseSchemaNodeVisitor
{
    /// <summary>
    /// The most characters of an id. One of ours is a UUID; what is none is unknown, as long as it is not too long to
    /// be looked at.
    /// </summary>
    public const int IdCharacters = 100;

    /// <summary>The most items of a list.</summary>
    public const int ListItems = 200;

    /// <inheritdoc/>
    public override void VisitScalar(ScalarGraphType type, ISchema schema)
    {
        if (type is not ILimited { Limit: var limit }) return;
        Apply(type, limit);
        type.Description = $"{type.Description} {limit.Sentence}";
    }

    /// <inheritdoc/>
    public override void VisitObjectFieldArgumentDefinition(
        QueryArgument argument, FieldType field, IObjectGraphType type, ISchema schema)
    {
        if (!IsOfTheSchema(type))
            State(argument, argument, argument.ResolvedType!, $"{type.Name}.{field.Name}({argument.Name})");
    }

    /// <inheritdoc/>
    public override void VisitInputObjectFieldDefinition(FieldType field, IInputObjectGraphType type, ISchema schema) =>
        State(field, field, field.ResolvedType!, $"{type.Name}.{field.Name}");

    private static bool IsOfTheSchema(IGraphType type) => type.Name.StartsWith("__", StringComparison.Ordinal);

    private static void State<T>(T what, IProvideDescription described, IGraphType type, string name)
        where T : IMetadataReader, IMetadataWriter
    {
        if (LimitOf(what, type, name) is not { } limit) return;
        limit.State(what);
        Apply(what, limit);

        // Introspection has no directives: people read it in the description.
        described.Description = $"{described.Description} {limit.Sentence}".Trim();
    }

    private static Limit? LimitOf(IMetadataReader what, IGraphType type, string name)
    {
        var stated = Limit.Of(what);
        var isList = type is ListGraphType or NonNullGraphType { ResolvedType: ListGraphType };
        var items = isList ? stated?.Items ?? ListItems : (int?)null;
        var characters = type.GetNamedType() switch
        {
            StringGraphType => stated?.Characters
                ?? throw new InvalidOperationException(
                    $"{name} does not state how long it may be: [Limit(Characters = …)]."),
            IdGraphType => stated?.Characters ?? IdCharacters,
            ILimited { Limit.Characters: { } each } when isList => each,
            IntGraphType
            or FloatGraphType
            or BooleanGraphType
            or EnumerationGraphType
            or IInputObjectGraphType
            or ILimited => (int?)null,
            var other => throw new InvalidOperationException(
                $"{name} is of the type {other.Name}, which does not state how large it may be."),
        };
        return items is null && characters is null
            ? null
            : new Limit(characters, items, AsData: stated?.AsData ?? false);
    }

    private static void Apply(IMetadataWriter what, Limit limit) =>
        what.ApplyDirective(LimitDirective.DirectiveName, directive =>
        {
            Add("characters", limit.Characters);
            Add("items", limit.Items);
            Add("bytes", limit.Bytes is { } bytes ? (double)bytes : null);

            void Add(string name, object? value)
            {
                if (value is not null) directive.AddArgument(new DirectiveArgument(name) { Value = value });
            }
        });
}
