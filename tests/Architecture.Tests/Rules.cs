using System.Text.RegularExpressions;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Messaging.Architecture.Tests;

/// <summary>Each rule names what breaks it in an assembly.</summary>
internal static partial class Rules
{
    /// <summary>
    /// Methods that read for a caller what not everybody sees, and ask neither <c>Visibility</c> nor
    /// <c>LimitedAccess</c>, be it by a method of the same type. Lambdas belong to the method that has them.
    /// </summary>
    public static IEnumerable<string> ReadersOfEverything(AssemblyDefinition assembly)
    {
        var methods = (
            from type in assembly.MainModule.GetTypes()
            from method in type.Methods
            where method.HasBody
            group method by (Owner: OwnerOf(type), Name: WrittenName(method))).ToList();
        var keeping = methods
            .Where(m => Calls(m).Any(c => c.DeclaringType.Name is "Visibility" or "LimitedAccess"))
            .Select(m => m.Key)
            .ToHashSet();
        for (var before = 0; before < keeping.Count;)
        {
            before = keeping.Count;
            keeping.UnionWith(methods
                .Where(m => Calls(m).Any(c =>
                    c.DeclaringType.FullName == m.Key.Owner.FullName && keeping.Contains((m.Key.Owner, c.Name))))
                .Select(m => m.Key)
                .ToList());
        }

        return methods
            .Where(m => m.Any(HasCaller) || m.Key.Owner.Fields.Any(f => IsCaller(f.FieldType)))
            .Where(m => !keeping.Contains(m.Key) && m.Any(ReadsWhatIsHidden))
            .Select(m => $"{m.Key.Owner.Name}.{m.Key.Name}")
            .Order();

        static TypeDefinition OwnerOf(TypeDefinition type) =>
            type.DeclaringType is { } outer ? OwnerOf(outer) : type;

        static string WrittenName(MethodDefinition method)
        {
            if (Written().Match(method.Name) is { Success: true } lambda) return lambda.Groups[1].Value;
            for (var type = method.DeclaringType; type is not null; type = type.DeclaringType)
            {
                if (Written().Match(type.Name) is { Success: true } machine) return machine.Groups[1].Value;
            }

            return method.Name;
        }

        static IEnumerable<MethodReference> Calls(IEnumerable<MethodDefinition> methods) =>
            methods.SelectMany(m => m.Body.Instructions).Select(i => i.Operand).OfType<MethodReference>();

        static bool IsCaller(TypeReference type) => type.FullName == "Messaging.Domain.Caller";

        static bool HasCaller(MethodDefinition method) => method.Parameters.Any(p => IsCaller(p.ParameterType));

        static bool ReadsWhatIsHidden(MethodDefinition method) =>
            method.Body.Instructions.Any(i => i.Operand is string text && OfHidden().IsMatch(text));
    }

    /// <summary>Assemblies that it refers to and may not.</summary>
    public static IEnumerable<string> ForeignReferences(AssemblyDefinition assembly, Regex allowed) =>
        assembly.MainModule.AssemblyReferences.Select(r => r.Name).Where(name => !allowed.IsMatch(name));

    /// <summary>The product's namespaces that the code of one uses.</summary>
    public static IEnumerable<string> NamespacesUsedBy(AssemblyDefinition assembly, string from) =>
        assembly
            .Instructions()
            .Where(i => i.Writer.Namespace == from)
            .Select(i => i.Instruction.Operand switch
            {
                MemberReference { DeclaringType: { } type } => Outermost(type).Namespace,
                TypeReference type => Outermost(type).Namespace,
                _ => "",
            })
            .Where(name => name.StartsWith("Messaging.", StringComparison.Ordinal))
            .Distinct();

    /// <summary>Names that say nothing of what a type does, or announce a layer that passes through.</summary>
    public static IEnumerable<string> EmptyNames(AssemblyDefinition assembly) =>
        assembly.Types().Select(t => t.Name.Split('`')[0]).Where(name => EmptyName().IsMatch(name));

    /// <summary>Folders of a layer that go by a name of their own.</summary>
    public static IEnumerable<string> StrangeFolders(
        IEnumerable<string> folders, IEnumerable<string> capabilities, IEnumerable<string> kernels) =>
        folders.Except(capabilities).Except(kernels);

    /// <summary>Types that append events, by Marten or by SQL of their own.</summary>
    public static IEnumerable<string> WritersOfEvents(AssemblyDefinition assembly) =>
        assembly.Instructions().Where(i => AppendsEvents(i.Instruction)).Select(i => i.Writer.FullName).Distinct();

    /// <summary>Types that make statements of text and numbered parameters.</summary>
    public static IEnumerable<string> WritersOfStatements(AssemblyDefinition assembly) =>
        assembly.Instructions().Where(i => MakesStatement(i.Instruction)).Select(i => i.Writer.FullName).Distinct();

    /// <summary>
    /// Types that look a column of a row up by its name, by whichever class of reader or record.
    /// </summary>
    public static IEnumerable<string> ReadersByName(AssemblyDefinition assembly) =>
        assembly.Instructions().Where(i => ReadsByName(i.Instruction)).Select(i => i.Writer.FullName).Distinct();

    /// <summary>
    /// Calls whose result another run would not repeat: clocks, made-up ids, chance, the surroundings.
    /// </summary>
    public static IEnumerable<string> Impurities(AssemblyDefinition assembly) =>
        assembly.Instructions()
            .Where(i => i.Instruction.Operand is MethodReference method && IsImpure(method))
            .Select(i => $"{i.Writer.Name}: {((MethodReference)i.Instruction.Operand).Name}");

    /// <summary>Concrete facts, wants and refusals that are not sealed records.</summary>
    public static IEnumerable<string> OpenFacts(AssemblyDefinition assembly) =>
        Facts(assembly).Where(t => !t.IsSealed || !t.IsRecord()).Select(t => t.FullName);

    /// <summary>Concrete facts, wants and refusals: what derives from an abstract record named so.</summary>
    public static IEnumerable<TypeDefinition> Facts(AssemblyDefinition assembly) =>
        assembly.Types().Where(t => !t.IsAbstract && t.DerivesFrom(b => Fact().IsMatch(b.FullName)));

    /// <summary>Properties that can be set after construction.</summary>
    public static IEnumerable<string> MutableProperties(IEnumerable<TypeDefinition> types) =>
        from type in types
        from property in type.Properties
        where
            property.SetMethod is { } setter
            && setter.ReturnType is not RequiredModifierType { ModifierType.Name: "IsExternalInit" }
        select $"{type.Name}.{property.Name}";

    /// <summary>
    /// Methods that tell some events of a family from one another, and say nothing of the others: whoever adds an event
    /// is told of each place that has to say what it means there.
    /// </summary>
    /// <param name="events">All events that there are.</param>
    public static IEnumerable<string> SilentSwitches(
        AssemblyDefinition assembly, IReadOnlyCollection<TypeDefinition> events)
    {
        var families = events.Select(e => e.BaseType.FullName).Append(OfAnybody).Distinct().ToList();
        foreach (var method in assembly.MainModule.GetTypes().SelectMany(t => t.Methods).Where(m => m.HasBody))
        {
            var told = method
                .Body.Instructions.Where(i => i.OpCode == OpCodes.Isinst)
                .Select(i => ((TypeReference)i.Operand).Resolve())
                .Where(t => t is not null)
                .Distinct()
                .ToList();
            foreach (var family in families.Where(f => told.Count(t => t.FullName != f && t.Is(f)) > 1))
            {
                var silent = events.Where(e => e.Is(family) && !told.Any(t => e.Is(t.FullName))).Select(e => e.Name);
                if (silent.Any()) yield return $"{method.FullName} says nothing of {string.Join(", ", silent)}";
            }
        }
    }

    /// <summary>Deciders that could hold something between two decisions.</summary>
    public static IEnumerable<string> DecidersWithState(AssemblyDefinition assembly) =>
        assembly.Types()
            .Where(t => t.Name.EndsWith("Decider", StringComparison.Ordinal)
                && !(t.IsAbstract && t.IsSealed && t.Fields.All(f => f.IsInitOnly || f.IsLiteral)))
            .Select(t => t.FullName);

    /// <summary>Enums that do not say whether they are stored.</summary>
    public static IEnumerable<string> UnmarkedEnums(AssemblyDefinition assembly) =>
        assembly.Types().Where(t => t.IsEnum && StoredName(t) is null).Select(t => t.Name);

    /// <summary>
    /// Everything that is marked as stored, a line each: names, the fields of events and messages, the members and
    /// numbers of enums, constants.
    /// </summary>
    public static IEnumerable<string> StoredNames(AssemblyDefinition assembly)
    {
        foreach (var type in assembly.Types())
        {
            foreach (var field in type.Fields.Where(f => f.HasConstant && StoredName(f) is not null))
                yield return $"constant {StoredName(field)} = "
                    + $"{(field.Constant is long number ? $"0x{number:x}" : field.Constant)}";
            if (StoredName(type) is not { } name) continue;
            if (type.IsEnum)
            {
                foreach (var member in type.Fields.Where(f => f.HasConstant))
                    yield return $"enum {name} {member.Name} = {member.Constant}";
                continue;
            }

            if (type.DerivesFrom(b => b.FullName == "Messaging.Application.Commands.Command"))
            {
                yield return $"command {name}";
                continue;
            }

            var kind = type.DerivesFrom(b => b.Name.EndsWith("Event", StringComparison.Ordinal)) ? "event" : "message";
            yield return $"{kind} {name}";
            foreach (var property in type.Properties.Where(p => p.GetMethod is { IsPublic: true, IsStatic: false }))
                yield return $"{kind} {name} {char.ToLowerInvariant(property.Name[0])}{property.Name[1..]}";
        }
    }

    /// <summary>What something is marked as; null when it is not.</summary>
    public static string? StoredName(ICustomAttributeProvider marked) =>
        marked
            .CustomAttributes.FirstOrDefault(a => a.AttributeType.FullName == "Messaging.Domain.StoredAttribute")
            ?.ConstructorArguments[0]
            .Value as string;

    // What means the same to administrators and contacts is a family, too.
    private const string OfAnybody = "Messaging.Domain.Accounts.PersonEvent/IOfAnybody";

    /// <summary>Whether it is a type, derives from it, or has it as an interface.</summary>
    public static bool Is(this TypeDefinition type, string name) =>
        type.FullName == name
        || type.DerivesFrom(b => b.FullName == name)
        || type.Interfaces.Any(i => i.InterfaceType.FullName == name || i.InterfaceType.Resolve()?.Is(name) == true);

    private static TypeReference Outermost(TypeReference type) =>
        type.GetElementType() is { DeclaringType: { } outer } ? Outermost(outer) : type.GetElementType();

    private static bool AppendsEvents(Instruction instruction) =>
        instruction.Operand switch
        {
            MethodReference method => Append().IsMatch(method.Name)
                && MartensEvents().IsMatch(method.DeclaringType.FullName),
            string text => EventSql().IsMatch(text),
            _ => false,
        };

    private static bool MakesStatement(Instruction instruction) =>
        instruction.Operand is MethodReference method
        && (method.DeclaringType.FullName, method.Name)
            is ("Npgsql.NpgsqlCommand" or "Npgsql.NpgsqlBatchCommand", ".ctor")
                or ("Npgsql.NpgsqlDataSource" or "Npgsql.NpgsqlConnection", "CreateCommand")
                or ("Marten.IDocumentOperations", "QueueSqlCommand");

    private static bool ReadsByName(Instruction instruction) =>
        instruction.Operand is MethodReference method
        && method.DeclaringType.FullName is "System.Data.Common.DbDataReader" or "System.Data.IDataRecord"
            or "Npgsql.NpgsqlDataReader" or "System.Data.Common.DbDataReaderExtensions"
                or "System.Data.DataReaderExtensions"
        && (method.Name == "GetOrdinal"
            || (method.Parameters.LastOrDefault(p => p.ParameterType.FullName == "System.String") is { }
                && (method.Name.StartsWith("Get", StringComparison.Ordinal)
                    || method.Name is "get_Item" or "IsDBNull" or "IsDBNullAsync")));

    private static bool IsImpure(MethodReference method) =>
        (method.DeclaringType.FullName, method.Name) switch
        {
            ("System.DateTime" or "System.DateTimeOffset", "get_Now" or "get_UtcNow" or "get_Today") => true,
            ("System.Guid", "NewGuid" or "CreateVersion7") => true,
            ("System.Random" or "System.Environment" or "System.TimeProvider" or "System.Diagnostics.Stopwatch", _) =>
                true,
            ("System.Security.Cryptography.RandomNumberGenerator", _) => true,
            var (type, _) => type.StartsWith("System.IO.", StringComparison.Ordinal)
                || type.StartsWith("System.Net.", StringComparison.Ordinal)
                || type.StartsWith("System.Threading.", StringComparison.Ordinal),
        };

    [GeneratedRegex("(Repository|Service|Manager|Helper|Helpers|Util|Utils|Utilities)$")]
    private static partial Regex EmptyName();

    [GeneratedRegex(@"^(Append|StartStream|WriteToAggregate|WriteExclusivelyToAggregate|BulkInsertEvents)")]
    private static partial Regex Append();

    [GeneratedRegex(@"^(Marten|JasperFx\.Events)\.")]
    private static partial Regex MartensEvents();

    [GeneratedRegex(
        @"(insert\s+into|update|delete\s+from|truncate|copy)\s+(only\s+)?(messaging\.)?mt_(events|streams|quick_append)",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex EventSql();

    // The name of the method that the compiler made another one, or a type, of.
    [GeneratedRegex("<([A-Za-z0-9_]+)>")]
    private static partial Regex Written();

    [GeneratedRegex(
        @"\b(from|join)\s+messaging\.(conversations|comments|files|subjects|conversation_tags|notifications|customers|"
            + @"contacts)\b")]
    private static partial Regex OfHidden();

    [GeneratedRegex(@"^Messaging\..*\.(\w*Event|\w*Command|Refusal)$")]
    private static partial Regex Fact();
}
