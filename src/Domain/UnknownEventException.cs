using System.Runtime.CompilerServices;

namespace Messaging.Domain;

/// <summary>
/// Something that has to say what each event means says nothing of one. It is a mistake of whoever added the event,
/// never of a caller: a test of <c>tests/Architecture.Tests</c> names each such place.
/// </summary>
/// <param name="event">The event.</param>
/// <param name="place">The place that does not know the event.</param>
public sealed class UnknownEventException(object @event, [CallerMemberName] string place = "")
    : InvalidOperationException($"{place} does not say what the event {@event.GetType().Name} means to it.");
