using GraphQL;
using GraphQL.Introspection;
using GraphQL.Resolvers;
using GraphQL.Types;
using GraphQL.Utilities;
using GraphQLParser.AST;

namespace Messaging.Api.GraphQL.Schema;

/// <summary>
/// Completes introspection to what the specification of October 2021 has (4.2), where the library leaves something out:
/// <c>specifiedByURL</c> of scalars, and <c>includeDeprecated</c> on the arguments of directives, as clients ask for
/// them.
/// </summary>
internal sealed class Introspection : BaseSchemaNodeVisitor
{
    /// <inheritdoc/>
    public override void VisitObject(IObjectGraphType type, ISchema schema)
    {
        switch (type)
        {
            case __Type:
                type.AddField(
                    new FieldType
                    {
                        Name = "specifiedByURL",
                        Description = "The specification of a scalar's format.",
                        ResolvedType = new StringGraphType(),
                        Resolver = new FuncFieldResolver<IGraphType, string?>(context =>
                            SpecifiedByDirective.UrlOf(context.Source)
                        ),
                    }
                );
                break;
            case __Directive when type.Fields.Find("args") is { } field:
                // None of ours is deprecated: they are the same with and without.
                (field.Arguments ??= []).Add(
                    new QueryArgument(new BooleanGraphType()) { Name = "includeDeprecated", DefaultValue = false });
                break;
        }
    }

    /// <inheritdoc/>
    public override void VisitScalar(ScalarGraphType type, ISchema schema)
    {
        if (SpecifiedByDirective.UrlOf(type) is { } url)
            type.ApplyDirective(SpecifiedByDirective.DirectiveName, SpecifiedByDirective.Url, url);
    }
}

/// <summary><c>@specifiedBy(url: …)</c> of the specification (3.13.4).</summary>
internal sealed class SpecifiedByDirective : Directive
{
    /// <summary>As it is applied.</summary>
    public const string DirectiveName = "specifiedBy";

    /// <summary>The name of its argument.</summary>
    public const string Url = "url";

    /// <summary>The locations that it applies to.</summary>
    public SpecifiedByDirective()
        : base(DirectiveName, DirectiveLocation.Scalar)
    {
        Description = "The specification of a scalar's format.";
        Arguments = new QueryArguments(
            new QueryArgument<NonNullGraphType<StringGraphType>>
            {
                Name = Url,
                Description = "The specification's address.",
            });
    }

    /// <inheritdoc/>
    public override bool? Introspectable => true;

    /// <summary>
    /// The address for a type; null where the specification of GraphQL says what it is, and for what is no scalar.
    /// </summary>
    public static string? UrlOf(IGraphType? type) => type is not ScalarGraphType ? null : type.Name switch
    {
        "DateTime" => "https://www.rfc-editor.org/rfc/rfc3339",
        "JSON" => "https://www.rfc-editor.org/rfc/rfc8259",
        "Upload" => "https://github.com/jaydenseric/graphql-multipart-request-spec",
        _ => null,
    };
}
