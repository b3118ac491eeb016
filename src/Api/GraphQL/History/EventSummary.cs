using Messaging.Domain;
using Messaging.Domain.Conversations;

namespace Messaging.Api.GraphQL.History;

/// <summary>Events as sentences.</summary>
internal static class EventSummary
{
    /// <summary>The event as a sentence, in German where the locale is <c>de</c>, else in English.</summary>
    public static string Of(object @event, string locale)
    {
        var german = locale == "de";
        return @event switch
        {
            ConversationCreated e => german
                ? $"Gespräch „{e.Subject}“ mit Status {Name(e.Status, german)} begonnen"
                : $"Started conversation “{e.Subject}” with status {Name(e.Status, german)}",
            CommentAdded { Visibility: CommentVisibility.Internal } => german
                ? "Interne Notiz geschrieben"
                : "Wrote an internal note",
            CommentAdded { Body: "" } => german ? "Dateien ohne Text geschickt" : "Sent files without a text",
            CommentAdded => german ? "Kommentar geschrieben" : "Wrote a comment",
            FileAttached e => german ? $"Datei „{e.Name}“ angehängt" : $"Attached file “{e.Name}”",
            StatusChanged { Reason: StatusChangeReason.CustomerReplied } e => german
                ? $"Status von {Name(e.From, german)} auf {Name(e.To, german)} geändert, weil der Kunde geantwortet hat"
                : $"Changed status from {Name(e.From, german)} to {Name(e.To, german)} because the customer replied",
            StatusChanged e => german
                ? $"Status von {Name(e.From, german)} auf {Name(e.To, german)} geändert"
                : $"Changed status from {Name(e.From, german)} to {Name(e.To, german)}",
            AdministratorAssigned => german
                ? "Zuständigen Administrator bestimmt"
                : "Assigned the responsible administrator",
            AdministratorUnassigned => german ? "Zuständigkeit aufgehoben" : "Unassigned the responsible administrator",
            ConversationTagged e => german ? $"Schlagwort „{e.Tag}“ vergeben" : $"Added the tag “{e.Tag}”",
            ConversationUntagged e => german ? $"Schlagwort „{e.Tag}“ entfernt" : $"Removed the tag “{e.Tag}”",
            AdminsNotified => german ? "Alle Administratoren benachrichtigt" : "Notified every administrator",
            _ => throw new UnknownEventException(@event),
        };
    }

    private static string Name(ConversationStatus status, bool german) => (status, german) switch
    {
        (ConversationStatus.Open, true) => "offen",
        (ConversationStatus.Attention, true) => "aufmerksam",
        (ConversationStatus.Answered, true) => "beantwortet",
        (ConversationStatus.Open, false) => "open",
        (ConversationStatus.Attention, false) => "attention",
        (ConversationStatus.Answered, false) => "answered",
    };
}
