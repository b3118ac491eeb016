using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Messaging.TestSupport.Telemetry;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Observability;

/// <summary>What happens can be followed, from a request to what comes of it much later.</summary>
public sealed class TraceTests(Observed observed) : IClassFixture<Observed>
{
    private const int Server = 2;

    private const string Comment =
        "mutation Reply($id: ID!, $body: String!) { addComment(input: { conversationId: $id, body: $body }) { "
            + "comment { id } errors { code } } }";

    [Fact]
    public async Task A_comment_can_be_followed_from_the_request_to_the_mails()
    {
        var dieter = await observed.Product.SignInAsync(Observed.Dieter);
        var body = $"Hier sind die Belege {Guid.NewGuid():N}";
        await dieter.QueryAsync(Comment, new { id = await observed.ConversationAsync(dieter), body });
        await observed.Product.Mail.WaitForAsync(
            mails => mails.Any(m => m.Message.TextBody!.Contains(body, StringComparison.Ordinal)),
            TimeSpan.FromSeconds(60));

        // A span is exported when it has ended: one's parent after it.
        var all = await observed.Collector.WaitForAsync(spans =>
            SentIn(spans).Count() >= 2 && SentIn(spans).All(s => WayTo(s, spans)[0].Kind == Server)
        );
        var sent = SentIn(all).ToList();
        foreach (var mail in sent)
        {
            var way = WayTo(mail, all);
            string[] begin = ["POST /graphql", "mutation Reply", "resolve addComment", "command AddComment"];
            string[] message = ["plan notifications", "create emails"], end = ["process emails", "SMTP send"];

            // Where all places are taken when its message comes, it goes later, without the message.
            var names = way.Select(s => s.Name).ToList();
            (names.SequenceEqual([.. begin, .. message, .. end]) || names.SequenceEqual([.. begin, .. end]))
                .ShouldBeTrue(string.Join(" > ", names));
            way.Select(s => s.Start).ShouldBeInOrder();
            way[0].Kind.ShouldBe(Server);
            way.ShouldAllBe(s => !s.IsError);
        }

        var trace = all.Where(s => s.TraceId == sent[0].TraceId).ToList();
        var command = trace.Single(s => s.Name == "command AddComment");
        command.Attributes["outcome"].ShouldBe("Accepted");

        // That a mail was sent is an event, too, and commits later in the same trace.
        var commit = trace.Single(s => s.Name == "commit" && s.ParentId == command.Id);
        trace.Count(s => s.Scope == "Npgsql" && s.ParentId == commit.Id).ShouldBeGreaterThan(0);
        trace
            .Count(s => s.Scope == "Npgsql" && WayTo(s, all).Any(p => p.Name == "process emails"))
            .ShouldBeGreaterThan(0);
        trace
            .Single(s => s.Name == "mutation Reply")
            .Attributes.ShouldBe(
                new Dictionary<string, string>
                {
                    ["graphql.operation.type"] = "mutation",
                    ["graphql.operation.name"] = "Reply",
                    ["outcome"] = "ok",
                },
                ignoreOrder: true
            );

        IEnumerable<ExportedSpan> SentIn(IReadOnlyList<ExportedSpan> spans) =>
            from span in spans
            where span.Name == "SMTP send" && spans.Any(s => s.Name == "mutation Reply" && s.TraceId == span.TraceId)
            select span;
    }

    [Fact]
    public async Task Commands_that_commit_together_are_linked_with_their_commit()
    {
        var dieter = await observed.Product.SignInAsync(Observed.Dieter);
        var id = await observed.ConversationAsync(dieter);
        const string together =
            "mutation Together($id: ID!, $body: String!) { addComment(input: { conversationId: $id, body: $body "
                + "}) { errors { code } } }";
        await Task.WhenAll(
            Enumerable.Range(0, 40).Select(i => dieter.QueryAsync(together, new { id, body = $"Nachricht {i}" })));

        var all = await observed.Collector.WaitForAsync(spans =>
            CommandsOf(spans).Count() == 40 && CommandsOf(spans).All(c => CommitOf(c, spans) is not null)
        );
        var groups = CommandsOf(all).GroupBy(c => CommitOf(c, all)!).ToList();
        groups.ShouldContain(g => g.Count() > 1, "forty at once, and each on its own?");
        foreach (var group in groups) group.Key.Attributes["commands"].ShouldBe($"{group.Count()}");

        static IEnumerable<ExportedSpan> CommandsOf(IReadOnlyList<ExportedSpan> spans) =>
            from command in spans
            where
                command.Name == "command AddComment"
                && spans.Any(s => s.Name == "mutation Together" && s.TraceId == command.TraceId)
            select command;

        // The first is its parent; the others and it know each other by links.
        static ExportedSpan? CommitOf(ExportedSpan command, IReadOnlyList<ExportedSpan> spans) =>
            spans.SingleOrDefault(s =>
                s.Name == "commit"
                && (
                    s.ParentId == command.Id || (s.Links.Contains(command.Context) && command.Links.Contains(s.Context))
                )
            );
    }

    [Fact]
    public async Task A_refused_command_and_a_refused_mail_are_seen_as_such()
    {
        var anna = await observed.Product.SignInAsync(Observed.Anna);
        var id = await observed.ConversationAsync(anna);
        await anna.QueryAsync(
            "mutation Late($id: ID!) { changeStatus(input: { conversationIds: [$id], status: OPEN, "
                + "expectedVersion: 1 }) { errors { code } } }",
            new { id }
        );
        var all = await observed.Collector.WaitForAsync(spans => spans.Any(s => s.Name == "mutation Late"));
        var late = all.Single(s => s.Name == "mutation Late");
        var command = all.Single(s => s.TraceId == late.TraceId && s.Name == "command ChangeStatus");
        command.Attributes["outcome"].ShouldBe("Conflict");
        command.IsError.ShouldBeFalse();

        // Mails of before may still be on their way, and meet the same.
        observed.Product.Mail.Always(
            SmtpStep.RcptTo, SmtpReaction.Reply(550, $"5.1.1 <{Observed.Dieter}>: no such user"));
        await anna.QueryAsync(
            Comment.Replace("Reply", "Vain", StringComparison.Ordinal), new { id, body = "Das kommt nicht an." });
        all = await observed.Collector.WaitForAsync(spans =>
            FailedIn(spans).Any() && WayTo(FailedIn(spans).First(), spans)[0].Name == "POST /graphql"
        );
        observed.Product.Mail.BehaveAgain();
        var process = FailedIn(all).First();
        process.IsError.ShouldBeTrue();
        process.Attributes["error.type"].ShouldBe("EmailRefusedException");
        all.Single(s => s.ParentId == process.Id && s.Name == "SMTP send").IsError.ShouldBeTrue();

        IEnumerable<ExportedSpan> FailedIn(IReadOnlyList<ExportedSpan> spans) =>
            spans.Where(s =>
                s.Attributes.GetValueOrDefault("outcome") == "failed"
                && spans.Any(m => m.Name == "mutation Vain" && m.TraceId == s.TraceId)
            );
    }

    [Fact]
    public async Task What_happens_on_a_socket_has_traces_of_its_own_that_lead_to_it()
    {
        var anna = await observed.Product.SignInAsync(Observed.Anna);
        var id = await observed.ConversationAsync(anna);
        await using (var live = await LiveClient.OpenAsync(observed.Product.Address, anna))
        {
            await live.SubscribeAsync(
                "1", "subscription Watch { conversationsUpdated { conversation { id lastComment { body } } } }");
            await anna.QueryAsync(
                Comment.Replace("Reply", "Seen", StringComparison.Ordinal), new { id, body = "Das sehen alle." });
            ((string?)(await live.ReceiveAsync())?["type"]).ShouldBe("next");
        }

        var all = await observed.Collector.WaitForAsync(spans =>
            spans.Any(s => s.Name == "subscription update")
            && spans.Any(s => s.Name == "subscription Watch")
            && spans.Any(s => s.Attributes.GetValueOrDefault("http.response.status_code") == "101")
        );
        var connection = all.Single(s => s.Attributes.GetValueOrDefault("http.response.status_code") == "101");
        var watch = all.Single(s => s.Name == "subscription Watch");
        watch.ParentId.ShouldBeEmpty();
        watch.Kind.ShouldBe(Server);
        watch.Links.ShouldBe([connection.Context]);
        var update = all.First(s => s.Name == "subscription update");
        update.Links.ShouldBe([watch.Context]);
        all.Where(s => s.TraceId == connection.TraceId).ShouldHaveSingleItem();
        all.ShouldContain(s => s.Scope == "Npgsql" && s.ParentId == update.Id);
    }

    [Fact]
    public async Task What_nobody_asked_for_leaves_no_trace()
    {
        await observed.Product.Http.GetAsync(
            new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
        await observed.Product.Anonymous.SendAsync("query Last { __typename }");
        var all = await observed.Collector.WaitForAsync(spans =>
            spans.Any(s =>
                s.Name == "query Last"
                || (s.Name == "query" && s.Attributes.GetValueOrDefault("graphql.operation.name") == "other")
            )
        );
        all.Where(s => s.Scope == "Npgsql")
            .ShouldAllBe(s => s.ParentId != "", "statements in the background are nobody's");
        all.ShouldNotContain(s =>
            s.Attributes.GetValueOrDefault("url.path", "").StartsWith("/health", StringComparison.Ordinal)
        );
    }

    /// <summary>A span and what it comes from, from the first on.</summary>
    private static List<ExportedSpan> WayTo(ExportedSpan span, IReadOnlyList<ExportedSpan> all)
    {
        var way = new List<ExportedSpan>();
        for (var at = span; at is not null; at = all.SingleOrDefault(s => s.Id == at.ParentId)) way.Insert(0, at);
        return way;
    }
}
