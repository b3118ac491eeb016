namespace Messaging.Domain;

/// <summary>
/// Marks a name that is data: databases, receipts, tokens or logs of before hold it. The C# name may change, the stored
/// name and the fields never do. <c>tests/Architecture.Tests/Approved/stored-names.txt</c> holds the list of them.
/// </summary>
/// <param name="name">
/// For an event, its type in the store. For a command, its name in receipts and metrics. For an enum, whose members are
/// stored by name or number, and of a constant, whose value is stored, what the list calls it.
/// </param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Enum | AttributeTargets.Field, Inherited = false)]
public sealed class StoredAttribute(string name) : Attribute
{
    /// <summary>The stored name.</summary>
    public string Name { get; } = name;
}
