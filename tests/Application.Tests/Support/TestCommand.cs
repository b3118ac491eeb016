using Messaging.Application.Commands;
using Messaging.Domain;

namespace Messaging.Application.Tests.Support;

/// <summary>A command whose decision a test writes.</summary>
[Stored("TestCommand")]
internal sealed record TestCommand(Caller Caller, Func<UnitOfWork, Refusal?> Decision, params Guid[] Streams)
    : Command(Caller)
{
    /// <summary>The database refuses its write when the group commits, not before: JSON cannot hold U+0000.</summary>
    public static TestCommand ThatCannotBeWritten(Caller caller, Guid stream) => new(
        caller,
        work =>
        {
            var nul = """{ "text": "\u0000" }""";
            work.Write($"update messaging.snapshots set state = {nul}::jsonb where stream_id = {stream}");
            return null;
        });

    internal override void Read(ReadSet reads)
    {
        foreach (var stream in Streams) reads.Stream(stream);
    }

    internal override Refusal? Decide(UnitOfWork work) => Decision(work);
}
