namespace Messaging.Api.GraphQL.Transport;

/// <summary>A subscriber did not take what it was sent; it is let go rather than kept in memory.</summary>
public sealed class SlowSubscriberException() : Exception("The subscriber takes its updates too slowly.");
