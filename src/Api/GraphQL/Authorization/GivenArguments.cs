using System.Collections;
using System.Reflection;
using GraphQL;
using GraphQL.Execution;
using GraphQL.Types;

namespace Messaging.Api.GraphQL.Authorization;

/// <summary>
/// Looks for arguments, fields of inputs and values of enums that were given by somebody who may not, and names them.
/// </summary>
internal sealed class GivenArguments
{
    private readonly FieldType _field;
    private readonly IGraphType _type;
    private readonly ISchema _schema;
    private readonly Access _everything;

    private GivenArguments(FieldType field, IGraphType type, ISchema schema, Access everything) =>
        (_field, _type, _schema, _everything) = (field, type, schema, everything);

    /// <summary>The arguments of a field; null when all of them are for whoever may ask for the field.</summary>
    public static GivenArguments? Of(FieldType field, IGraphType type, ISchema schema)
    {
        var access = AccessRules.Of(field, type, schema);
        var everything = access;
        foreach (var argument in field.Arguments ?? [])
            everything &=
                AccessRules.Of(argument, field, type, schema)
                & Narrowest(argument.ResolvedType!.GetNamedType(), schema, []);
        return everything == access ? null : new GivenArguments(field, type, schema, everything);
    }

    /// <summary>Refuses what is not for a role; null is as good as not given.</summary>
    /// <param name="isNarrow">True for an auditor who sees less than others: <see cref="NarrowAccess"/>.</param>
    public void Demand(Access role, bool isNarrow, IResolveFieldContext context)
    {
        if (_everything.HasFlag(role) && !isNarrow) return;
        var ofField = AccessRules.Of(_field, _type, _schema);
        foreach (var argument in _field.Arguments ?? [])
        {
            if (
                context.Arguments?.TryGetValue(argument.Name, out var given) is not true
                || given.Source == ArgumentSource.FieldDefault
                || given.Value is null
            )
                continue;
            var access = AccessRules.Of(argument, _field, _type, _schema);
            Demand(role, argument.Name, access);
            if (isNarrow && access != ofField && !access.HasFlag(Access.Customers))
                throw NarrowAccess.Refusal($"'{argument.Name}'");
            Demand(role, isNarrow, argument.Name, given.Value, argument.ResolvedType!.GetNamedType());
        }
    }

    private void Demand(Access role, bool isNarrow, string path, object value, IGraphType type)
    {
        if (value is IEnumerable several and not string)
        {
            foreach (var item in several)
                if (item is not null) Demand(role, isNarrow, path, item, type);
            return;
        }

        if (type is EnumerationGraphType values && values.Values.FindByValue(value) is { } one)
        {
            var access = AccessRules.Of(one, values);
            Demand(role, $"{path}: {one.Name}", access);
            if (isNarrow && access != AccessRules.Of(values) && !access.HasFlag(Access.Customers))
                throw NarrowAccess.Refusal($"'{path}: {one.Name}'");
        }

        if (type is not IInputObjectGraphType input)
            return;
        foreach (var field in input.Fields)
        {
            if (Property(field, value) is not { } inner) continue;
            var access = AccessRules.Of(field, input, _schema);
            Demand(role, $"{path}.{field.Name}", access);
            if (isNarrow && access != AccessRules.Of(input) && !NarrowAccess.HasInput(field, input, access))
                throw NarrowAccess.Refusal($"'{path}.{field.Name}'");
            Demand(role, isNarrow, $"{path}.{field.Name}", inner, field.ResolvedType!.GetNamedType());
        }
    }

    private static void Demand(Access role, string what, Access access)
    {
        if (!access.HasFlag(role)) throw AccessRules.Refusal($"'{what}'", access);
    }

    private static object? Property(FieldType field, object input)
    {
        var property = input
            .GetType()
            .GetProperty(field.Name, BindingFlags.IgnoreCase | BindingFlags.Public | BindingFlags.Instance)
            ?? throw new InvalidOperationException($"{input.GetType().Name} has no property {field.Name}.");
        return property.GetValue(input);
    }

    /// <summary>The audience that may give every value of a type.</summary>
    private static Access Narrowest(IGraphType type, ISchema schema, HashSet<IGraphType> seen)
    {
        var access = AccessRules.Of(type);
        if (!seen.Add(type)) return access;
        if (type is EnumerationGraphType values)
            foreach (var value in values.Values) access &= AccessRules.Of(value, values);
        if (type is IInputObjectGraphType input)
            foreach (var field in input.Fields)
                access &=
                    AccessRules.Of(field, input, schema) & Narrowest(field.ResolvedType!.GetNamedType(), schema, seen);
        return access;
    }
}
