using System.Text.Json;
using System.Text.Json.Serialization;
using Messaging.Domain;

namespace Messaging.Application.Commands;

/// <summary>The way from one kind of stream to its state. <see cref="Aggregates"/> has all kinds.</summary>
/// <param name="name">As snapshots name it.</param>
/// <param name="format">Raised whenever the state or its evolution changes: snapshots of another format are not read,
/// their streams are replayed.</param>
internal abstract class Aggregate(string name, int format)
{
    private static readonly JsonSerializerOptions s_json = new() { Converters = { new JsonStringEnumConverter() } };

    public string Name { get; } = name;

    public int Format { get; } = format;

    public static string Snapshot(object state) => JsonSerializer.Serialize(state, state.GetType(), s_json);

    public abstract object? Evolve(object? state, Guid id, object @event);

    public abstract object Restore(string snapshot);

    public abstract bool Owns(object @event);

    public abstract bool HasState(object state);

    /// <summary>True when the stream belongs to a person who may act in the role of their token.</summary>
    public abstract bool MayAct(object state, Actor actor);

    /// <inheritdoc/>
    /// <param name="mayAct">The rule for streams of people; others never act.</param>
    public sealed class Kind<TState, TEvent>(
        string name, int format, Func<TState?, Guid, TEvent, TState?> evolve, Func<TState, Actor, bool>? mayAct = null)
        : Aggregate(name, format)
        where TState : class
    {
        public override object? Evolve(object? state, Guid id, object @event) =>
            evolve((TState?)state, id, (TEvent)@event);

        public override object Restore(string snapshot) => JsonSerializer.Deserialize<TState>(snapshot, s_json)!;

        public override bool Owns(object @event) => @event is TEvent;

        public override bool HasState(object state) => state is TState;

        public override bool MayAct(object state, Actor actor) => mayAct is not null && mayAct((TState)state, actor);
    }
}
