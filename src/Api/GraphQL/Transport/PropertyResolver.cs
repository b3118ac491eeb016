using System.Linq.Expressions;
using System.Reflection;
using GraphQL;
using GraphQL.Resolvers;
using GraphQL.Types;
using Messaging.Api.GraphQL.Transport;

[assembly: ReadPropertiesDirectly]

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Answers a field with a property of its object: nothing else of the operation is looked at, so no context is made for
/// it. How the property is read is compiled when somebody asks for it first: of hundreds most wait for long.
/// </summary>
public sealed class PropertyResolver(PropertyInfo property) : IFieldResolver
{
    private Func<object, object?>? _read;

    /// <summary>The property of an object.</summary>
    public object? Read(object source) => (_read ??= Compile(property))(source);

    /// <inheritdoc/>
    public ValueTask<object?> ResolveAsync(IResolveFieldContext context) => new(Read(context.Source!));

    private static Func<object, object?> Compile(PropertyInfo property)
    {
        var source = Expression.Parameter(typeof(object));
        var value = Expression.Property(Expression.Convert(source, property.DeclaringType!), property);
        return Expression.Lambda<Func<object, object?>>(Expression.Convert(value, typeof(object)), source).Compile();
    }
}

/// <summary>
/// Marks an assembly whose types' properties that are fields are answered by <see cref="PropertyResolver"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class ReadPropertiesDirectlyAttribute : GraphQLAttribute
{
    /// <inheritdoc/>
    public override void Modify(
        FieldType fieldType, bool isInputType, IGraphType graphType, MemberInfo memberInfo, ref bool ignore)
    {
        // A task has to be awaited, which the library's resolver does.
        if (
            !isInputType
            && memberInfo is PropertyInfo property
            && !typeof(Task).IsAssignableFrom(property.PropertyType)
        )
            fieldType.Resolver = new PropertyResolver(property);
    }
}
