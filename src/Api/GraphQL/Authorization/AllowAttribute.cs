using GraphQL;
using GraphQL.Types;
using GraphQL.Utilities;
using Messaging.Api.GraphQL.Transport;
using Messaging.Domain;

namespace Messaging.Api.GraphQL.Authorization;

/// <summary>Who may ask for a field.</summary>
[Flags]
public enum Access
{
    /// <summary>Even those who are not signed in.</summary>
    Anyone = 8,

    /// <summary>Administrators of the organisation.</summary>
    Administrators = 1,

    /// <summary>Auditors of the organisation.</summary>
    Auditors = 2,

    /// <summary>Contacts of customers.</summary>
    Customers = 4,

    /// <summary>Those of the office: administrators and auditors.</summary>
    Office = Administrators | Auditors,

    /// <summary>Everybody who is signed in. What a command refuses to whom, the deciders say.</summary>
    SignedIn = Administrators | Auditors | Customers,
}

/// <summary>States who may ask for a field, or for the fields of a type that say nothing themselves. A field without any rule stops the start.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method | AttributeTargets.Property)]
public sealed class AllowAttribute(Access access) : GraphQLAttribute
{
    private const string Key = "access";

    /// <summary>Who may.</summary>
    public Access Access { get; } = access;

    /// <inheritdoc/>
    public override void Modify(IGraphType graphType) => graphType.Metadata[Key] = Access;

    /// <inheritdoc/>
    public override void Modify(FieldType fieldType, bool isInputType) => fieldType.Metadata[Key] = Access;

    /// <summary>The rule of a field; null when none is stated.</summary>
    public static Access? Of(FieldType field, IGraphType type) =>
        field.Metadata.TryGetValue(Key, out var rule) || type.Metadata.TryGetValue(Key, out rule) ? (Access?)rule : null;
}

/// <summary>Puts the stated rule before each field's resolver when the schema is built.</summary>
public sealed class AccessRules : BaseSchemaNodeVisitor
{
    /// <inheritdoc/>
    public override void VisitObjectFieldDefinition(FieldType field, IObjectGraphType type, ISchema schema)
    {
        if (type.Name.StartsWith("__", StringComparison.Ordinal)) return;
        var access = AllowAttribute.Of(field, type)
            ?? throw new InvalidOperationException($"{type.Name}.{field.Name} does not state who may ask for it.");
        if (access.HasFlag(Access.Anyone)) return;

        // What is allowed to everybody signed in is reached through a root field that asked for that.
        var isRoot = type == schema.Query || type == schema.Mutation || type == schema.Subscription;
        if (access == Access.SignedIn && !isRoot) return;
        if (field.StreamResolver is { } stream) field.StreamResolver = new StreamGuard(stream, access);
        var resolver = field.Resolver ?? throw new InvalidOperationException($"{type.Name}.{field.Name} has no resolver.");
        field.Resolver = new Guard(resolver, access);
    }

    private static void Demand(Access access, IResolveFieldContext context)
    {
        var role = context.Caller().Actor.Role switch
        {
            Role.Administrator => Access.Administrators,
            Role.Auditor => Access.Auditors,
            Role.Customer => Access.Customers,
        };
        if (!access.HasFlag(role))
        {
            throw RefusedException.Forbidden(
                access == Access.Administrators ? "This is for administrators only." : "This is for administrators and auditors only.");
        }
    }

    private sealed class Guard(global::GraphQL.Resolvers.IFieldResolver inner, Access access) : global::GraphQL.Resolvers.IFieldResolver
    {
        public ValueTask<object?> ResolveAsync(IResolveFieldContext context)
        {
            Demand(access, context);
            return inner.ResolveAsync(context);
        }
    }

    private sealed class StreamGuard(global::GraphQL.Resolvers.ISourceStreamResolver inner, Access access) : global::GraphQL.Resolvers.ISourceStreamResolver
    {
        public ValueTask<IObservable<object?>> ResolveAsync(IResolveFieldContext context)
        {
            Demand(access, context);
            return inner.ResolveAsync(context);
        }
    }
}
