using System.Text.Json;
using System.Text.Json.Nodes;
using GraphQL;
using GraphQL.Types;
using GraphQLParser;
using GraphQLParser.AST;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.Tests.Clients;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Security;

/// <summary>
/// Everything in the schema states who may ask for it, and the product keeps to it: whatever the schema has is asked
/// for by every role, by operations that are made from the schema itself.
/// </summary>
public sealed class StatedAccessTests(StatedAccessTests.Started started) : IClassFixture<StatedAccessTests.Started>
{
    private static readonly Dictionary<string, Access> s_roles = new()
    {
        ["nobody"] = Access.Anonymous,
        ["owner"] = Access.Owners,
        ["administrator"] = Access.OtherAdministrators,
        ["auditor"] = Access.Auditors,
        ["customer"] = Access.Customers,
    };

    // What fields have to be given; ids as in PermissionTests.
    private static readonly Dictionary<string, string> s_arguments = new()
    {
        ["Query.auditProof"] = """eventId: "{event}" """,
        ["Query.conversation"] = """id: "{conversation}" """,
        ["Query.customerImport"] = """id: "{import}" """,
        ["Query.customer"] = """id: "{customer}" """,
        ["Query.deliveries"] = """filter: { conversationId: "{conversation}" states: [SENT] }""",
        ["Query.node"] = """id: "{conversation}" """,
        ["Reports.activity"] = """from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z", interval: WEEK""",
        ["Reports.backlogs"] = """at: ["2026-01-01T00:00:00Z"]""",
        ["Reports.customerAnswerTime"] = Lately,
        ["Reports.notifications"] = Lately,
        ["Reports.officeReplyTime"] = Lately,
        ["Reports.resolutionTime"] = Lately,
        ["NotificationFigures.conversations"] = "of: IN_PROFILE",
        ["WeeklyReport.entries"] = "of: CAME_IN",
        ["Subscription.conversationUpdated"] = """id: "{conversation}" """,
        ["Subscription.writingInConversation"] = """conversationId: "{conversation}" """,
    };

    // With what there is.
    private static string Lately =>
        $"from: \"{DateTime.UtcNow.AddDays(-1000):O}\", to: \"{DateTime.UtcNow.AddDays(90):O}\"";

    // What mutations are given, so that they are done when they are allowed. uploadFile is no plain request.
    private static readonly Dictionary<string, string> s_inputs = new()
    {
        ["signIn"] = """{ email: "nobody@nowhere.example", password: "wrong-password" }""",
        ["acceptInvitation"] = """{ token: "guessed", password: "long-enough" }""",
        ["requestPasswordReset"] = """{ email: "{who}@nowhere.example" }""",
        ["resetPassword"] = """{ token: "guessed", password: "long-enough" }""",
        ["sendPasswordReset"] = """{ id: "{guest}" }""",
        ["requestEmailChange"] = """{ email: "{who}@nowhere.example", currentPassword: "wrong-password" }""",
        ["sendEmailChange"] = """{ id: "{guest}", email: "{who}@nowhere.example" }""",
        ["withdrawEmailChange"] = "{}",
        ["openEmailChange"] = """{ token: "guessed" }""",
        ["confirmEmailChange"] = """{ token: "guessed" }""",
        ["createConversation"] = """{ customerId: "{customer}", subject: "S", body: "B" }""",
        ["addComment"] = """{ conversationId: "{conversation}", body: "B" }""",
        ["discardFile"] = """{ id: "{unwanted}" }""",
        ["announceWriting"] = """{ conversationId: "{conversation}" }""",
        ["changeStatus"] = """{ conversationIds: ["{conversation}"], status: ATTENTION }""",
        ["assignAdministrator"] = """{ conversationIds: ["{conversation}"], administratorId: "{administrator}" }""",
        ["notifyAdministrators"] = """{ conversationIds: ["{conversation}"] }""",
        ["markConversationRead"] = """{ conversationId: "{conversation}" }""",
        ["markNotificationsRead"] = "{ all: true }",
        ["resendDelivery"] = """{ id: "{delivery}" }""",
        ["updateNotificationPreferences"] = "{ emailFor: [ASSIGNED] }",
        ["subscribeToPush"] = """{ endpoint: "https://fcm.googleapis.com/fcm/send/{who}" }""",
        ["unsubscribeFromPush"] = """{ endpoint: "https://fcm.googleapis.com/fcm/send/{who}" }""",
        ["updateOrganisationSettings"] = """{ timeZone: "Europe/Vienna" }""",
        ["inviteAdministrator"] = """{ email: "{who}.new@kanzlei.example", displayName: "N" }""",
        ["registerCustomer"] = """{ name: "C" }""",
        ["checkCustomerImport"] = """{ fileId: "{conversation}" }""",
        ["startCustomerImport"] = """{ id: "{conversation}", digest: "D" }""",
        ["inviteImportedContacts"] = """{ id: "{conversation}" }""",
        ["discardCustomerImport"] = """{ id: "{conversation}" }""",
        ["updateCustomer"] = """{ id: "{customer}", notes: "N", tags: ["T"] }""",
        ["assignDefaultAdministrator"] = """{ id: "{customer}", administratorId: "{administrator}" }""",
        ["endCustomer"] = """{ id: "{customer}", on: "2199-12-31" }""",
        ["resumeCustomer"] = """{ id: "{customer}" }""",
        ["inviteContact"] = """{ customerId: "{customer}", email: "{who}.new@krause.example", displayName: "N" }""",
        ["withdrawInvitation"] = """{ id: "{conversation}" }""",
        ["reactivateContact"] = """{ id: "{conversation}" }""",
        ["reactivateAdministrator"] = """{ id: "{conversation}" }""",
        ["changeAdministratorRole"] = """{ id: "{conversation}", role: AUDITOR }""",
        ["resendInvitation"] = """{ id: "{guest}" }""",
        ["tagConversations"] = """{ conversationIds: ["{conversation}"], add: ["Dringend"] }""",
        ["setContactTopics"] = """{ id: "{guest}", topics: ["Lohn"] }""",
        ["setAbsence"] = """{ absence: { from: "2026-01-02", to: "2026-01-01" } }""",
        ["setAdministratorAccess"] = """{ id: "{conversation}", access: { all: true } }""",
        ["deactivateContact"] = """{ id: "{leaver}" }""",
        ["updateProfile"] = """{ locale: "de" }""",
        ["changePassword"] = """{ currentPassword: "wrong-password", newPassword: "long-enough" }""",
        ["deactivateAdministrator"] = """{ id: "{leaving}" }""",
        ["refreshSession"] = "",
        ["signOut"] = "",
        ["endSession"] = """{ id: "{conversation}" }""",
        ["endOtherSessions"] = "",
        ["switchAccount"] = """{ organisationId: "{conversation}", personId: "{conversation}" }""",
        ["joinAccounts"] = """{ email: "{who}@nowhere.example", password: "wrong-password" }""",
        ["createApiToken"] = """{ name: "N", expiresAt: "2000-01-01T00:00:00Z", currentPassword: "messaging-demo" }""",
        ["endApiToken"] = """{ id: "{conversation}" }""",
        ["createServiceAccount"] = """{ displayName: "N" }""",
        ["deactivateServiceAccount"] = """{ id: "{conversation}" }""",
        ["completeSignIn"] = """{ challenge: "guessed", code: "123456" }""",
        ["beginAuthenticator"] = """{ challenge: "guessed" }""",
        ["confirmAuthenticator"] = """{ id: "{conversation}", code: "123456", challenge: "guessed" }""",
        ["beginPasskey"] = """{ challenge: "guessed" }""",
        ["confirmPasskey"] = """{ id: "{conversation}", response: "{}", challenge: "guessed" }""",
        ["beginPasskeySignIn"] = "",
        ["signInWithPasskey"] = """{ response: "{}" }""",
        ["signInWithIssuer"] = """{ code: "c", codeVerifier: "v", nonce: "n", redirectUri: "https://a.example/" }""",
        ["removeSecondFactor"] = """{ id: "{conversation}", currentPassword: "messaging-demo" }""",
        ["createRecoveryCodes"] = """{ currentPassword: "messaging-demo" }""",
        ["resetSecondFactor"] = """{ id: "{guest}" }""",
        ["restrictPerson"] = """{ personId: "{conversation}" }""",
        ["erasePerson"] = """{ personId: "{conversation}" }""",
        ["liftRestriction"] = """{ personId: "{conversation}" }""",
        ["changeRetention"] = "{ mandateYears: 12 }",
        ["holdCustomer"] = """{ id: "{customer}", reason: "Rechtsstreit" }""",
        ["releaseCustomer"] = """{ id: "{conversation}" }""",
        ["requireSecondFactor"] = "{ isRequired: true }",
        ["changeCalendar"] = """{ hours: [{ day: FRIDAY, opens: "08:00", closes: "13:30" }] }""",
    };

    private readonly PermissionTests.Office _office = started.Office;

    private ISchema Schema => _office.Product.Services.GetRequiredService<ISchema>();

    public static TheoryData<string> Roles => [.. s_roles.Keys];

    [Fact]
    public void The_approved_schema_states_the_rule_of_every_type_field_argument_and_value()
    {
        var stated = new Dictionary<string, string>();
        foreach (
            var definition in Parser
                .Parse(File.ReadAllText(Path.Combine(NodeProject.Root, "schema.graphql")))
                .Definitions.OfType<GraphQLTypeDefinition>()
        )
        {
            if (definition is GraphQLScalarTypeDefinition or GraphQLDirectiveDefinition) continue;
            var name = definition.Name.StringValue;
            var isRoot = name is "Query" or "Mutation" or "Subscription";
            stated[name] = To(definition) ?? "";
            foreach (var value in (definition as GraphQLEnumTypeDefinition)?.Values?.Items ?? [])
                stated[$"{name}.{value.Name.StringValue}"] = To(value) ?? stated[name];
            foreach (var field in (definition as GraphQLInputObjectTypeDefinition)?.Fields?.Items ?? [])
                stated[$"{name}.{field.Name.StringValue}"] = To(field) ?? stated[name];
            foreach (var field in (definition as IHasFieldsDefinitionNode)?.Fields?.Items ?? [])
            {
                var path = $"{name}.{field.Name.StringValue}";
                stated[path] = To(field) ?? (isRoot ? "" : stated[name]);
                foreach (var argument in field.Arguments?.Items ?? [])
                    stated[$"{path}({argument.Name.StringValue})"] = To(argument) ?? stated[path];
            }
        }

        stated.Where(rule => rule.Value.Length == 0).Select(rule => rule.Key).ShouldBeEmpty();
        var kept = Members(Schema).ToDictionary(m => m.Name, m => NameOf(m.Access));
        stated.OrderBy(m => m.Key, StringComparer.Ordinal).ShouldBe(kept.OrderBy(m => m.Key, StringComparer.Ordinal));
        kept.Count.ShouldBeGreaterThan(400);

        static string? To(ASTNode node) =>
            (
                (GraphQLEnumValue?)
                    (node as IHasDirectivesNode)
                        ?.Directives?.Items.SingleOrDefault(d => d.Name == "allow")
                        ?.Arguments![0]
                        .Value
            )
                ?.Name
                .StringValue;
    }

    [Theory]
    [InlineData(typeof(Planted.RootField), "RootField.silent does not state who may ask for it.")]
    [InlineData(typeof(Planted.ObjectType), "SilentObject does not state who may ask for it.")]
    [InlineData(typeof(Planted.InputType), "SilentInput does not state who may ask for it.")]
    [InlineData(typeof(Planted.EnumType), "SilentEnum does not state who may ask for it.")]
    [InlineData(typeof(Planted.InterfaceType), "ISilentInterface does not state who may ask for it.")]
    [InlineData(
        typeof(Planted.NamelessRule),
        "NamelessRule.odd states a rule that has no name in the schema: Auditors, Anonymous.")]
    public void What_states_no_rule_stops_the_start_and_is_named(Type query, string message)
    {
        var services = new ServiceCollection();
        services.AddSingleton<AudienceType>();
        services.AddSingleton<IGraphTypeMappingProvider, AutoRegisteringGraphTypeMappingProvider>();
        services.AddGraphQL(b => b.AddSchema(provider => Planted.SchemaOf(provider, query)));
        using var provider = services.BuildServiceProvider();
        Should
            .Throw<InvalidOperationException>(() => provider.GetRequiredService<ISchema>().Initialize())
            .Message.ShouldBe(message);
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Every_field_answers_those_it_is_for_and_refuses_the_others(string who)
    {
        var wrong = new List<string>();
        var (answered, refused) = (0, 0);
        foreach (var path in Paths())
        {
            var answer = await _office.As(who).SendAsync(Fill(path.Operation(), who));
            var outcome = OutcomeOf(answer, path);

            // Auditors are told of nothing, and nobody of the demo data has a second factor.
            var expected =
                (who is "auditor" && path.Type.Name is ("Notification" or "NotificationEdge"))
                || (who != "nobody" && path.Type.Name == "SecondFactor")
                    ? "not reached"
                    : Expected(path, s_roles[who]);
            if (outcome != expected)
                wrong.Add($"{path.Name}: {outcome} instead of {expected}; {path.Operation()}");
            else if (expected == "answered")
                answered++;
            else
                refused++;
        }

        wrong.ShouldBeEmpty();
        if (who == "nobody") answered.ShouldBe(0);
        else answered.ShouldBeGreaterThan(80);
        if (who is "customer" or "nobody") refused.ShouldBeGreaterThan(20);
    }

    [Theory]
    [InlineData("limited administrator", Access.OtherAdministrators)]
    [InlineData("limited customer", Access.Customers)]
    public async Task No_field_answers_the_limited_with_a_byte_of_what_is_not_theirs(string who, Access role)
    {
        // Of what is Bäckerei Krause's, respectively of its conversations that are not about the topic.
        string[] foreign =
        [
            .. ((string[])["conversation", "comment", "internal", "file", "internalFile", "event"])
                .Concat(who == "limited administrator" ? ["customer", "contact", "guest"] : [])
                .Select(name => _office.Ids[name]),
            "Alles dabei", "Geheimnotiz", .. who == "limited administrator" ? (string[])["Krause"] : []
        ];
        var wrong = new List<string>();
        foreach (var path in Paths())
        {
            var operation = Fill(path.Operation(), who);
            var answer = await _office.As(who).SendAsync(operation);
            var outcome = OutcomeOf(answer, path);
            if (outcome != Expected(path, role) && outcome != "not reached")
                wrong.Add($"{path.Name}: {outcome} instead of {Expected(path, role)}");
            var body = answer.Body.ToJsonString();
            wrong.AddRange(
                foreign.Where(f => body.Contains(f, StringComparison.Ordinal)).Select(f => $"{path.Name} has {f}"));
        }

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public async Task No_field_answers_an_auditor_who_sees_no_notes_with_a_byte_of_one()
    {
        var petra = await _office.ScopedAsync("ohne.notizen@pruefung.example", new { notes = false });
        (await _office.As("owner").QueryAsync(Fill(
            """mutation { updateCustomer(input: { id: "{customer}", notes: "Kundengeheimnis" }) { errors { code } } }""",
            ""))).At("updateCustomer.errors").ShouldBe("[]");
        string[] hidden = [_office.Ids["internal"], _office.Ids["internalFile"], "Geheimnotiz", "Kundengeheimnis"];
        var wrong = new List<string>();
        var answered = 0;
        foreach (var path in Paths())
        {
            var answer = await petra.SendAsync(Fill(path.Operation(), "auditor"));
            var outcome = OutcomeOf(answer, path);
            var expected = Expected(path, Access.Auditors, isNarrow: true);
            if (outcome != expected && outcome != "not reached")
                wrong.Add($"{path.Name}: {outcome} instead of {expected}");
            if (outcome == "answered") answered++;
            var body = answer.Body.ToJsonString();
            wrong.AddRange(
                hidden.Where(h => body.Contains(h, StringComparison.Ordinal)).Select(h => $"{path.Name} has {h}"));
        }

        wrong.ShouldBeEmpty();
        answered.ShouldBeGreaterThan(80);
    }

    [Fact]
    public async Task No_field_answers_an_auditor_of_a_span_with_a_byte_of_what_happened_outside()
    {
        var petra = await _office.ScopedAsync(
            "von.bis@pruefung.example", new { from = "2001-01-01T00:00:00Z", to = "2002-01-01T00:00:00Z" });
        string[] hidden =
        [
            .. ((string[])["conversation", "comment", "internal", "file", "internalFile", "event"])
                .Select(name => _office.Ids[name]),
            "Alles dabei", "Geheimnotiz",
        ];
        var wrong = new List<string>();
        foreach (var path in Paths())
        {
            var answer = await petra.SendAsync(Fill(path.Operation(), "auditor"));
            var outcome = OutcomeOf(answer, path);
            var expected = Expected(path, Access.Auditors, isNarrow: true);
            if (outcome != expected && outcome != "not reached")
                wrong.Add($"{path.Name}: {outcome} instead of {expected}");
            var body = answer.Body.ToJsonString();
            wrong.AddRange(
                hidden.Where(h => body.Contains(h, StringComparison.Ordinal)).Select(h => $"{path.Name} has {h}"));
        }

        wrong.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Every_mutation_does_what_it_is_asked_by_those_it_is_for_and_refuses_the_others(string who)
    {
        foreach (var field in Schema.Mutation!.Fields.Where(f => f.Name != "uploadFile"))
        {
            s_inputs.ShouldContainKey(field.Name);
            var payload = (IObjectGraphType)field.ResolvedType!.GetNamedType();
            var selection = string.Join(
                ' ', payload.Fields.Where(f => f.Name != "errors").Select(f => f.Name + Below(f)));
            var input = s_inputs[field.Name] is { Length: > 0 } given ? $"(input: {given})" : "";
            var operation = Fill(
                $"mutation {{ {field.Name}{input} {{ {selection} errors {{ code message path }} }} }}", who);
            var answer = field.Name is "signOut" or "endOtherSessions"
                ? await _office.AnewAsync(who, operation)
                : await _office.As(who).SendAsync(operation);
            var access = AccessRules.Of(field, Schema.Mutation, Schema);
            if (who == "nobody" && access != Access.Anyone)
            {
                answer.ErrorCode.ShouldBe("UNAUTHENTICATED", field.Name);
                continue;
            }

            var answered = answer.Data[field.Name]!.AsObject();
            answered
                .Select(p => p.Key)
                .Order(StringComparer.Ordinal)
                .ShouldBe(payload.Fields.Select(f => f.Name).Order(StringComparer.Ordinal));
            (answered.At("errors.0.code") == "FORBIDDEN").ShouldBe(
                !access.HasFlag(s_roles[who]), $"{field.Name}: {answered.ToJsonString()}");
        }
    }

    [Theory]
    [InlineData("READ")]
    [InlineData("READ_WRITE")]
    public async Task Every_field_answers_an_API_token_as_its_person_but_what_is_about_access(string scope)
    {
        var script = (await _office.CreateApiTokenAsync("owner", scope)).Client;
        var wrong = new List<string>();
        var refused = new List<string>();
        foreach (var path in Paths())
        {
            var outcome = OutcomeOf(await script.SendAsync(Fill(path.Operation(), "owner")), path);
            var expected = Expected(path, Access.Owners, byApiToken: true);
            if (outcome != expected) wrong.Add($"{path.Name}: {outcome} instead of {expected}; {path.Operation()}");
            if (expected != "answered") refused.Add(path.Name);
        }

        wrong.ShouldBeEmpty();
        string[] ofAccess = ["Viewer.accounts", "Viewer.sessions", "Viewer.apiTokens", "Query.serviceAccounts"];
        foreach (var name in ofAccess)
            refused.ShouldContain(name);
        refused
            .Select(name => name.Split('.')[0])
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ShouldBe([
                "Account", "ApiToken", "Query", "SecondFactor", "SecondFactors", "ServiceAccount", "Session", "Viewer"
            ]);
    }

    [Theory]
    [InlineData("owner", "READ")]
    [InlineData("owner", "READ_WRITE")]
    [InlineData("customer", "READ")]
    [InlineData("customer", "READ_WRITE")]
    [InlineData("service", "READ_WRITE")]
    public async Task A_mutation_runs_by_an_API_token_only_where_that_is_said(string who, string scope)
    {
        // Said here once more: what another one may is for somebody to decide, and not to happen.
        string[] may =
        [
            "createConversation", "addComment", "uploadFile", "discardFile", "announceWriting", "changeStatus",
            "assignAdministrator", "notifyAdministrators", "tagConversations", "markConversationRead",
            "markNotificationsRead",
            "registerCustomer", "updateCustomer", "assignDefaultAdministrator", "endCustomer", "resumeCustomer"
        ];
        Schema
            .Mutation!.Fields.Where(f => AccessRules.ApiTokensMay(f, Schema.Mutation, Schema))
            .Select(f => f.Name)
            .Order(StringComparer.Ordinal)
            .ShouldBe(may.Order(StringComparer.Ordinal));
        var script = (
            await _office.CreateApiTokenAsync(
                who == "service" ? "owner" : who, scope, who == "service" ? _office.Ids["service"] : null)
        ).Client;
        var role = who switch
        {
            "owner" => Access.Owners,
            "customer" => Access.Customers,
            _ => Access.OtherAdministrators,
        };
        foreach (var field in Schema.Mutation.Fields.Where(f => f.Name != "uploadFile"))
        {
            var input = s_inputs[field.Name] is { Length: > 0 } given ? $"(input: {given})" : "";
            var answer = await script.SendAsync(
                Fill($"mutation {{ {field.Name}{input} {{ errors {{ code message path }} }} }}", $"{who}.{scope}"));
            if (scope == "READ" || !may.Contains(field.Name))
            {
                (answer.ErrorCode, answer.ErrorMessage).ShouldBe(
                    (
                        "FORBIDDEN",
                        scope == "READ"
                            ? "This API token is for reading only (scope READ): a mutation needs one of the scope "
                                + "READ_WRITE."
                            : "This is not for API tokens: sign in."
                    ),
                    field.Name
                );
                answer.Status.ShouldBe(scope == "READ" ? 403 : 200);
                continue;
            }

            var access = AccessRules.Of(field, Schema.Mutation, Schema);
            (answer.Data[field.Name].At("errors.0.code") == "FORBIDDEN").ShouldBe(
                !access.HasFlag(role), $"{field.Name}: {answer.Body.ToJsonString()}");
        }

        var upload = await script.UploadAsync("a.txt", "text/plain", "text"u8.ToArray());
        if (scope == "READ") upload.ErrorCode.ShouldBe("FORBIDDEN");
        else upload.Data.At("uploadFile.errors").ShouldBe("[]");
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Every_subscription_tells_those_it_is_for_what_is_for_them(string who)
    {
        foreach (var field in Schema.Subscription!.Fields)
        {
            var arguments = s_arguments.TryGetValue($"Subscription.{field.Name}", out var given) ? $"({given})" : "";
            var type = (IObjectGraphType)field.ResolvedType!.GetNamedType();
            var operation = Fill(
                $"subscription {{ {field.Name}{arguments} {{ "
                    + $"{string.Join(' ', type.Fields.Select(f => f.Name + Below(f)))} }} }}",
                who
            );
            var access = AccessRules.Of(field, Schema.Subscription, Schema);
            if (!access.HasFlag(s_roles[who]))
            {
                using var request = new HttpRequestMessage(
                    HttpMethod.Get, $"/graphql?query={Uri.EscapeDataString(operation)}");
                request.Headers.Accept.ParseAdd("text/event-stream");
                using var response = await _office.Product.Http.SendAsync(
                    request, TestContext.Current.CancellationToken);
                ((int)response.StatusCode).ShouldBe(401, field.Name);
                continue;
            }

            await using var live = await LiveClient.OpenAsync(_office.Product.Address, _office.As(who));
            await live.SendAsync(new { id = "1", type = "subscribe", payload = new { query = operation } });
            await live.SendAsync(new { type = "ping" });

            // That somebody writes already is told at once.
            var told = await live.ReceiveAsync();
            if ((string?)told!["type"] == "next") await live.ReceiveAsync();
            else told = null;

            // Somebody else does something. Notifications are asked for elsewhere.
            var other = who is "administrator" or "auditor" ? "customer" : "administrator";
            if (type.Name == "Notification")
                continue;
            await _office
                .As(other)
                .QueryAsync(
                    Fill(
                        """mutation { addComment(input: { conversationId: "{conversation}", body: "B" }) { """
                            + """errors { code } } }""",
                        who
                    )
                );
            await _office
                .As(other)
                .QueryAsync(
                    Fill(
                        """mutation { announceWriting(input: { conversationId: "{conversation}" }) { errors { """
                            + """code } } }""",
                        who
                    )
                );
            told = told?["payload"] ?? await live.NextPayloadAsync("1");
            foreach (var inner in type.Fields)
            {
                var codes = (told["errors"]?.AsArray() ?? [])
                    .Where(e => e!["path"]![1]!.GetValue<string>() == inner.Name)
                    .Select(e => e.At("extensions.code"));
                codes.ShouldBe(
                    AccessRules.Of(inner, type, Schema).HasFlag(s_roles[who]) ? [] : ["FORBIDDEN"],
                    $"{type.Name}.{inner.Name}: {told.ToJsonString()}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Every_argument_is_taken_from_those_it_is_for_and_refused_by_name_from_the_others(string who)
    {
        var tried = 0;
        foreach (var path in Paths().Where(p => Expected(p, s_roles[who]) == "answered"))
        {
            foreach (var argument in path.Field.Arguments ?? [])
            {
                var access = AccessRules.Of(argument, path.Field, path.Type, Schema);
                foreach (var (inner, literal, json, innerAccess) in Values(argument.ResolvedType!, []))
                {
                    tried++;
                    var mayGive = access.HasFlag(s_roles[who]) && innerAccess.HasFlag(s_roles[who]);
                    var variable = $"$v: {argument.ResolvedType}";
                    foreach (
                        var (given, variables) in ((string, string)[])
                            [(literal, "{}"), ("$v", $$"""{ "v": {{json.ToJsonString()}} }""")]
                    )
                    {
                        var operation = Fill(path.Operation($"{argument.Name}: {given}"), who);
                        var answer = await _office
                            .As(who)
                            .SendRawAsync(
                                given == "$v" ? $"query({variable}) {operation}" : operation, Fill(variables, who));
                        if (mayGive)
                        {
                            answer.ErrorCode.ShouldBeOneOf(
                                [null, "BAD_USER_INPUT"], $"{operation} {variables} {answer.Body.ToJsonString()}");
                            continue;
                        }

                        answer.ErrorCode.ShouldBe("FORBIDDEN", $"{operation} {variables} {answer.Body.ToJsonString()}");
                        answer.ErrorMessage!.ShouldStartWith(
                            $"'{argument.Name}{(access.HasFlag(s_roles[who]) ? inner : "")}' is for ");
                    }
                }
            }
        }

        if (who != "nobody") tried.ShouldBeGreaterThan(50);
    }

    [Fact]
    public async Task A_union_is_no_way_around_and_an_interface_neither()
    {
        foreach (var field in (string[])["email", "role", "isOwner", "active"])
        {
            var author = await _office
                .As("customer")
                .SendAsync(
                    Fill(
                        $$"""{ conversation(id: "{conversation}") { createdBy { ... on Administrator { id displayName {{field}} } } } }""",
                        ""
                    )
                );
            (author.ErrorCode, author.ErrorMessage).ShouldBe(
                ("FORBIDDEN", "This is for administrators and auditors only."));
            var node = await _office
                .As("customer")
                .SendAsync(
                    Fill(
                        $$"""{ node(id: "{administrator}") { id ... on Administrator { a: displayName b: {{field}} } } }""",
                        ""
                    )
                );
            node.ErrorCode.ShouldBe("FORBIDDEN");
        }
    }

    [Fact]
    public async Task A_customer_is_never_answered_with_INTERNAL_and_gives_null_for_what_is_not_theirs()
    {
        var seen = await _office
            .As("customer")
            .SendAsync(
                Fill(
                    """{ conversation(id: "{conversation}") { lastComment { visibility } comments(first: 200) """
                        + """{ nodes { visibility files { name } } } files { nodes { name } } } """
                        + """conversations(filter: { unassigned: null, responsibleAdministratorId: null }) { nodes { """
                        + """comments { nodes { visibility } } } } }""",
                    "customer"
                )
            );
        seen.Data.ToJsonString().ShouldContain("PUBLIC");
        seen.Data.ToJsonString().ShouldNotContain("INTERNAL");
    }

    /// <summary>
    /// Each thing that can be given for a type: how an error names it, as a literal and as a variable, and who may give
    /// it.
    /// </summary>
    private IEnumerable<(string Path, string Literal, JsonNode Json, Access Access)> Values(
        IGraphType type, HashSet<string> around)
    {
        var isList = type is ListGraphType || (type as NonNullGraphType)?.ResolvedType is ListGraphType;
        return One().Select(v => isList ? (v.Path, $"[{v.Literal}]", new JsonArray(v.Json), v.Access) : v);

        IEnumerable<(string Path, string Literal, JsonNode Json, Access Access)> One()
        {
            var named = type.GetNamedType();
            if (named is EnumerationGraphType values)
            {
                foreach (var value in values.Values)
                    yield return ($": {value.Name}", value.Name, value.Name, AccessRules.Of(value, values));
            }
            else if (named is IInputObjectGraphType input && around.Add(input.Name))
            {
                foreach (var field in input.Fields)
                {
                    var own = AccessRules.Of(field, input, Schema) & AccessRules.Of(input);
                    foreach (var (path, literal, json, access) in Values(field.ResolvedType!, around))
                    {
                        var others = input
                            .Fields.Where(f => f != field && f.ResolvedType is NonNullGraphType)
                            .Select(f => (f.Name, Value: Values(f.ResolvedType!, []).First()))
                            .ToList();
                        var whole = new JsonObject { [field.Name] = json };
                        foreach (var (name, value) in others) whole[name] = value.Json;
                        yield return (
                            $".{field.Name}{(own.HasFlag(Access.Customers) ? path : "")}",
                            $"{{ {field.Name}: "
                                + $"{literal}{string.Concat(others.Select(o => $", {o.Name}: {o.Value.Literal}"))} }}",
                            whole,
                            own & access
                        );
                    }
                }
            }
            else
            {
                JsonNode value = named.Name switch
                {
                    "Int" => 1,
                    "Boolean" => true,
                    "DateTime" => "2026-01-01T00:00:00Z",
                    "ID" => "{customer}",
                    _ => "x",
                };
                yield return ("", value.ToJsonString(), value, Access.Anyone);
            }
        }
    }

    private string Fill(string operation, string who)
    {
        foreach (var (name, id) in _office.Ids)
            operation = operation.Replace($"{{{name}}}", id, StringComparison.Ordinal);
        return operation.Replace("{who}", who, StringComparison.Ordinal);
    }

    private static string Below(FieldType field) =>
        field.ResolvedType!.GetNamedType() is IComplexGraphType or UnionGraphType ? " { __typename }" : "";

    private static string NameOf(Access access) =>
        new AudienceType().Values.Single(v => (Access)v.Value! == access).Name;

    private static IEnumerable<(string Name, Access Access)> Members(ISchema schema)
    {
        foreach (
            var type in schema.AllTypes.Where(t =>
                t is not ScalarGraphType or EnumerationGraphType && !t.Name.StartsWith("__", StringComparison.Ordinal)
            )
        )
        {
            if (type.Name.StartsWith("__", StringComparison.Ordinal)) continue;
            yield return (type.Name, AccessRules.Of(type));
            if (type is EnumerationGraphType values)
                foreach (var value in values.Values)
                    yield return ($"{type.Name}.{value.Name}", AccessRules.Of(value, values));
            foreach (var field in (type as IComplexGraphType)?.Fields ?? Enumerable.Empty<FieldType>())
            {
                yield return ($"{type.Name}.{field.Name}", AccessRules.Of(field, type, schema));
                foreach (var argument in field.Arguments ?? [])
                    yield return (
                        $"{type.Name}.{field.Name}({argument.Name})", AccessRules.Of(argument, field, type, schema));
            }
        }
    }

    /// <summary>Every field that a query reaches, each with a way to it.</summary>
    private List<Way> Paths()
    {
        var paths = new List<Way>();
        var found = new HashSet<string> { Schema.Query.Name };
        var waiting = new Queue<(IObjectGraphType Type, Step[] Steps)>([(Schema.Query, [])]);
        while (waiting.TryDequeue(out var next))
        {
            foreach (var field in next.Type.Fields)
            {
                var way = new Way(next.Type, field, next.Steps);
                paths.Add(way);

                // What may be null, have no files, or is for few leads nowhere: the other ways say more.
                if (way.Name is "Query.node" or "Query.auditLog" or "Conversation.lastComment") continue;
                var access = AccessRules.Of(field, next.Type, Schema);
                if (field.ResolvedType!.GetNamedType() is IObjectGraphType type && found.Add(type.Name))
                    waiting.Enqueue(
                        (
                            type,
                            [
                                .. next.Steps,
                                new Step(
                                    field.Name, way.Given(""), access,
                                    AccessRules.ApiTokensMay(field, next.Type, Schema),
                                    AccessRules.IsForNarrow(field, next.Type, Schema)),
                            ]
                        )
                    );
            }
        }

        // Nobody does anything as the product itself in the demo data. Payloads, what only they have, and updates have
        // tests of their own.
        var all = Schema
            .AllTypes.OfType<IObjectGraphType>()
            .Select(t => t.Name)
            .Where(n =>
                !n.StartsWith("__", StringComparison.Ordinal) && !n.EndsWith("Payload", StringComparison.Ordinal)
            )
            .Except([
                "Mutation", "Subscription", "System", "UserError", "SignInOrganisation", "SignInChallenge",
                "EmailChangeLink",
            ]);
        var subscribed = Schema
            .Subscription!.Fields.Select(f => f.ResolvedType!.GetNamedType().Name)
            .Concat(["Writer"]);
        all.Except(subscribed).Except(paths.Select(p => p.Type.Name)).ShouldBeEmpty();
        return paths;
    }

    private string Expected(Way way, Access role, bool byApiToken = false, bool isNarrow = false)
    {
        Step[] steps =
        [
            .. way.Steps,
            new Step(
                way.Field.Name, "", AccessRules.Of(way.Field, way.Type, Schema),
                AccessRules.ApiTokensMay(way.Field, way.Type, Schema),
                AccessRules.IsForNarrow(way.Field, way.Type, Schema)),
        ];
        return Array.Find(
            steps, s => !s.Access.HasFlag(role) || (byApiToken && !s.ToApiTokens) || (isNarrow && !s.ToNarrow)) is not
            { } forbidden
                ? "answered"
            : role == Access.Anonymous ? $"UNAUTHENTICATED at {forbidden.Name}"
            : $"FORBIDDEN at {forbidden.Name}";
    }

    private static string OutcomeOf(GraphQLAnswer answer, Way way)
    {
        if (answer.Body["errors"] is { } errors)
        {
            // Where a list has many, the last only says that more were left out.
            return string.Join(
                ", ",
                errors
                    .AsArray()
                    .Where(e => e!["path"] is not null)
                    .Select(e =>
                        $"{e.At("extensions.code")} at "
                            + e!["path"]!.AsArray().Last(p => p!.GetValueKind() == JsonValueKind.String)
                    )
                    .Distinct());
        }

        IEnumerable<JsonNode?> reached = [answer.Body["data"]];
        foreach (var step in way.Steps)
            reached = reached
                .SelectMany(node =>
                    node?[step.Name] is JsonArray several ? several.AsEnumerable() : new[] { node?[step.Name] }
                )
                .ToList();
        return reached.Any(node => node is JsonObject there && there.ContainsKey(way.Field.Name))
            ? "answered"
            : "not reached";
    }

    private sealed record Step(string Name, string Given, Access Access, bool ToApiTokens, bool ToNarrow);

    private sealed record Way(IObjectGraphType Type, FieldType Field, Step[] Steps)
    {
        public string Name => $"{Type.Name}.{Field.Name}";

        /// <summary>An operation that asks for the field, with an argument or without.</summary>
        public string Operation(string argument = "") =>
            string.Concat(Steps.Select(s => $"{{ {s.Name}{s.Given} "))
            + $"{{ {Field.Name}{Given(argument)}{Below(Field)} }}"
            + string.Concat(Steps.Select(_ => " }"));

        public string Given(string argument)
        {
            var needed = s_arguments
                .GetValueOrDefault(Name, "")
                .Split(", ")
                .Where(n => n.Split(':')[0] != argument.Split(':')[0]);
            var all = string.Join(", ", needed.Append(argument).Where(a => a.Length > 0));
            return all.Length > 0 ? $"({all})" : "";
        }
    }

    /// <summary>Its own office: what is tried here changes it.</summary>
    public sealed class Started : IAsyncLifetime
    {
        public PermissionTests.Office Office { get; } = new();

        public async ValueTask InitializeAsync()
        {
            await Office.InitializeAsync();

            foreach (var who in (string[])["owner", "administrator", "auditor"])
                await Office.CreateApiTokenAsync(who, "READ");

            // Mail to the office does not arrive.
            Office.Product.Mail.Always(SmtpStep.RcptTo, SmtpReaction.Reply(550));
            await using (var database = NpgsqlDataSource.Create(Office.Product.ConnectionString))
            await using (
                var problems = database.CreateCommand(
                    "insert into messaging.mail_problems (tenant_id, address_key, since, reason) select "
                        + "tenant_id, email, clock_timestamp(), '550' from messaging.administrators where email <> ''"
                )
            )
                await problems.ExecuteNonQueryAsync();
            await using (var database = NpgsqlDataSource.Create(Office.Product.ConnectionString))
            await using (
                var changes = database.CreateCommand(
                    """
                    update messaging.administrators set email_change = 'new@nowhere.example', email_change_at = now()
                    where email <> '';
                    update messaging.contacts set email_change = 'new@nowhere.example', email_change_at = now();
                    insert into messaging.deliveries (tenant_id, id, event_id, kind, address, address_key,
                        recipient_kind, recipient_id, locale, actor_kind, actor_id, occurred_at, state, attempts,
                        last_error, created_at)
                    select tenant_id, gen_random_uuid(), gen_random_uuid(), 'EmailChange', email_change, email_change,
                        'Contact', id, 'de', 'Contact', id, email_change_at, 'Failed', 1, '550', now()
                    from (
                        select tenant_id, id, email_change, email_change_at from messaging.administrators
                        union all select tenant_id, id, email_change, email_change_at from messaging.contacts) p
                    where email_change is not null;
                    -- The report of the week tells of what customers wrote in the last one.
                    update messaging.comments set created_at = created_at - interval '7 days'
                    where author_kind = 'Contact';
                    insert into messaging.audit_sweeps (tenant_id, begun_at, taken_until, after_id, files, damaged,
                        checked_at, checked_files, checked_damaged, is_whole)
                    select tenant_id, now(), now(), gen_random_uuid(), 0, 0, now(), 0, 0, true
                    from messaging.organisations;
                    """))
                await changes.ExecuteNonQueryAsync();

            // So that customers may all that they ever may, and they and administrators have a notification.
            await Office
                .As("owner")
                .QueryAsync(
                    "mutation { updateOrganisationSettings(input: { customersMayStartConversations: true }) { "
                        + "errors { message } } }"
                );
            await Office
                .As("customer")
                .QueryAsync(
                    "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"B\" }) { errors { "
                        + "message } } }",
                    new { id = Office.Ids["conversation"] }
                );
            foreach (var who in (string[])["owner", "administrator", "customer"])
            {
                for (
                    var i = 0;
                    (await Office.As(who).QueryAsync("{ viewer { notifications { totalCount } } }")).At(
                        "viewer.notifications.totalCount") == "0";
                    i++
                )
                {
                    i.ShouldBeLessThan(1_200, who);
                    await Task.Delay(50);
                }
            }
        }

        public ValueTask DisposeAsync() => Office.DisposeAsync();
    }
}

/// <summary>Schemas in which something states no rule.</summary>
internal static class Planted
{
    public static ISchema SchemaOf(IServiceProvider services, Type query)
    {
        var schema = new Schema(services)
        {
            Query = (IObjectGraphType)
                services.GetRequiredService(typeof(AutoRegisteringObjectGraphType<>).MakeGenericType(query)),
        };
        schema.Directives.Register(new AllowDirective());
        schema.RegisterVisitor(new AccessRules());
        return schema;
    }

    [Allow(Access.Anyone)]
    public sealed class RootField
    {
        public static string Silent() => "";
    }

    [Allow(Access.Anyone)]
    public sealed class ObjectType
    {
        [Allow(Access.Anyone)]
        public static SilentObject Found() => new();
    }

    [Allow(Access.Anyone)]
    public sealed class InputType
    {
        [Allow(Access.Anyone)]
        public static string Found(SilentInput input) => $"{input.Value}";
    }

    [Allow(Access.Anyone)]
    public sealed class EnumType
    {
        [Allow(Access.Anyone)]
        public static SilentEnum Found() => SilentEnum.One;
    }

    [Allow(Access.Anyone)]
    public sealed class InterfaceType
    {
        [Allow(Access.Anyone)]
        public static Implementing Found() => new();
    }

    [Allow(Access.Anyone)]
    public sealed class NamelessRule
    {
        [Allow(Access.Auditors | Access.Anonymous)]
        public static string Odd() => "";
    }

    public sealed class SilentObject
    {
        public string Value => "";
    }

    public sealed class SilentInput
    {
        public string? Value { get; set; }
    }

    public enum SilentEnum
    {
        One,
    }

    public interface ISilentInterface
    {
        string Value { get; }
    }

    [Allow(Access.Anyone)]
    [Implements(typeof(ISilentInterface))]
    public sealed class Implementing : ISilentInterface
    {
        public string Value => "";
    }
}
