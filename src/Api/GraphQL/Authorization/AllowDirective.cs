using GraphQL.Types;
using GraphQLParser.AST;

namespace Messaging.Api.GraphQL.Authorization;

/// <summary><c>@allow(to: …)</c>: the rules as the schema states them.</summary>
public sealed class AllowDirective : Directive
{
    /// <summary>As it is applied.</summary>
    public const string DirectiveName = "allow";

    /// <summary>The name of its argument.</summary>
    public const string To = "to";

    /// <summary>The name of the argument that says whether API tokens may.</summary>
    public const string ToApiTokens = "toApiTokens";

    /// <summary>The locations that it applies to.</summary>
    public AllowDirective()
        : base(
            DirectiveName, DirectiveLocation.Object, DirectiveLocation.Interface, DirectiveLocation.Union,
            DirectiveLocation.Enum, DirectiveLocation.InputObject, DirectiveLocation.FieldDefinition,
            DirectiveLocation.ArgumentDefinition, DirectiveLocation.InputFieldDefinition, DirectiveLocation.EnumValue)
    {
        Description =
            "The audience that may ask for it. Without one, the rule of the enclosing element holds: of the type for "
                + "a field, of the field for an argument, of the enum for a value. "
                + "Everybody else is answered FORBIDDEN, or UNAUTHENTICATED when not signed in: by an error of the "
                + "field, of a mutation's command in its payload.";
        Arguments = new QueryArguments(
            new QueryArgument<NonNullGraphType<AudienceType>>
            {
                Name = To,
                Description = "The audience that is allowed.",
            },
            new QueryArgument<NonNullGraphType<BooleanGraphType>>
            {
                Name = ToApiTokens,
                DefaultValue = true,
                Description =
                    "True when an API token suffices; otherwise the viewer has to be signed in. A token of the scope "
                        + "READ never runs a mutation.",
            }
        );
    }
}

/// <summary>The sets of people that rules speak of.</summary>
[Allow(Access.Anyone)]
public sealed class AudienceType : EnumerationGraphType
{
    private static readonly (string Name, Access Access, string Description, string Sentence)[] s_audiences =
    [
        ("ANYONE", Access.Anyone, "Even those who are not signed in.", "For anyone."),
        ("SIGNED_IN", Access.SignedIn, "Everybody who is signed in.", "For everybody who is signed in."),
        (
            "OFFICE", Access.Office, "The office: administrators and auditors.",
            "For administrators and auditors."),
        (
            "PARTICIPANTS", Access.Participants, "The authors: administrators and contacts of customers.",
            "For administrators and customers."),
        (
            "ADMINISTRATORS", Access.Administrators, "Administrators of the organisation, owners among them.",
            "For administrators."),
        (
            "AUDITORS_AND_OWNERS", Access.AuditorsAndOwners,
            "Those who read the log of everything: auditors and owners.", "For auditors and owners."),
        ("OWNERS", Access.Owners, "Administrators who are owners of the organisation.", "For owners."),
    ];

    /// <summary>Names them.</summary>
    public AudienceType()
    {
        Name = "Audience";
        Description = "The audience of a field, argument or value.";
        foreach (var (name, access, description, _) in s_audiences) Add(name, access, description);
    }

    /// <summary>True when the schema has a name for it.</summary>
    public static bool Has(Access access) => Array.Exists(s_audiences, a => a.Access == access);

    /// <summary>The rule as people read it: "For administrators."</summary>
    public static string Sentence(Access access) => Array.Find(s_audiences, a => a.Access == access).Sentence;
}
