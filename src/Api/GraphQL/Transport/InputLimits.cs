using System.Globalization;
using GraphQL;
using GraphQL.Types;
using GraphQLParser;
using GraphQLParser.AST;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Compares what an operation was given with the limits of the schema (<see cref="Limit"/>), in literals and in
/// variables, wherever they are used: before anything of it is validated, coerced or run, all of which takes as long as
/// what was given. Linear in the document and in what it uses.
/// </summary>
internal sealed class InputLimits(ISchema schema)
{
    // A literal of an enum, say, that is none: the library says so.
    private static readonly Limit s_none = new();

    /// <summary>Says what is too large; null when nothing is.</summary>
    public CodedError? Check(
        GraphQLDocument document, GraphQLOperationDefinition operation, IReadOnlyDictionary<string, object?> variables)
    {
        var walk = new Walk(schema, document, operation, variables);
        return walk.Find();
    }

    private sealed class Walk(
        ISchema schema, GraphQLDocument document, GraphQLOperationDefinition operation,
        IReadOnlyDictionary<string, object?> variables)
    {
        private readonly HashSet<GraphQLFragmentDefinition> _seen = [];
        private GraphQLArgument? _argument;

        public CodedError? Find()
        {
            IObjectGraphType? root = operation.Operation switch
            {
                OperationType.Mutation => schema.Mutation,
                OperationType.Subscription => schema.Subscription,
                _ => schema.Query,
            };
            return In(operation.SelectionSet, root);
        }

        private CodedError? In(GraphQLSelectionSet? set, IGraphType? type)
        {
            foreach (var selection in set?.Selections ?? [])
            {
                var found = selection switch
                {
                    GraphQLField field => In(field, (type as IComplexGraphType)?.GetField(field.Name)),
                    GraphQLInlineFragment inline => In(
                        inline.SelectionSet,
                        inline.TypeCondition is { } condition ? schema.AllTypes[condition.Type.Name.Value] : type),
                    GraphQLFragmentSpread spread
                        when document.FindFragmentDefinition(spread.FragmentName.Name) is { } fragment
                            && _seen.Add(fragment) => In(
                        fragment.SelectionSet,
                        schema.AllTypes[fragment.TypeCondition.Type.Name.Value]
                    ),
                    _ => null,
                };
                if (found is not null) return found;
            }

            return null;
        }

        private CodedError? In(GraphQLField field, FieldType? definition)
        {
            foreach (var argument in field.Arguments?.Items ?? [])
            {
                // Validation reports arguments that do not exist.
                if (definition?.Arguments?.Find(argument.Name) is not { } defined) continue;
                _argument = argument;
                if (
                    Given(argument.Value, defined.ResolvedType!, Limit.Of(defined) ?? s_none, defined.Name) is { } found
                )
                    return found;
            }

            return In(field.SelectionSet, definition?.ResolvedType?.GetNamedType());
        }

        /// <summary>A literal, which may have variables in it.</summary>
        private CodedError? Given(GraphQLValue value, IGraphType type, Limit limit, string path)
        {
            switch (value)
            {
                case GraphQLVariable variable when variables.TryGetValue(variable.Name.StringValue, out var given):
                    return Given(given, type, limit, path);
                case GraphQLVariable variable:
                    var standard = operation
                        .Variables?.Items.FirstOrDefault(defined => defined.Variable.Name.Value == variable.Name.Value)
                        ?.DefaultValue;
                    return standard is null ? null : Given(standard, type, limit, path);
                case GraphQLStringValue text:
                    return Text(text.Value.Span, type, limit, path);
                case GraphQLIntValue number:
                    return Text(number.Value.Span, type, limit, path);
                case GraphQLListValue list:
                    if (Items(list.Values?.Count ?? 0, limit, path) is { } tooMany) return tooMany;
                    var place = 0;
                    foreach (var item in list.Values ?? [])
                    {
                        if (Given(item, type, limit, Below(path, place++)) is { } found) return found;
                    }

                    return null;
                case GraphQLObjectValue input when type.GetNamedType() is IInputObjectGraphType inputType:
                    foreach (var field in input.Fields ?? [])
                    {
                        if (
                            inputType.GetField(field.Name) is { } defined
                            && Given(
                                field.Value, defined.ResolvedType!, Limit.Of(defined) ?? s_none,
                                $"{path}.{defined.Name}")
                                is { } found
                        )
                            return found;
                    }

                    return null;
                default:
                    return null;
            }
        }

        /// <summary>A value of a variable.</summary>
        private CodedError? Given(object? value, IGraphType type, Limit limit, string path)
        {
            switch (value)
            {
                case string text:
                    return Text(text, type, limit, path);
                case List<object?> list:
                    if (Items(list.Count, limit, path) is { } tooMany) return tooMany;
                    for (var i = 0; i < list.Count; i++)
                    {
                        if (Given(list[i], type, limit, Below(path, i)) is { } found) return found;
                    }

                    return null;
                case Dictionary<string, object?> input when type.GetNamedType() is IInputObjectGraphType inputType:
                    foreach (var (name, inner) in input)
                    {
                        if (
                            inner is not null
                            && inputType.GetField(name) is { } defined
                            && Given(
                                inner, defined.ResolvedType!, Limit.Of(defined) ?? s_none, $"{path}.{defined.Name}")
                                is { } found
                        )
                            return found;
                    }

                    return null;
                default:
                    return null;
            }
        }

        private CodedError? Text(ReadOnlySpan<char> text, IGraphType type, Limit limit, string path)
        {
            if (
                (limit.Characters ?? (type.GetNamedType() as ILimited)?.Limit.Characters) is not { } most
                || text.Length <= most
                || limit.AsData
            )
                return null;

            // Two of a text's units may be one character.
            var characters = 0;
            foreach (var unit in text)
            {
                if (!char.IsLowSurrogate(unit)) characters++;
            }

            return characters > most
                ? Refused($"{path} has {Number(characters)} characters; at most {Number(most)} are allowed.")
                : null;
        }

        private CodedError? Items(int count, Limit limit, string path) =>
            limit.Items is { } most && count > (limit.AsData ? most * Limit.Tolerance : most)
                ? Refused($"{path} has {Number(count)} items; at most {Number(most)} are allowed.")
                : null;

        private CodedError Refused(string message) => CodedError.BadInput(message, document, _argument);

        private static string Below(string path, int place) =>
            string.Create(CultureInfo.InvariantCulture, $"{path}.{place}");

        private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
    }
}
