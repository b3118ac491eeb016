using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Messaging.Architecture.Tests;

/// <summary>The product as it was built and as it is written.</summary>
internal static class Product
{
    public static readonly string Root = FindRoot();

    public static readonly AssemblyDefinition Domain = Read("Messaging.Domain");
    public static readonly AssemblyDefinition Application = Read("Messaging.Application");
    public static readonly AssemblyDefinition Projections = Read("Messaging.Projections");
    public static readonly AssemblyDefinition Api = Read("Messaging.Api");

    public static readonly IReadOnlyList<AssemblyDefinition> All = [Domain, Application, Projections, Api];

    /// <summary>
    /// This assembly: what is planted in it breaks the rules, so that a rule that finds nothing is found out.
    /// </summary>
    public static readonly AssemblyDefinition Planted = Read("Messaging.Architecture.Tests");

    /// <summary>Types as somebody wrote them, nested ones included; the compiler's own are left out.</summary>
    public static IEnumerable<TypeDefinition> Types(this AssemblyDefinition assembly) =>
        assembly
            .MainModule.GetTypes()
            .Where(t =>
                t.Name != "<Module>"
                && !t.Name.Contains('<')
                && t.Namespace != "Microsoft.CodeAnalysis"
                && !(t.Namespace ?? "").StartsWith("System", StringComparison.Ordinal)
            );

    /// <summary>
    /// Every instruction, with the written type that it ends up in: lambdas and state machines belong to whoever wrote
    /// them.
    /// </summary>
    public static IEnumerable<(TypeDefinition Writer, Instruction Instruction)> Instructions(
        this AssemblyDefinition assembly) =>
        from type in assembly.MainModule.GetTypes()
        from method in type.Methods
        where method.HasBody
        from instruction in method.Body.Instructions
        select (Outermost(type), instruction);

    public static bool IsRecord(this TypeDefinition type) =>
        type.Methods.Any(m => m.Name is "<Clone>$" or "PrintMembers");

    /// <summary>Whether the type derives, directly or not, from one that is named so.</summary>
    public static bool DerivesFrom(this TypeDefinition type, Func<TypeReference, bool> isBase)
    {
        for (var at = type.BaseType; at is not null; at = Resolve(at)?.BaseType)
        {
            if (isBase(at)) return true;
        }

        return false;
    }

    public static IEnumerable<string> SourceFiles(string folder) =>
        Directory
            .EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(f =>
                !Path.GetRelativePath(Root, f).Split('/', '\\').Any(part => part is "bin" or "obj" or "node_modules")
            );

    private static TypeDefinition Outermost(TypeDefinition type)
    {
        while (type.DeclaringType is not null) type = type.DeclaringType;
        return type;
    }

    private static TypeDefinition? Resolve(TypeReference type)
    {
        try
        {
            return type.Resolve();
        }
        catch (AssemblyResolutionException)
        {
            // Of the framework: no base of ours is beyond it.
            return null;
        }
    }

    private static AssemblyDefinition Read(string name)
    {
        var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(AppContext.BaseDirectory);
        return AssemblyDefinition.ReadAssembly(
            Path.Combine(AppContext.BaseDirectory, name + ".dll"),
            new ReaderParameters { AssemblyResolver = resolver });
    }

    private static string FindRoot()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Messaging.sln"))) return at.FullName;
        }

        throw new InvalidOperationException("The tests run from a build inside the checkout.");
    }
}
