using System.Globalization;
using GraphQL;
using GraphQL.Types;
using GraphQLParser.AST;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>The most that may be given in a place of the schema; null is as much as anybody likes.</summary>
/// <param name="Characters">Unicode code points of a text; of a list, of each of its texts.</param>
/// <param name="Items">Of a list.</param>
/// <param name="Bytes">Of a file.</param>
/// <param name="AsData">True when a mutation's command answers by data what exceeds it, as the contract has it.</param>
public sealed record Limit(int? Characters = null, int? Items = null, long? Bytes = null, bool AsData = false)
{
    private const string Key = "limit";

    /// <summary>A list of more than so many times its limit does not get as far as the command either.</summary>
    public const int Tolerance = 5;

    /// <summary>The limit that an argument, a field of an input or a type states; null when it states none.</summary>
    public static Limit? Of(IMetadataReader what) =>
        what.Metadata.TryGetValue(Key, out var limit) ? (Limit?)limit : (what as ILimited)?.Limit;

    /// <summary>States it.</summary>
    public void State(IMetadataWriter what) => what.Metadata[Key] = this;

    /// <summary>As people read it: "At most 200 characters."</summary>
    public string Sentence =>
        this switch
        {
            { Items: { } items, Characters: { } each } =>
                $"At most {Number(items)} items of at most {Number(each)} characters.",
            { Items: { } items } => $"At most {Number(items)} items.",
            { Characters: { } characters } => $"At most {Number(characters)} characters.",
            { Bytes: { } bytes } => $"At most {Number(bytes)} bytes.",
            _ => "",
        };

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}

/// <summary>A scalar whose values have a limit wherever they are given.</summary>
internal interface ILimited
{
    Limit Limit { get; }
}

/// <summary>
/// States the most that may be given for an argument or a field of an input; <see cref="LimitRules"/> says what has to
/// state it.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class LimitAttribute : GraphQLAttribute
{
    /// <summary>
    /// The most Unicode code points of a text; of a list, of each of its texts. 0: as usual for the type.
    /// </summary>
    public int Characters { get; init; }

    /// <summary>The most items of a list. 0: as usual.</summary>
    public int Items { get; init; }

    /// <summary>True when the command of the mutation answers by data what exceeds it.</summary>
    public bool AsData { get; init; }

    /// <inheritdoc/>
    public override void Modify(FieldType fieldType, bool isInputType) => Limit.State(fieldType);

    /// <inheritdoc/>
    public override void Modify(QueryArgument queryArgument) => Limit.State(queryArgument);

    private Limit Limit => new(Characters == 0 ? null : Characters, Items == 0 ? null : Items, AsData: AsData);
}

/// <summary><c>@limit</c>: the limits as the schema states them.</summary>
public sealed class LimitDirective : Directive
{
    /// <summary>As it is applied.</summary>
    public const string DirectiveName = "limit";

    /// <summary>Describes it.</summary>
    public LimitDirective()
        : base(
            DirectiveName, DirectiveLocation.ArgumentDefinition, DirectiveLocation.InputFieldDefinition,
            DirectiveLocation.Scalar)
    {
        Description =
            "The most that may be given. What exceeds it is refused before anything runs, with BAD_USER_INPUT "
                + "and a message that names the argument, the limit and what was given; "
            + "where a command answers by the errors of its payload, it is INVALID or TOO_LARGE there, but for "
                + "lists of more than five times the limit.";
        Arguments = new QueryArguments(
            new QueryArgument<IntGraphType>
            {
                Name = "characters",
                Description = "Unicode characters (code points) of a text; of a list, of each of its texts.",
            },
            new QueryArgument<IntGraphType> { Name = "items", Description = "Items of a list." },
            new QueryArgument<FloatGraphType> { Name = "bytes", Description = "Bytes of a file." });
    }
}
