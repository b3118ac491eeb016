using Messaging.Domain;

namespace Messaging.Application.Commands;

/// <summary>The headers that every event has in the store: who acted, as what, and by which API token.</summary>
internal static class EventHeaders
{
    /// <summary>The <see cref="ParticipantKind"/> of the actor.</summary>
    [Stored("header_actor_kind")]
    public const string ActorKind = "actor_kind";

    /// <summary>The actor's stream.</summary>
    [Stored("header_actor_id")]
    public const string ActorId = "actor_id";

    /// <summary>The <see cref="Role"/> of the actor.</summary>
    [Stored("header_actor_role")]
    public const string ActorRole = "actor_role";

    /// <summary>The API token that the command came with; missing where there was none.</summary>
    [Stored("header_api_token")]
    public const string ApiToken = "api_token";
}
