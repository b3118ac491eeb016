using GraphQL;
using GraphQLParser;
using GraphQLParser.AST;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// The check between parsing and validation: validation and execution of what passes are cheap and do not run out of stack. Linear in the document:
/// what a fragment expands to is computed once.
/// </summary>
internal sealed class DocumentLimits(GraphQLOptions options)
{
    /// <summary>Says what is wrong with the shape of a document; null when nothing is.</summary>
    public ExecutionError? Check(GraphQLDocument document)
    {
        var walk = new Walk(document, options);
        ExecutionError? error = walk.Count();
        return error ?? walk.Expand();
    }

    private sealed class Walk(GraphQLDocument document, GraphQLOptions options)
    {
        private readonly Dictionary<ROM, GraphQLFragmentDefinition> _fragments = [];
        private readonly Dictionary<GraphQLFragmentDefinition, Size?> _sizes = [];
        private int _aliases;
        private int _directives;
        private int _selections;

        /// <summary>What is counted as it stands, without expanding anything.</summary>
        public CodedError? Count()
        {
            var (operations, fragments) = (0, 0);
            foreach (var definition in document.Definitions)
            {
                switch (definition)
                {
                    case GraphQLOperationDefinition operation:
                        if (++operations > options.MaxOperations) return TooMany("operations", options.MaxOperations, operation);
                        if (operation.Variables?.Count > options.MaxVariables) return TooMany("variables", options.MaxVariables, operation);
                        break;
                    case GraphQLFragmentDefinition fragment:
                        if (++fragments > options.MaxFragments) return TooMany("fragments", options.MaxFragments, fragment);
                        _fragments.TryAdd(fragment.FragmentName.Name.Value, fragment);
                        break;
                    default:
                        return CodedError.BadInput("A document has operations and fragments only.", document, definition);
                }
            }
            return null;
        }

        /// <summary>What is counted with fragments expanded.</summary>
        public ExecutionError? Expand()
        {
            try
            {
                foreach (var definition in document.Definitions)
                {
                    var size = definition is GraphQLFragmentDefinition fragment ? Measure(fragment, 0) : Measure((IHasSelectionSetNode)definition, 0);
                    if (size.Selections > options.MaxSelections) return TooMany("selections", options.MaxSelections, definition);
                    if (size.Depth > options.MaxDepth) return TooDeep(definition);
                }
                return null;
            }
            catch (StopException stop)
            {
                return stop.Error;
            }
        }

        private Size Measure(GraphQLFragmentDefinition fragment, int nesting)
        {
            if (_sizes.TryGetValue(fragment, out var known))
                return known ?? throw Stop(CodedError.BadInput($"The fragment '{Shorten(fragment.FragmentName.Name)}' contains itself.", document, fragment));

            _sizes[fragment] = null;
            var size = Measure((IHasSelectionSetNode)fragment, nesting);
            _sizes[fragment] = size;
            return size;
        }

        private Size Measure(IHasSelectionSetNode parent, int nesting)
        {
            Note(parent as IHasDirectivesNode, (ASTNode)parent);
            if (parent.SelectionSet is not { } set) return default;
            if (nesting > options.MaxDepth + options.MaxFragments) throw Stop(TooDeep((ASTNode)parent));

            var total = default(Size);
            foreach (var selection in set.Selections)
            {
                // Validation visits every definition once, used or not: what stands in the document counts as a whole too.
                if (++_selections > options.MaxSelections) throw Stop(TooMany("selections", options.MaxSelections, selection));
                Size size;
                switch (selection)
                {
                    case GraphQLField field:
                        if (field.Alias is not null && ++_aliases > options.MaxAliases) throw Stop(TooMany("aliases", options.MaxAliases, field));
                        size = Measure(field, nesting + 1);
                        size = new Size(size.Selections + 1, size.Depth + 1);
                        break;
                    case GraphQLInlineFragment inline:
                        size = Measure(inline, nesting + 1);
                        size = size with { Selections = size.Selections + 1 };
                        break;
                    case GraphQLFragmentSpread spread:
                        Note(spread, spread);
                        // An unknown one is for validation to report.
                        size = _fragments.TryGetValue(spread.FragmentName.Name.Value, out var fragment) ? Measure(fragment, nesting + 1) : default;
                        size = size with { Selections = size.Selections + 1 };
                        break;
                    default:
                        throw new InvalidOperationException($"Unknown selection {selection.Kind}.");
                }
                total = new Size(total.Selections + size.Selections, Math.Max(total.Depth, size.Depth));
                // Doubling fragments: no number grows beyond the limit times itself.
                if (total.Selections > options.MaxSelections) throw Stop(TooMany("selections", options.MaxSelections, selection));
                if (total.Depth > options.MaxDepth) throw Stop(TooDeep(selection));
            }
            return total;
        }

        private void Note(IHasDirectivesNode? node, ASTNode where)
        {
            if (node?.Directives is { } directives && (_directives += directives.Count) > options.MaxDirectives)
                throw Stop(TooMany("directives", options.MaxDirectives, where));
        }

        private CodedError TooMany(string what, int limit, ASTNode node) =>
            CodedError.TooComplex($"The document has more than {limit} {what}{(what == "selections" ? ", with fragments expanded" : "")}.", document, node);

        private CodedError TooDeep(ASTNode node) => CodedError.TooComplex($"The document nests deeper than {options.MaxDepth} fields.", document, node);

        private static string Shorten(GraphQLName name) => name.Value.Length <= 40 ? name.StringValue : name.StringValue[..40];

        private static StopException Stop(ExecutionError error) => new(error);
    }

    /// <summary>Selections and depth of what a node expands to.</summary>
    private readonly record struct Size(int Selections, int Depth);

    private sealed class StopException(ExecutionError error) : Exception
    {
        public ExecutionError Error { get; } = error;
    }
}
