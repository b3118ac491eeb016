using GraphQL;
using GraphQL.Resolvers;
using GraphQL.Types;
using GraphQL.Utilities;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Domain;

namespace Messaging.Api.GraphQL.Authorization;

/// <summary>
/// Finds the rule of everything in the schema when it is built, writes it into the schema, and puts it before the
/// resolvers. Denied by default: where no rule is stated the product does not start.
/// <list type="bullet">
/// <item>A field of a root type states its rule itself: <see cref="AllowAttribute"/>.</item>
/// <item>Every object, interface, union, input and enum states its rule; enums of the layers below do in
/// <see cref="EnumRules"/>.</item>
/// <item>A field, an input's field or an enum's value that states nothing has the rule of its type, an argument that of
/// its field.</item>
/// <item>A scalar has no rule, since it is nothing but the value of a field or an argument that has one; nor has what
/// describes the schema itself.</item>
/// </list>
/// A denied caller gets an error: UNAUTHENTICATED when not signed in, else FORBIDDEN. Nothing that may be null is
/// silently null instead, except for what is asked for by an id: what may not be seen is as if it were not there. A
/// mutation's rule is its command's (the deciders of the domain), so that its refusal is data, and of another
/// customer's conversation one learns nothing but that it is not there; here it is only made sure that somebody is
/// signed in.
/// <para>
/// What decides who has access (tokens, sessions, passwords, who is invited or has to leave, service accounts, the
/// office's settings and one's own account) is for those who signed in: so an API token, which lies in some script,
/// gives nobody anything that outlives it. A mutation has to say that API tokens may:
/// <see cref="AllowAttribute.ApiTokens"/>. The gate refuses a mutation by a token of the scope READ before anything of
/// it runs.
/// </para>
/// <list type="table">
/// <listheader><term>what</term><description>decided for whom, and why</description></listheader>
/// <item><term>reports, lists of administrators and customers</term><description>the office: they are about other
/// customers</description></item>
/// <item><term>history, asOf, events</term><description>the office: they have internal notes in them, and who was
/// responsible when</description></item>
/// <item><term>the log of everything</term><description>auditors and owners: it has people and settings in it, and who
/// did what</description></item>
/// <item><term>Administrator</term><description>a customer sees id and name of those it has to do with; address, role,
/// owner and active are the office's</description></item>
/// <item><term>Conversation.responsibleAdministrator, notifyAllAdministrators</term><description>everybody in it: the
/// customer may know who answers</description></item>
/// <item><term>filters by administrator</term><description>the office: how it shares its work</description></item>
/// <item><term>settings</term><description>everybody, but the address where the office is told of
/// comments</description></item>
/// <item><term>internal notes and their files</term><description>the office; a customer notices them in no count, time,
/// version or cursor, nor does an auditor whose scope leaves them out: <see cref="NarrowAccess"/></description></item>
/// <item><term>notifications, uploads not yet attached</term><description>whose they are, nobody else of whatever
/// role</description></item>
/// </list>
/// </summary>
public sealed class AccessRules : BaseSchemaNodeVisitor
{
    /// <summary>The rule of a type.</summary>
    /// <exception cref="InvalidOperationException">It states none.</exception>
    public static Access Of(IGraphType type) =>
        type is ScalarGraphType and not EnumerationGraphType || type.Name.StartsWith("__", StringComparison.Ordinal)
            ? Access.Anyone
            : Known(type.Name, AllowAttribute.Of(type) ?? OfEnum(type));

    /// <summary>The rule of a field of an object, an interface or an input.</summary>
    /// <exception cref="InvalidOperationException">None is stated.</exception>
    public static Access Of(FieldType field, IGraphType type, ISchema schema) =>
        Known($"{type.Name}.{field.Name}", AllowAttribute.Of(field) ?? (IsRoot(type, schema) ? null : Of(type)));

    /// <summary>The rule of an argument.</summary>
    /// <exception cref="InvalidOperationException">None is stated.</exception>
    public static Access Of(QueryArgument argument, FieldType field, IGraphType type, ISchema schema) =>
        Known($"{type.Name}.{field.Name}({argument.Name})", AllowAttribute.Of(argument) ?? Of(field, type, schema));

    /// <summary>The rule of a value of an enum.</summary>
    /// <exception cref="InvalidOperationException">None is stated.</exception>
    public static Access Of(EnumValueDefinition value, EnumerationGraphType type) =>
        Known($"{type.Name}.{value.Name}", AllowAttribute.Of(value) ?? EnumRules.Of(value.Value) ?? Of(type));

    /// <summary>True when the callers who may ask for a field may do so by an API token, too.</summary>
    public static bool ApiTokensMay(FieldType field, IGraphType type, ISchema schema) =>
        AllowAttribute.ApiTokensOf(field) ?? type != schema.Mutation;

    /// <summary>True when auditors who see no internal notes may ask for a field, as other auditors.</summary>
    public static bool IsForNarrow(FieldType field, IGraphType type, ISchema schema) =>
        type == schema.Mutation || NarrowAccess.Has(field, type, Of(field, type, schema));

    /// <summary>As what a caller may: one of the single values.</summary>
    public static Access Of(Caller? caller) => caller?.Actor switch
    {
        null => Access.Anonymous,
        Actor.Administrator { IsOwner: true } => Access.Owners,
        Actor.Auditor => Access.Auditors,
        Actor.Contact => Access.Customers,
        _ => Access.OtherAdministrators,
    };

    /// <inheritdoc/>
    public override void VisitObject(IObjectGraphType type, ISchema schema) => State(type);

    /// <inheritdoc/>
    public override void VisitInterface(IInterfaceGraphType type, ISchema schema) => State(type);

    /// <inheritdoc/>
    public override void VisitUnion(UnionGraphType type, ISchema schema) => State(type);

    /// <inheritdoc/>
    public override void VisitInputObject(IInputObjectGraphType type, ISchema schema) => State(type);

    /// <inheritdoc/>
    public override void VisitEnum(EnumerationGraphType type, ISchema schema) => State(type);

    /// <inheritdoc/>
    public override void VisitEnumValue(EnumValueDefinition value, EnumerationGraphType type, ISchema schema)
    {
        if (!IsOfTheSchema(type) && Of(value, type) is var access && access != Of(type)) State(value, value, access);
    }

    /// <inheritdoc/>
    public override void VisitInputObjectFieldDefinition(FieldType field, IInputObjectGraphType type, ISchema schema)
    {
        if (Of(field, type, schema) is var access && access != Of(type)) State(field, field, access);
    }

    /// <inheritdoc/>
    public override void VisitInterfaceFieldDefinition(FieldType field, IInterfaceGraphType type, ISchema schema)
    {
        if (Of(field, type, schema) is var access && access != Of(type)) State(field, field, access);
    }

    /// <inheritdoc/>
    public override void VisitObjectFieldArgumentDefinition(
        QueryArgument argument, FieldType field, IObjectGraphType type, ISchema schema)
    {
        if (
            !IsOfTheSchema(type)
            && Of(argument, field, type, schema) is var access
            && access != Of(field, type, schema)
        )
            State(argument, argument, access);
    }

    /// <inheritdoc/>
    public override void VisitObjectFieldDefinition(FieldType field, IObjectGraphType type, ISchema schema)
    {
        if (IsOfTheSchema(type)) return;
        var access = Of(field, type, schema);
        var isRoot = IsRoot(type, schema);
        var apiTokens = ApiTokensMay(field, type, schema);
        if (isRoot || !apiTokens || access != Of(type))
            State(field, field, access, isObvious: access == Access.SignedIn, apiTokens);
        var isForNarrow = IsForNarrow(field, type, schema);
        if (type == schema.Mutation && access != Access.Anyone)
            access = Access.SignedIn;

        // A type allowed to everybody signed in is reached through a root field that checked for it.
        var arguments = type == schema.Mutation ? null : GivenArguments.Of(field, type, schema);
        if (apiTokens && arguments is null && (access == Access.Anyone || (access == Access.SignedIn && !isRoot)))
            return;
        if (field.StreamResolver is { } stream)
            field.StreamResolver = new StreamGuard(stream, access, apiTokens, isForNarrow, arguments);
        var resolver = field.Resolver
            ?? throw new InvalidOperationException($"{type.Name}.{field.Name} has no resolver.");
        field.Resolver = new Guard(resolver, access, apiTokens, isForNarrow, arguments);
    }

    /// <summary>The refusal of a denied caller.</summary>
    internal static RefusedException Refusal(string what, Access access) => RefusedException.Forbidden(access switch
    {
        Access.Owners => $"{what} is for owners only.",
        Access.AuditorsAndOwners => $"{what} is for auditors and owners only.",
        Access.Administrators => $"{what} is for administrators only.",
        Access.Participants => $"{what} is for administrators and customers only.",
        _ => $"{what} is for administrators and auditors only.",
    });

    private static Access? OfEnum(IGraphType type) =>
        type.GetType() is { IsGenericType: true } generic
        && generic.GetGenericTypeDefinition() == typeof(EnumerationGraphType<>)
            ? EnumRules.Of(generic.GenericTypeArguments[0])
            : null;

    private static Access Known(string what, Access? access) =>
        access is not { } stated ? throw new InvalidOperationException($"{what} does not state who may ask for it.")
        : AudienceType.Has(stated) ? stated
        : throw new InvalidOperationException($"{what} states a rule that has no name in the schema: {stated}.");

    private static bool IsRoot(IGraphType type, ISchema schema) =>
        type == schema.Query || type == schema.Mutation || type == schema.Subscription;

    private static bool IsOfTheSchema(IGraphType type) => type.Name.StartsWith("__", StringComparison.Ordinal);

    private static void State(IGraphType type)
    {
        if (!IsOfTheSchema(type)) type.ApplyDirective(AllowDirective.DirectiveName, AllowDirective.To, Of(type));
    }

    private static void State<T>(
        T what, IProvideDescription described, Access access, bool isObvious = false, bool apiTokens = true)
        where T : IMetadataWriter
    {
        what.ApplyDirective(AllowDirective.DirectiveName, directive =>
        {
            directive.AddArgument(new DirectiveArgument(AllowDirective.To) { Value = access });
            if (!apiTokens) directive.AddArgument(new DirectiveArgument(AllowDirective.ToApiTokens) { Value = false });
        });

        // Introspection has no directives: people read it in the description.
        if (!isObvious) described.Description = $"{described.Description} {AudienceType.Sentence(access)}".Trim();
        if (!apiTokens) described.Description = $"{described.Description} Not by an API token.".Trim();
    }

    private static void Demand(
        Access access, bool apiTokens, bool isForNarrow, GivenArguments? arguments, IResolveFieldContext context)
    {
        var caller = Callers.Of(context.UserContext);
        if (!apiTokens && caller is { ApiToken: not null })
            throw RefusedException.Forbidden("This is not for API tokens: sign in.");

        var role = access == Access.Anyone ? Of(caller) : Of(context.Caller());
        if (!access.HasFlag(role)) throw Refusal("This", access);
        var isNarrow = caller is { IsNarrow: true };
        if (isNarrow && !isForNarrow) throw NarrowAccess.Refusal("This");
        arguments?.Demand(role, isNarrow, context);
    }

    private sealed class Guard(
        IFieldResolver inner, Access access, bool apiTokens, bool isForNarrow, GivenArguments? arguments)
        : IFieldResolver
    {
        public ValueTask<object?> ResolveAsync(IResolveFieldContext context)
        {
            Demand(access, apiTokens, isForNarrow, arguments, context);
            return inner.ResolveAsync(context);
        }
    }

    private sealed class StreamGuard(
        ISourceStreamResolver inner, Access access, bool apiTokens, bool isForNarrow, GivenArguments? arguments)
        : ISourceStreamResolver
    {
        public ValueTask<IObservable<object?>> ResolveAsync(IResolveFieldContext context)
        {
            Demand(access, apiTokens, isForNarrow, arguments, context);
            return inner.ResolveAsync(context);
        }
    }
}
