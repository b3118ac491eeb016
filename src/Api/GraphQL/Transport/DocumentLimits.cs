using GraphQLParser;
using GraphQLParser.AST;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// The check between parsing and validation: validation and execution of what passes are cheap and do not run out of
/// stack. Linear in the document: what a fragment expands to is computed once.
/// </summary>
internal sealed class DocumentLimits(GraphQLOptions options)
{
    // Pairs of fields that may conflict: enough for the branches of a union, and for a client to see its mistake.
    private const int MaxDifferences = 50;

    /// <summary>Says what is wrong with the shape of a document; null when nothing is.</summary>
    public CodedError? Check(GraphQLDocument document)
    {
        var walk = new Walk(document, options);
        return walk.Count() ?? walk.Expand();
    }

    private sealed class Walk(GraphQLDocument document, GraphQLOptions options)
    {
        private readonly Dictionary<ROM, GraphQLFragmentDefinition> _fragments = [];
        private readonly Dictionary<GraphQLFragmentDefinition, Size?> _sizes = [];
        private int _aliases;
        private int _directives;
        private int _selections;
        private int _expanded;
        private int _values;
        private int _differences;

        /// <summary>Counts without expanding anything.</summary>
        public CodedError? Count()
        {
            var (operations, fragments) = (0, 0);
            foreach (var definition in document.Definitions)
            {
                switch (definition)
                {
                    case GraphQLOperationDefinition operation:
                        if (++operations > options.MaxOperations)
                            return TooMany("operations", options.MaxOperations, operation);
                        if (operation.Variables?.Count > options.MaxVariables)
                            return TooMany("variables", options.MaxVariables, operation);
                        break;
                    case GraphQLFragmentDefinition fragment:
                        if (++fragments > options.MaxFragments)
                            return TooMany("fragments", options.MaxFragments, fragment);
                        _fragments.TryAdd(fragment.FragmentName.Name.Value, fragment);
                        break;
                    default:
                        return CodedError.BadInput(
                            "A document has operations and fragments only.", document, definition);
                }
            }
            return null;
        }

        /// <summary>Counts with fragments expanded.</summary>
        public CodedError? Expand()
        {
            try
            {
                foreach (var operation in document.Definitions.OfType<GraphQLOperationDefinition>())
                {
                    foreach (var variable in operation.Variables?.Items ?? [])
                    {
                        Note(variable, variable);
                        if (variable.DefaultValue is not null) Note(variable.DefaultValue);
                    }
                    Expand(operation, Measure(operation, 0));
                    if (operation.Operation is OperationType.Subscription) CheckRoot(operation.SelectionSet);
                }

                // Unused ones are for validation to report, which looks into them too.
                foreach (var fragment in document.Definitions.OfType<GraphQLFragmentDefinition>())
                    if (!_sizes.ContainsKey(fragment)) Expand(fragment, Measure(fragment, 0));
                return null;
            }
            catch (StopException stop)
            {
                return stop.Error;
            }
        }

        /// <summary>
        /// A subscription begins with its only field, before there is anything that it could be left out of (GraphQL,
        /// September 2025, 5.2.4.1). Fragments do not contain themselves by now.
        /// </summary>
        private void CheckRoot(GraphQLSelectionSet root)
        {
            foreach (var selection in root.Selections)
            {
                if (
                    (selection as IHasDirectivesNode)?.Directives?.Items.Find(d =>
                        d.Name.Value == "skip" || d.Name.Value == "include"
                    ) is
                    { } conditional
                )
                    throw Stop(
                        CodedError.BadInput(
                            $"The field of a subscription cannot be left out: @{conditional.Name.StringValue} "
                                + $"stands below it only.",
                            document,
                            conditional
                        )
                    );
                switch (selection)
                {
                    case GraphQLField field when field.Name.Value.Span.StartsWith("__"):
                        throw Stop(
                            CodedError.BadInput(
                                "A subscription needs a field of its own: there is no introspection in its place.",
                                document, field)
                        );
                    case GraphQLInlineFragment inline:
                        CheckRoot(inline.SelectionSet);
                        break;
                    case GraphQLFragmentSpread spread
                        when _fragments.TryGetValue(spread.FragmentName.Name.Value, out var fragment):
                        CheckRoot(fragment.SelectionSet);
                        break;
                }
            }
        }

        private void Expand(IHasSelectionSetNode definition, Size size)
        {
            if ((_expanded += size.Selections) > options.MaxSelections)
                throw Stop(TooMany("selections", options.MaxSelections, (ASTNode)definition));
            Merge(definition.SelectionSet!, []);
        }

        /// <summary>
        /// Counts the fields that answer under the same name at the same place: validation compares each with each, and
        /// where they differ, makes an error of each pair by counting lines from the top of the document (1000 such
        /// fields took it 26 s). Walks through what is expanded, which is bounded by now.
        /// </summary>
        private void Merge(GraphQLSelectionSet set, Dictionary<ROM, Place> places)
        {
            foreach (var selection in set.Selections)
            {
                switch (selection)
                {
                    case GraphQLField field:
                        if (!places.TryGetValue(field.Alias?.Name.Value ?? field.Name.Value, out var place))
                            places.Add(field.Alias?.Name.Value ?? field.Name.Value, place = new Place(field));
                        if (++place.Count > options.MaxRepeats)
                            throw Stop(TooMany("fields of the same name at the same place", options.MaxRepeats, field));
                        if (!IsSame(place.First, field) && (_differences += place.Count - 1) > MaxDifferences)
                            throw Stop(
                                CodedError.TooComplex(
                                    "Too many different fields have the same name at the same place. Use "
                                        + "different aliases.",
                                    document,
                                    field
                                )
                            );
                        if (field.SelectionSet is not null)
                            Merge(field.SelectionSet, place.Below);
                        break;
                    case GraphQLInlineFragment inline:
                        Merge(inline.SelectionSet, places);
                        break;
                    case GraphQLFragmentSpread spread
                        when _fragments.TryGetValue(spread.FragmentName.Name.Value, out var fragment):
                        Merge(fragment.SelectionSet, places);
                        break;
                }
            }
        }

        /// <summary>True when two fields ask for the same, to the letter.</summary>
        private bool IsSame(GraphQLField one, GraphQLField other) =>
            one.Name.Value == other.Name.Value && TextOf(one.Arguments).SequenceEqual(TextOf(other.Arguments));

        private ReadOnlySpan<char> TextOf(ASTNode? node) =>
            node is null ? default : document.Source.Span[node.Location.Start..node.Location.End];

        private Size Measure(GraphQLFragmentDefinition fragment, int nesting)
        {
            if (_sizes.TryGetValue(fragment, out var known))
                return known
                    ?? throw Stop(
                        CodedError.BadInput(
                            $"The fragment '{Shorten(fragment.FragmentName.Name)}' contains itself.", document,
                            fragment)
                    );

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
                // Validation visits every definition once, used or not: what stands in the document counts as a whole
                // too.
                if (++_selections > options.MaxSelections)
                    throw Stop(TooMany("selections", options.MaxSelections, selection));
                Size size;
                switch (selection)
                {
                    case GraphQLField field:
                        Note(field.Arguments);
                        if (field.Alias is not null && ++_aliases > options.MaxAliases)
                            throw Stop(TooMany("aliases", options.MaxAliases, field));
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
                        size = _fragments.TryGetValue(spread.FragmentName.Name.Value, out var fragment)
                            ? Measure(fragment, nesting + 1)
                            : default;
                        size = size with { Selections = size.Selections + 1 };
                        break;
                    default:
                        throw new InvalidOperationException($"Unknown selection {selection.Kind}.");
                }
                total = new Size(total.Selections + size.Selections, Math.Max(total.Depth, size.Depth));
                // Doubling fragments: no number grows beyond the limit times itself.
                if (total.Selections > options.MaxSelections)
                    throw Stop(TooMany("selections", options.MaxSelections, selection));
                if (total.Depth > options.MaxDepth)
                    throw Stop(TooDeep(selection));
            }
            return total;
        }

        private void Note(IHasDirectivesNode? node, ASTNode where)
        {
            if (node?.Directives is { } directives && (_directives += directives.Count) > options.MaxDirectives)
                throw Stop(TooMany("directives", options.MaxDirectives, where));
            foreach (var directive in node?.Directives?.Items ?? []) Note(directive.Arguments);
        }

        private void Note(GraphQLArguments? arguments)
        {
            foreach (var argument in arguments?.Items ?? []) Note(argument.Value);
        }

        /// <summary>Counts a literal and what is in it; nested no deeper than the parser allows.</summary>
        private void Note(GraphQLValue value)
        {
            if (++_values > options.MaxValues)
                throw Stop(TooMany("values; send them as variables", options.MaxValues, value));
            switch (value)
            {
                case GraphQLListValue list:
                    foreach (var item in list.Values ?? []) Note(item);
                    break;
                case GraphQLObjectValue literal:
                    foreach (var field in literal.Fields ?? []) Note(field.Value);
                    break;
            }
        }

        private CodedError TooMany(string what, int limit, ASTNode node) =>
            CodedError.TooComplex(
                $"The document has more than {limit} "
                    + $"{what}{(what == "selections" ? ", with fragments expanded" : "")}.",
                document,
                node
            );

        private CodedError TooDeep(ASTNode node) =>
            CodedError.TooComplex($"The document nests deeper than {options.MaxDepth} fields.", document, node);

        private static string Shorten(GraphQLName name) =>
            name.Value.Length <= 40 ? name.StringValue : name.StringValue[..40];

        private static StopException Stop(CodedError error) => new(error);
    }

    /// <summary>The fields that answer under one name.</summary>
    private sealed class Place(GraphQLField first)
    {
        public GraphQLField First { get; } = first;

        public int Count { get; set; }

        public Dictionary<ROM, Place> Below { get; } = [];
    }

    /// <summary>Selections and depth of what a node expands to.</summary>
    private readonly record struct Size(int Selections, int Depth);

    private sealed class StopException(CodedError error) : Exception
    {
        public CodedError Error { get; } = error;
    }
}
