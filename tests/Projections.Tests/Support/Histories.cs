using Messaging.Domain;
using Messaging.Domain.Conversations;

namespace Messaging.Projections.Tests.Support;

/// <summary>
/// Random histories of conversations, of what the deciders let happen and a little more: the clock stands, jumps and
/// runs backwards.
/// </summary>
public static class Histories
{
    /// <summary>Writes a conversation.</summary>
    /// <param name="customer">Whose it is; Krause's by default.</param>
    /// <returns>It, and what happened in it.</returns>
    public static async Task<(Guid Id, List<(DateTimeOffset At, ConversationEvent Data)> Events)> WriteAsync(
        Office office, Random random, int length, Guid? customer = null)
    {
        var id = Guid.CreateVersion7();
        var events = new List<(DateTimeOffset At, ConversationEvent Data)>();
        var comments = new List<Guid>();
        var status = random.Pick(Enum.GetValues<ConversationStatus>());
        Caller[] people = [office.Anna, office.Bernd, office.Dieter, office.Eva];
        while (events.Count < length)
        {
            var batch = new List<object>();
            if (events.Count == 0)
            {
                batch.Add(
                    new ConversationCreated(
                        customer ?? office.Krause, random.Pick(people).Actor.Participant, "Belege", status,
                        random.Next(2) == 0 ? office.Anna.Actor.Id : null, random.Next(2) == 0)
                );
                batch.Add(Comment(office.Anna, CommentVisibility.Public));
            }

            for (var n = random.Next(1, 4); n > 0; n--)
            {
                switch (random.Next(7))
                {
                    case 0:
                        batch.Add(Comment(random.Pick(office.Dieter, office.Eva), CommentVisibility.Public));
                        break;
                    case 1:
                        batch.Add(
                            Comment(
                                random.Pick(office.Anna, office.Bernd),
                                random.Pick(Enum.GetValues<CommentVisibility>()))
                        );
                        break;
                    case 2 when comments.Count > 0:
                        batch.Add(Office.File(random.Pick([.. comments]), $"Beleg-{events.Count}.pdf", office.Anna));
                        break;
                    case 3:
                        var to = random.Pick(Enum.GetValues<ConversationStatus>());
                        batch.Add(new StatusChanged(status, to, StatusChangeReason.SetByAdministrator));
                        status = to;
                        break;
                    case 4:
                        batch.Add(
                            random.Next(3) == 0
                                ? new AdministratorUnassigned(office.Anna.Actor.Id)
                                : new AdministratorAssigned(office.Bernd.Actor.Id)
                        );
                        break;
                    case 5:
                        var tag = random.Pick("Lohn", "lohn", "Jahresabschluss");
                        batch.Add(random.Next(3) == 0 ? new ConversationUntagged(tag) : new ConversationTagged(tag));
                        break;
                    default:
                        batch.Add(new AdminsNotified(Guid.CreateVersion7()));
                        break;
                }
            }

            await office.AppendAsync(id, batch);
            events.AddRange(batch.Select(e => (office.Now, (ConversationEvent)e)));
            office.Now = office.Now.AddMicroseconds(random.Pick(0, 0, 1, 1000, 60_000_000, -500));
        }

        return (id, events);

        CommentAdded Comment(Caller by, CommentVisibility visibility)
        {
            comments.Add(Guid.CreateVersion7());
            return new CommentAdded(comments[^1], by.Actor.Participant, $"Nummer {comments.Count}", visibility);
        }
    }

    private static T Pick<T>(this Random random, params T[] values) => values[random.Next(values.Length)];
}
