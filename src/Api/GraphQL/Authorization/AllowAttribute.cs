using System.Reflection;
using GraphQL;
using GraphQL.Types;

namespace Messaging.Api.GraphQL.Authorization;

/// <summary>
/// States who may ask for a type, a field, an argument or an enum's value; see <see cref="AccessRules"/> for what has
/// to state it.
/// </summary>
[AttributeUsage(
    AttributeTargets.Class
        | AttributeTargets.Interface
        | AttributeTargets.Enum
        | AttributeTargets.Method
        | AttributeTargets.Property
        | AttributeTargets.Parameter
        | AttributeTargets.Field
)]
public sealed class AllowAttribute(Access access) : GraphQLAttribute
{
    private const string Key = "access";
    private const string ApiTokensKey = "api tokens";

    private bool? _apiTokens;

    /// <summary>The audience that is allowed.</summary>
    public Access Access { get; } = access;

    /// <summary>
    /// True when an API token suffices. A mutation that does not say so is for those who signed in; every other
    /// field that does not say otherwise is also for API tokens.
    /// </summary>
    public bool ApiTokens
    {
        get => _apiTokens ?? false;
        set => _apiTokens = value;
    }

    /// <inheritdoc/>
    public override void Modify(IGraphType graphType) => graphType.Metadata[Key] = Access;

    /// <inheritdoc/>
    public override void Modify(FieldType fieldType, bool isInputType)
    {
        fieldType.Metadata[Key] = Access;
        if (_apiTokens is { } may) fieldType.Metadata[ApiTokensKey] = may;
    }

    /// <inheritdoc/>
    public override void Modify(QueryArgument queryArgument) => queryArgument.Metadata[Key] = Access;

    /// <inheritdoc/>
    public override void Modify(EnumValueDefinition enumValueDefinition) => enumValueDefinition.Metadata[Key] = Access;

    /// <summary>A field's rule for API tokens; null when it says nothing.</summary>
    public static bool? ApiTokensOf(IMetadataReader field) =>
        field.Metadata.TryGetValue(ApiTokensKey, out var may) ? (bool?)may : null;

    /// <summary>The rule that something states itself; null when it states none.</summary>
    public static Access? Of(IMetadataReader what) =>
        what.Metadata.TryGetValue(Key, out var rule) ? (Access?)rule
        : what is IGraphType type ? type.GetType().GetCustomAttribute<AllowAttribute>()?.Access
        : null;
}
