using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GraphQL;
using GraphQL.Types;
using GraphQLParser.AST;
using Messaging.Api.GraphQL.Transport;

namespace Messaging.Api.Tests.Security;

/// <summary>
/// An argument or a field of an input that takes a text, a list or a scalar, with the way to it from the root of an
/// operation.
/// </summary>
/// <param name="Operation">Of which kind the operation is.</param>
/// <param name="Fields">From the root to the field that has the argument.</param>
/// <param name="Argument">The argument.</param>
/// <param name="Inner">The fields of inputs in it.</param>
/// <param name="Type">Of what is given in the end.</param>
internal sealed record InputPlace(
    OperationType Operation, IReadOnlyList<string> Fields, QueryArgument Argument, IReadOnlyList<FieldType> Inner,
    IGraphType Type, Limit? Limit)
{
    /// <summary>As errors name it, such as <c>filter.search</c>.</summary>
    public string Path => string.Join('.', Inner.Select(f => f.Name).Prepend(Argument.Name));

    /// <summary>As tests name it.</summary>
    public string Name => $"{Operation} {string.Join('.', Fields)}({Path})";

    public bool IsList => Type is ListGraphType or NonNullGraphType { ResolvedType: ListGraphType };

    /// <summary>All of them in a schema.</summary>
    public static List<InputPlace> Of(ISchema schema)
    {
        var places = new List<InputPlace>();
        var found = new HashSet<string>();
        var waiting = new Queue<(OperationType Operation, IObjectGraphType Type, string[] Fields)>([
            (OperationType.Query, schema.Query, []), (OperationType.Mutation, schema.Mutation!, []),
            (OperationType.Subscription, schema.Subscription!, [])
        ]);
        while (waiting.TryDequeue(out var next))
        {
            foreach (var field in next.Type.Fields)
            {
                string[] fields = [.. next.Fields, field.Name];
                foreach (var argument in field.Arguments ?? [])
                    places.AddRange(
                        In(argument.ResolvedType!, [], Limit.Of(argument))
                            .Select(p => new InputPlace(next.Operation, fields, argument, p.Inner, p.Type, p.Limit))
                    );

                // What only has its own fields: a union's members are reached in other ways.
                if (field.ResolvedType!.GetNamedType() is IObjectGraphType type && found.Add(type.Name))
                    waiting.Enqueue((next.Operation, type, fields));
            }
        }

        return places;
    }

    /// <summary>
    /// An operation that gives a value there, in a variable of the argument's own type, and the variables.
    /// </summary>
    public (string Document, JsonObject Variables) ByVariable(JsonNode value, Func<FieldType, JsonNode>? others = null)
    {
        var given = value;
        for (var i = Inner.Count - 1; i >= 0; i--)
        {
            var around = new JsonObject { [Inner[i].Name] = given };
            if (others is not null)
            {
                var input = (IInputObjectGraphType)
                    (i == 0 ? Argument.ResolvedType! : Inner[i - 1].ResolvedType!).GetNamedType();
                foreach (var field in input.Fields.Where(f => f.ResolvedType is NonNullGraphType && f != Inner[i]))
                    around[field.Name] = others(field);
            }

            given = around;
        }

        return (
            Written($"${Argument.Name}", $"(${Argument.Name}: {Argument.ResolvedType})"),
            new JsonObject { [Argument.Name] = given });
    }

    /// <summary>An operation that gives a value there, in a variable of its own inside of a literal.</summary>
    public (string Document, JsonObject Variables) ByInnerVariable(JsonNode value) =>
        (Written(Literal("$value"), $"($value: {Type})"), new JsonObject { ["value"] = value });

    /// <summary>An operation that gives a value there as a literal.</summary>
    public string ByLiteral(JsonNode value) => Written(Literal(Literal(value)), "");

    private string Literal(string value) =>
        Inner.Reverse().Aggregate(value, (inner, field) => $"{{ {field.Name}: {inner} }}");

    private string Literal(JsonNode value) => value switch
    {
        JsonArray list => $"[{string.Join(' ', list.Select(item => Literal(item!)))}]",
        _ when Type.GetNamedType() is EnumerationGraphType => value.GetValue<string>(),
        _ => JsonSerializer.Serialize(value.GetValue<string>()),
    };

    private string Written(string given, string variables) =>
        $"{Operation.ToString().ToLower(CultureInfo.InvariantCulture)}{variables} "
            + $"{string.Concat(Fields.Select(f => $"{{ {f} "))}({Argument.Name}: {given}) {{ __typename "
            + $"}}{string.Concat(Fields.Select(_ => " }"))}";

    private static IEnumerable<(IReadOnlyList<FieldType> Inner, IGraphType Type, Limit? Limit)> In(
        IGraphType type, IReadOnlyList<FieldType> around, Limit? limit)
    {
        var named = type.GetNamedType();
        if (named is IInputObjectGraphType input)
            return input
                .Fields.Where(f => !around.Contains(f))
                .SelectMany(f => In(f.ResolvedType!, [.. around, f], Limit.Of(f)));
        var isList = type is ListGraphType or NonNullGraphType { ResolvedType: ListGraphType };
        return isList || named is not (IntGraphType or FloatGraphType or BooleanGraphType or EnumerationGraphType)
            ? [(around, type, limit ?? Limit.Of(named))]
            : [];
    }
}
