using System.Collections.Concurrent;
using GraphQLParser;
using GraphQLParser.AST;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// The names of operations that may be seen in metrics and traces. Clients choose names, so that their number has to be
/// bounded: with trusted documents theirs are the names there are; otherwise the first ones that signed-in clients ran.
/// </summary>
internal sealed class OperationNames
{
    /// <summary>Stands for every name that is none of those.</summary>
    public const string Other = "other";

    /// <summary>Stands for having none.</summary>
    public const string None = "unnamed";

    private const int Most = 100;
    private const int Longest = 64;

    private readonly ConcurrentDictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly bool _mayLearn;
    private int _left = Most;

    /// <summary>Takes the names of the trusted documents.</summary>
    public OperationNames(TrustedDocuments trusted)
    {
        _mayLearn = trusted.Texts.Count == 0;
        foreach (var text in trusted.Texts)
        {
            try
            {
                foreach (var operation in Parser.Parse(text).Definitions.OfType<GraphQLOperationDefinition>())
                {
                    if (operation.Name is { } name) _names.TryAdd(name.StringValue, name.StringValue);
                }
            }
            catch (Exception)
            {
                // A document that cannot be parsed has no name to be known by; who asks for it is told why it does not
                // run.
            }
        }
    }

    /// <summary>The name to show for a name.</summary>
    public string Of(string? name) => name is null ? None : _names.GetValueOrDefault(name, Other);

    /// <summary>Records that a signed-in caller has run a valid operation of this name.</summary>
    public void Learn(string? name)
    {
        if (
            !_mayLearn
            || name is not { Length: <= Longest }
            || Volatile.Read(ref _left) <= 0
            || _names.ContainsKey(name)
        )
            return;
        if (Interlocked.Decrement(ref _left) >= 0)
            _names.TryAdd(name, name);
    }
}
