using GraphQL;
using GraphQL.Types;
using GraphQLParser;
using GraphQLParser.AST;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>The rest of the limits of one HTTP request, which the operations of a batch share.</summary>
internal sealed class Budget
{
    public double Complexity { get; set; }

    public int MutationFields { get; set; }

    public Dictionary<string, int> FieldUses { get; } = [];
}

/// <summary>
/// Estimates how many fields an answer may have: a field counts once, what is below a page as often as the page has
/// rows. The page sizes are those of the actual variables, so this runs for cached documents too. Expects a document
/// within <see cref="DocumentLimits"/>.
/// </summary>
internal sealed class Complexity(GraphQLOptions options)
{
    // The cost of an answer about the whole schema, or one type, next to ordinary fields.
    private const int SchemaCost = 4000;
    private const int TypeCost = 200;

    // The schema refers to itself: lists in lists in lists of it grow without end, and no tool asks for them.
    private const int MaxSchemaLists = 2;

    private static readonly HashSet<string> s_schemaLists = ["fields", "inputFields", "interfaces", "possibleTypes"];

    /// <summary>Spends the budget on an operation; says what it does not suffice for, or null.</summary>
    public ExecutionError? Spend(
        Budget budget, ISchema schema, GraphQLDocument document, GraphQLOperationDefinition operation,
        IReadOnlyDictionary<string, object?> variables)
    {
        var walk = new Walk(options, schema, document, operation, variables);
        budget.Complexity += walk.Cost();
        if (walk.SchemaListsNested)
            return CodedError.TooComplex("The document nests lists of the schema too deeply.", document, operation);
        if (budget.Complexity > options.MaxComplexity)
        {
            return CodedError.TooComplex(
                $"The request may answer with about {Math.Min(budget.Complexity, 1e12):F0} fields; the limit is "
                    + $"{options.MaxComplexity}. Ask for smaller pages.",
                document, operation);
        }
        if (walk.TooLarge is { } argument)
            return CodedError.BadInput($"{argument} must be at most {options.MaxPageSize}.", document, operation);
        return operation.Operation == OperationType.Mutation ? SpendMutations(budget, document, walk.RootFields) : null;
    }

    private CodedError? SpendMutations(Budget budget, GraphQLDocument document, List<GraphQLField> fields)
    {
        foreach (var field in fields)
        {
            if (++budget.MutationFields > options.MutationFieldLimit)
                return CodedError.TooComplex(
                    $"A request has at most {options.MutationFieldLimit} mutation fields.", document, field);

            var name = field.Name.StringValue;
            if (
                options.FieldLimits.TryGetValue(name, out var limit)
                && (budget.FieldUses[name] = budget.FieldUses.GetValueOrDefault(name) + 1) > limit
            )
                return CodedError.TooComplex(
                    $"A request has the field '{name}' at most {limit} {(limit == 1 ? "time" : "times")}.", document,
                    field);
        }
        return null;
    }

    private sealed class Walk(
        GraphQLOptions options, ISchema schema, GraphQLDocument document, GraphQLOperationDefinition operation,
        IReadOnlyDictionary<string, object?> variables)
    {
        public List<GraphQLField> RootFields { get; } = [];

        public bool SchemaListsNested { get; private set; }

        /// <summary>An argument that asks for too large a page.</summary>
        public string? TooLarge { get; private set; }

        public double Cost()
        {
            IObjectGraphType? root = operation.Operation switch
            {
                OperationType.Mutation => schema.Mutation,
                OperationType.Subscription => schema.Subscription,
                _ => schema.Query,
            };
            return Cost(operation.SelectionSet, root, isRoot: true, schemaLists: -1);
        }

        /// <param name="schemaLists">The number of enclosing lists of the schema; -1 outside of it.</param>
        private double Cost(GraphQLSelectionSet? set, IGraphType? type, bool isRoot, int schemaLists)
        {
            if (set is null) return 0;
            var cost = 0d;
            foreach (var selection in set.Selections)
            {
                switch (selection)
                {
                    case GraphQLField field:
                        if (isRoot) RootFields.Add(field);
                        cost += CostOf(field, type, schemaLists);
                        break;
                    case GraphQLInlineFragment inline:
                        cost += Cost(
                            inline.SelectionSet, inline.TypeCondition is { } condition ? TypeOf(condition) : type,
                            isRoot, schemaLists);
                        break;
                    case GraphQLFragmentSpread spread
                        when document.FindFragmentDefinition(spread.FragmentName.Name) is { } fragment:
                        cost += Cost(fragment.SelectionSet, TypeOf(fragment.TypeCondition), isRoot, schemaLists);
                        break;
                }
            }
            return cost;
        }

        private double CostOf(GraphQLField field, IGraphType? type, int schemaLists)
        {
            var name = field.Name.StringValue;
            if (schemaLists >= 0)
            {
                if (s_schemaLists.Contains(name) && ++schemaLists > MaxSchemaLists) SchemaListsNested = true;
                return Cost(field.SelectionSet, null, isRoot: false, schemaLists);
            }
            if (name is "__schema" or "__type")
            {
                Cost(field.SelectionSet, null, isRoot: false, schemaLists: 0);
                return name == "__schema" ? SchemaCost : TypeCost;
            }

            var definition = (type as IComplexGraphType)?.GetField(field.Name);
            return 1
                + PageSize(field, definition)
                    * Cost(field.SelectionSet, definition?.ResolvedType?.GetNamedType(), isRoot: false, schemaLists);
        }

        private double PageSize(GraphQLField field, FieldType? definition)
        {
            if (definition?.Arguments?.Find("first") is null && definition?.Arguments?.Find("last") is null) return 1;
            var sizes = new[] { Argument(field, "first"), Argument(field, "last") };
            if (sizes[0] > options.MaxPageSize) TooLarge ??= "first";
            if (sizes[1] > options.MaxPageSize) TooLarge ??= "last";
            return sizes.Any(size => size is not null) ? Math.Max(1, sizes.Max() ?? 1) : options.DefaultPageSize;
        }

        private double? Argument(GraphQLField field, string name)
        {
            var value = field.Arguments?.Items.FirstOrDefault(argument => argument.Name.Value == name)?.Value;
            if (value is GraphQLVariable variable)
            {
                if (variables.TryGetValue(variable.Name.StringValue, out var given))
                    return given is int or long or double
                        ? Convert.ToDouble(given, System.Globalization.CultureInfo.InvariantCulture)
                        : null;
                value = operation
                    .Variables?.Items.FirstOrDefault(defined => defined.Variable.Name.Value == variable.Name.Value)
                    ?.DefaultValue;
            }
            return
                value is GraphQLIntValue literal
                && double.TryParse(
                    literal.Value.Span, System.Globalization.CultureInfo.InvariantCulture, out var number)
                ? number
                : null;
        }

        private IGraphType? TypeOf(GraphQLTypeCondition condition) => schema.AllTypes[condition.Type.Name.Value];
    }
}
