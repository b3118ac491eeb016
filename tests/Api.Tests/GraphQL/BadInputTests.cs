using System.Net;
using System.Text;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.GraphQL;

/// <summary>Whatever comes from strangers gets a clear answer in the contract's form, and changes nothing.</summary>
public sealed class BadInputTests(BadInputTests.Started office) : IClassFixture<BadInputTests.Started>
{
    private const string AddComment =
        "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } errors { code message "
            + "path } } }";
    private const string Create =
        "mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } "
            + "errors { code message path } } }";

    private const string Calendar =
        "mutation($input: ChangeCalendarInput!) { changeCalendar(input: $input) { errors { code message path } } }";

    private const string Retention =
        "mutation($input: ChangeRetentionInput!) { changeRetention(input: $input) { errors { code message path } } }";

    private const string Hold =
        "mutation($input: HoldCustomerInput!) { holdCustomer(input: $input) { errors { code message path } } }";

    [Theory]
    [InlineData("groupBy: TEAM", "WaitGrouping", "ADMINISTRATOR, CUSTOMER")]
    [InlineData("basis: customer", "TimeBasis", "CALENDAR, BUSINESS")]
    public async Task An_unknown_value_is_refused_with_those_that_there_are(string argument, string type, string there)
    {
        const string of = "officeReplyTime(from: \"2026-01-01T00:00:00Z\", to: \"2026-02-01T00:00:00Z\", ";
        var (name, value) = (argument.Split(": ")[0], argument.Split(": ")[1]);
        foreach (
            var answer in (GraphQLAnswer[])
                [
                    await office.Anna.SendAsync($"{{ reports {{ {of}{argument}) {{ total {{ count }} }} }} }}"),
                    await office.Anna.SendAsync(
                        $"query($it: {type}) {{ reports {{ {of}{name}: $it) {{ total {{ count }} }} }} }}",
                        new { it = value })
                ]
        )
        {
            answer.ErrorCode.ShouldBe("BAD_USER_INPUT");
            answer.ErrorMessage!.ShouldContain(value);
            answer.ErrorMessage!.ShouldEndWith($". It has to be one of {there}.");
        }
    }

    // Operation, variables' input, code, path of the refusal. C and K: the conversation and the customer.
    public static TheoryData<string, string, string, string> Refused() =>
        new()
        {
            { AddComment, """{ "conversationId": "C", "body": "" }""", "INVALID", """["body"]""" },
            { AddComment, """{ "conversationId": "C", "body": " \n\t " }""", "INVALID", """["body"]""" },
            { AddComment, """{ "conversationId": "C", "body": "a\u0000b" }""", "INVALID", """["body"]""" },
            { AddComment, """{ "conversationId": "C", "body": "LONG" }""", "INVALID", """["body"]""" },
            {
                AddComment,
                """{ "conversationId": "0197a000-0000-7000-8000-000000000000", "body": "b" }""",
                "NOT_FOUND",
                """["conversationId"]"""
            },
            {
                AddComment,
                """{ "conversationId": "no uuid \u0000", "body": "b" }""",
                "NOT_FOUND",
                """["conversationId"]"""
            },
            { AddComment, """{ "id": "no uuid", "conversationId": "C", "body": "b" }""", "INVALID", """["id"]""" },
            {
                AddComment,
                """{ "id": "00000000-0000-0000-0000-000000000000", "conversationId": "C", "body": "b" }""",
                "INVALID",
                """["id"]"""
            },
            {
                AddComment,
                """{ "conversationId": "C", "body": "b", "fileIds": ["0197a000-0000-7000-8000-000000000000"] }""",
                "NOT_FOUND",
                """["fileIds","0"]"""
            },
            {
                AddComment,
                """{ "conversationId": "C", "body": "b", "fileIds": """
                    + """["1","1","1","1","1","1","1","1","1","1","1","1","1","1","1","1","1","1","1","1","1"] }""",
                "TOO_LARGE",
                """["fileIds"]"""
            },
            {
                Create,
                """{ "customerId": "0197a000-0000-7000-8000-000000000000", "subject": "s", "body": "b" }""",
                "NOT_FOUND",
                """["customerId"]"""
            },
            { Create, """{ "customerId": "K", "subject": "", "body": "b" }""", "INVALID", """["subject"]""" },
            { Create, """{ "customerId": "K", "subject": "two\nlines", "body": "b" }""", "INVALID", """["subject"]""" },
            { Create, """{ "customerId": "K", "subject": "LONG", "body": "b" }""", "INVALID", """["subject"]""" },
            {
                Create,
                """{ "customerId": "K", "subject": "s", "body": "b", "responsibleAdministratorId": "0197a000-0000-7000-8000-000000000000" """
                    + """}""",
                "NOT_FOUND",
                """["responsibleAdministratorId"]"""
            },
            {
                Create,
                """{ "customerId": "K", "subject": "s", "body": "b", "responsibleAdministratorId": "AUDITOR" }""",
                "NOT_FOUND",
                """["responsibleAdministratorId"]"""
            },
            { Create, """{ "id": "K", "customerId": "K", "subject": "s", "body": "b" }""", "CONFLICT", """["id"]""" },
            {
                "mutation($input: ChangeStatusInput!) { changeStatus(input: $input) { conversations { id } "
                    + "errors { code message path } } }",
                """{ "conversationIds": ["C"], "status": "ANSWERED", "expectedVersion": 1 }""",
                "CONFLICT",
                """["expectedVersion"]"""
            },
            {
                "mutation($input: ChangeStatusInput!) { changeStatus(input: $input) { conversations { id } "
                    + "errors { code message path } } }",
                """{ "conversationIds": [], "status": "ANSWERED" }""",
                "INVALID",
                """["conversationIds"]"""
            },
            {
                "mutation($input: ChangeStatusInput!) { changeStatus(input: $input) { conversations { id } "
                    + "errors { code message path } } }",
                """{ "conversationIds": ["1"], "status": "ANSWERED" }""",
                "NOT_FOUND",
                """["conversationIds","0"]"""
            },
            {
                "mutation($input: MarkNotificationsReadInput!) { markNotificationsRead(input: $input) { errors { "
                    + "code message path } } }",
                "{}",
                "INVALID",
                """["ids"]"""
            },
            {
                "mutation($input: MarkNotificationsReadInput!) { markNotificationsRead(input: $input) { errors { "
                    + "code message path } } }",
                """{ "ids": ["1"] }""",
                "NOT_FOUND",
                """["ids","0"]"""
            },
            {
                "mutation($input: UpdateOrganisationSettingsInput!) { updateOrganisationSettings(input: $input) "
                    + "{ errors { code message path } } }",
                """{ "notificationEmail": "a@b.example\r\nBcc: c@d.example" }""",
                "INVALID",
                """["notificationEmail"]"""
            },
            {
                "mutation($input: UpdateOrganisationSettingsInput!) { updateOrganisationSettings(input: $input) "
                    + "{ errors { code message path } } }",
                """{ "timeZone": "../../etc/passwd" }""",
                "INVALID",
                """["timeZone"]"""
            },
            { Retention, """{ "mandateYears": 31 }""", "INVALID", """["mandateYears"]""" },
            { Retention, """{ "commentYears": -1 }""", "INVALID", """["commentYears"]""" },
            { Retention, """{ "fileYears": 2147483647 }""", "INVALID", """["fileYears"]""" },
            { Hold, """{ "id": "K", "reason": "" }""", "INVALID", """["reason"]""" },
            { Hold, """{ "id": "K", "reason": "a\u0000b" }""", "INVALID", """["reason"]""" },
            {
                Calendar,
                """{ "hours": [] }""",
                "INVALID",
                """["hours"]"""
            },
            {
                Calendar,
                """{ "hours": [{ "day": "MONDAY", "opens": "17:00", "closes": "08:00" }] }""",
                "INVALID",
                """["hours"]"""
            },
            {
                Calendar,
                """{ "hours": [{ "day": "MONDAY", "opens": "8\u202e", "closes": "\u0000" }] }""",
                "INVALID",
                """["hours"]"""
            },
            {
                Calendar,
                """{ "hours": [{ "day": "MONDAY", "opens": "08:00", "closes": "24:00" }], "daysOff": ["2026-12-27"] }""",
                "INVALID",
                """["daysOff"]"""
            },
            {
                Calendar,
                """{ "hours": [{ "day": "MONDAY", "opens": "08:00", "closes": "24:00" }], "from": "1999-12-31" }""",
                "INVALID",
                """["from"]"""
            },
            {
                "mutation($input: InviteAdministratorInput!) { inviteAdministrator(input: $input) { errors { "
                    + "code message path } } }",
                """{ "email": "BERND.winter@kanzlei-sommer.example", "displayName": "B" }""",
                "CONFLICT",
                """["email"]"""
            },
            {
                "mutation($input: InviteAdministratorInput!) { inviteAdministrator(input: $input) { errors { "
                    + "code message path } } }",
                """{ "email": "new@kanzlei.example", "displayName": "N", "role": "CUSTOMER" }""",
                "INVALID",
                """["role"]"""
            },
            {
                "mutation($input: RegisterCustomerInput!) { registerCustomer(input: $input) { errors { code "
                    + "message path } } }",
                """{ "name": "a\u202e\u0000" }""",
                "INVALID",
                """["name"]"""
            },
        };

    // Where a text is needed that people can see: operation, input with V for the text, path.
    public static TheoryData<string, string, string> Seen() =>
        new()
        {
            { AddComment, """{ "conversationId": "C", "body": "V" }""", "body" },
            { Create, """{ "customerId": "K", "subject": "s", "body": "V" }""", "body" },
            { Create, """{ "customerId": "K", "subject": "V", "body": "b" }""", "subject" },
            {
                "mutation($input: RegisterCustomerInput!) { registerCustomer(input: $input) { errors { code "
                    + "message path } } }",
                """{ "name": "V" }""",
                "name"
            },
            {
                "mutation($input: InviteContactInput!) { inviteContact(input: $input) { errors { code message "
                    + "path } } }",
                """{ "customerId": "K", "email": "sieht.man@nicht.example", "displayName": "V" }""",
                "displayName"
            },
            {
                "mutation($input: InviteAdministratorInput!) { inviteAdministrator(input: $input) { errors { "
                    + "code message path } } }",
                """{ "email": "sieht.man@nicht.example", "displayName": "V" }""",
                "displayName"
            },
            {
                "mutation($input: UpdateProfileInput!) { updateProfile(input: $input) { errors { code message "
                    + "path } } }",
                """{ "displayName": "V" }""",
                "displayName"
            },
            {
                "mutation($input: UpdateOrganisationSettingsInput!) { updateOrganisationSettings(input: $input) "
                    + "{ errors { code message path } } }",
                """{ "name": "V" }""",
                "name"
            },
        };

    [Theory]
    [MemberData(nameof(Seen))]
    public async Task What_nobody_can_see_is_refused_by_the_name_of_the_field_and_nothing_changes(
        string operation, string input, string field)
    {
        var before = await office.FingerprintAsync();
        foreach (
            var invisible in (string[])
                [
                    "\u200b", "\u00ad", "\ufeff", "\u2060", "\u3164", "\u2800", "\u180e", "\u0301\u0323", "\ufe0f",
                    "\udb40\udc41", "\u202e", "\u3000\u200b "
                ]
        )
        {
            var answer = await office.Anna.SendRawAsync(
                operation,
                $$"""{ "input": {{office.Fill(input).Replace("\"V\"", $"\"{invisible}\"", StringComparison.Ordinal)}} }"""
            );
            var error = answer.Data.AsObject().Single().Value!["errors"]![0]!;
            (error.At("code"), error.At("path")).ShouldBe(("INVALID", $"[\"{field}\"]"), invisible);
            error.At("message").ShouldStartWith($"{field} must ");
        }

        (await office.FingerprintAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_file_of_which_nobody_sees_the_name_gets_one() =>
        (await office.Anna.UploadAsync("\u2800\u200b", "text/plain", "a"u8.ToArray()))
            .Data.At("uploadFile.file.name")
            .ShouldBe("file");

    // What never reaches a resolver.
    public static TheoryData<string, string, string> Wrong() =>
        new()
        {
            {
                """mutation { changeStatus(input: { conversationIds: ["C"], status: DONE }) { errors { code } } }""",
                "{}",
                "BAD_USER_INPUT"
            },
            {
                "mutation($input: ChangeStatusInput!) { changeStatus(input: $input) { errors { code } } }",
                """{ "input": { "conversationIds": ["C"], "status": "DONE" } }""",
                "BAD_USER_INPUT"
            },
            { AddComment, """{ "input": { "conversationId": "C", "body": 7 } }""", "BAD_USER_INPUT" },
            { AddComment, """{ "input": { "conversationId": "C" } }""", "BAD_USER_INPUT" },
            { AddComment, """{ "input": { "conversationId": "C", "body": "b", "admin": true } }""", "BAD_USER_INPUT" },
            { AddComment, """{ "input": null }""", "BAD_USER_INPUT" },
            { "{ conversations(first: 201) { nodes { id } } }", "{}", "BAD_USER_INPUT" },
            { Times("2026-01-02", "2026-01-02"), "{}", "BAD_USER_INPUT" },
            { Times("2026-01-02", "2026-01-01"), "{}", "BAD_USER_INPUT" },
            { Times("2023-01-01", "2026-01-07"), "{}", "BAD_USER_INPUT" },
            { Times("2026-01-01", "2026-01-02", "groupBy: MONTH"), "{}", "BAD_USER_INPUT" },
            { Times("2026-01-01", "2026-01-02", "basis: LUNAR"), "{}", "BAD_USER_INPUT" },
            {
                "{ reports { weekly { entries(of: STARTED, weeksAgo: 6) { totalCount } } } }", "{}", "BAD_USER_INPUT"
            },
            { "{ reports { weekly { people(first: 201) { open } } } }", "{}", "BAD_USER_INPUT" },
            { "{ reports { undelivered(months: 25) { asOf } } }", "{}", "BAD_USER_INPUT" },
            { "{ reports { undelivered(months: 0) { asOf } } }", "{}", "BAD_USER_INPUT" },
            { "{ reports { undelivered(months: 3) { waits(monthsAgo: 3) { totalCount } } } }", "{}", "BAD_USER_INPUT" },
            { "{ reports { work { groups(groupBy: MONTH) { totalCount } } } }", "{}", "BAD_USER_INPUT" },
            { "{ reports { work { groups(after: \"bm9uc2Vuc2U\") { totalCount } } } }", "{}", "BAD_USER_INPUT" },
            {
                "{ reports { notifications(from: \"2026-01-02T00:00:00Z\", to: \"2026-01-02T00:00:00Z\") { kinds { read "
                    + "} } } }",
                "{}", "BAD_USER_INPUT"
            },
            { Calendar, """{ "input": { "hours": [], "land": "SCHLARAFFENLAND" } }""", "BAD_USER_INPUT" },
            { Calendar, """{ "input": { "hours": [], "daysOff": ["2027-02-29"] } }""", "BAD_USER_INPUT" },
            {
                Calendar, """{ "input": { "hours": [{ "day": "MONDAY", "opens": "08:00:00", "closes": "09:00" }] } }""",
                "BAD_USER_INPUT"
            },
            {
                Calendar,
                $$"""
                { "input": { "hours": [],
                    "daysOff": [{{string.Join(",", Enumerable.Repeat("\"2027-01-04\"", 201))}}] } }
                """,
                "BAD_USER_INPUT"
            },
            { "{ reports { backlogs(at: \"gestern\") { open } } }", "{}", "BAD_USER_INPUT" },
            {
                "query($at: [DateTime!]!) { reports { backlogs(at: $at) { open } } }",
                $$"""{ "at": [{{string.Join(", ", Enumerable.Repeat("\"2026-01-01T00:00:00Z\"", 401))}}] }""",
                "BAD_USER_INPUT"
            },
            { "{ conversations(first: -1) { nodes { id } } }", "{}", "BAD_USER_INPUT" },
            { "{ conversations(first: 1, last: 1) { nodes { id } } }", "{}", "BAD_USER_INPUT" },
            { """{ conversations(after: "bm9uc2Vuc2U") { nodes { id } } }""", "{}", "BAD_USER_INPUT" },
            { """{ conversations(filter: { createdFrom: "yesterday" }) { nodes { id } } }""", "{}", "BAD_USER_INPUT" },
            {
                """{ conversations(filter: { createdFrom: "2026-01-01T00:00:00" }) { nodes { id } } }""",
                "{}",
                "BAD_USER_INPUT"
            },
            { """{ conversation(id: "C", asOf: { version: 0 }) { id } }""", "{}", "BAD_USER_INPUT" },
            {
                """{ conversation(id: "C", asOf: { version: 1, timestamp: "2026-01-01T00:00:00Z" }) { id } }""",
                "{}",
                "BAD_USER_INPUT"
            },
            { """{ conversation(id: "C", asOf: {}) { id } }""", "{}", "BAD_USER_INPUT" },
            { "{ nothing }", "{}", "BAD_USER_INPUT" },
            { "{ viewer {", "{}", "BAD_USER_INPUT" },
            { "mutation { uploadFile(input: { file: \"x\" }) { file { id } } }", "{}", "BAD_USER_INPUT" },
            {
                """mutation { a: signIn(input: { email: "a", password: "b" }) { errors { code } } b: """
                    + """signIn(input: { email: "a", password: "c" }) { errors { code } } }""",
                "{}",
                "QUERY_TOO_COMPLEX"
            },
            {
                """mutation { signIn(input: { email: "a", password: "b" }) { errors { code } } """
                    + """registerCustomer(input: { name: "" }) { errors { code } } }""",
                "{}",
                "BAD_USER_INPUT"
            },
            { AddComment, """{ "input": { "conversationId": "C", "body": "a\ud800b" } }""", "BAD_USER_INPUT" },
        };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_refusal_names_what_is_wrong_and_nothing_changes(
        string operation, string input, string code, string path)
    {
        var before = await office.FingerprintAsync();
        var answer = await office.Anna.SendRawAsync(operation, $$"""{ "input": {{office.Fill(input)}} }""");
        answer.Status.ShouldBe(200);
        var payload = answer.Data.AsObject().Single().Value;
        payload.At("errors.0.code").ShouldBe(code, answer.Body.ToJsonString());
        payload.At("errors.0.path").ShouldBe(path, answer.Body.ToJsonString());
        payload.At("errors.0.message").ShouldNotBeEmpty();
        (await office.FingerprintAsync()).ShouldBe(before);
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_is_no_valid_operation_is_refused_with_the_contracts_code(
        string operation, string variables, string code)
    {
        var before = await office.FingerprintAsync();
        var answer = await office.Anna.SendRawAsync(office.Fill(operation), office.Fill(variables));
        answer.ErrorCode.ShouldBe(code, answer.Body.ToJsonString());
        answer.ErrorMessage.ShouldNotBeNullOrEmpty();
        answer.Body.ToJsonString().ShouldNotContain("   at ");
        (await office.FingerprintAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData("{ conversations(filter: { search: \"a' \\\" & | ! ( ) : * <-> \\\\ %\" }) { nodes { id } } }")]
    [InlineData("{ conversations(filter: { search: \"\\u0000\" }) { nodes { id } } }")]
    [InlineData("{ conversations(filter: { search: \"\" }) { nodes { id } } }")]
    [InlineData("{ conversations(filter: { customerId: \"x\", responsibleAdministratorId: \"\" }) { nodes { id } } }")]
    [InlineData(
        "{ conversations(filter: { createdFrom: \"0001-01-01T00:00:00Z\", updatedTo: \"9999-12-31T23:59:59Z\" }) "
            + "{ nodes { id } } }"
    )]
    [InlineData("{ customers(search: \"%_\\\\\\u0000\") { nodes { id } } }")]
    [InlineData("{ node(id: 4) { id } }")]
    [InlineData("{ node(id: \"\\u0000\") { id } }")]
    [InlineData("{ reports { backlog(at: \"0001-01-01T00:00:00Z\") { total } } }")]
    [InlineData("{ reports { backlog(at: \"9999-12-31T23:59:59Z\") { total } } }")]
    [InlineData(
        "{ reports { backlogs(at: [\"0001-01-01T00:00:00Z\", \"9999-12-31T23:59:59Z\"]) { at open attention } } }")]
    [InlineData(
        "{ reports { officeReplyTime(from: \"2190-01-01T00:00:00Z\", to: \"2191-01-01T00:00:00Z\") { asOf basis "
            + "total { count median } waits(customerId: \"x\", administratorId: \"C\") { totalCount } } } }")]
    [InlineData(
        "{ reports { officeReplyTime(from: \"2190-01-01T00:00:00Z\", to: \"2191-01-01T00:00:00Z\", basis: BUSINESS) "
            + "{ basis isDefaultCalendar timeZone total { median } waits { nodes { seconds } } } } }")]
    [InlineData(
        "{ reports { weekly { entries(of: WRITTEN, weeksAgo: 5, customerId: \"C\", last: 3) { totalCount } "
            + "people(first: 0) { open } } } }")]
    [InlineData(
        "{ reports { work(at: \"0001-01-01T00:00:00Z\") { asOf total { open } groups { nodes { open } } "
            + "conversations(customerId: \"x\", administratorId: \"C\", of: AWAITING_REPLY) { totalCount } } } }")]
    [InlineData(
        "{ reports { work(at: \"9999-12-31T23:59:59Z\") { groups(last: 3, groupBy: CUSTOMER) { totalCount } } } }")]
    [InlineData("{ conversation(id: \"C\", asOf: { timestamp: \"0001-01-01T00:00:00Z\" }) { id } }")]
    [InlineData("{ conversation(id: \"C\", asOf: { version: 2147483647 }) { id } }")]
    public async Task Odd_questions_have_ordinary_answers(string operation) =>
        (await office.Anna.SendAsync(office.Fill(operation))).Data.ShouldNotBeNull();

    private static string Times(string from, string to, string more = "") =>
        $"{{ reports {{ officeReplyTime(from: \"{from}T00:00:00Z\", to: \"{to}T00:00:00Z\" {more}) {{ asOf }} }} }}";

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiIwMDAwMDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDIifQ.")]
    public async Task A_wrong_token_is_unauthenticated(string token)
    {
        var answer = await new GraphQLClient(office.Product.Http, token).SendAsync("{ viewer { id } }");
        (answer.Status, answer.ErrorCode).ShouldBe((401, "UNAUTHENTICATED"));
    }

    [Fact]
    public async Task A_token_with_another_signature_is_unauthenticated()
    {
        var parts = office.Anna.Token!.Split('.');
        var forged = $"{parts[0]}.{parts[1]}.{new string('A', parts[2].Length)}";
        (await new GraphQLClient(office.Product.Http, forged).SendAsync("{ viewer { id } }")).ErrorCode.ShouldBe(
            "UNAUTHENTICATED");
    }

    [Fact]
    public async Task The_same_id_with_other_content_is_a_conflict()
    {
        var id = Guid.CreateVersion7();
        const string whole =
            "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id body visibility "
                + "createdAt author { __typename } files { id } } errors { code } } }";
        var first = await office.Anna.QueryAsync(
            whole,
            new
            {
                input = new
                {
                    id,
                    conversationId = office.Conversation,
                    body = "einmal",
                },
            }
        );
        var again = await office.Anna.QueryAsync(
            whole,
            new
            {
                input = new
                {
                    id,
                    conversationId = office.Conversation,
                    body = "einmal",
                },
            }
        );
        var other = await office.Anna.QueryAsync(
            AddComment,
            new
            {
                input = new
                {
                    id,
                    conversationId = office.Conversation,
                    body = "zweimal",
                },
            }
        );
        again.ToJsonString().ShouldBe(first.ToJsonString());
        other.At("addComment.errors.0.code").ShouldBe("CONFLICT");
    }

    [Fact]
    public async Task A_file_over_the_limit_is_refused_and_nothing_of_it_is_kept()
    {
        var before = await office.FingerprintAsync();
        var answer = await office.Anna.UploadAsync(
            "big.bin", "application/octet-stream", new byte[Started.FileMaximum + 1]);
        answer.Data.At("uploadFile.errors.0.code").ShouldBe("TOO_LARGE");
        Directory.EnumerateFiles(office.Product.DataDirectory, "*", SearchOption.AllDirectories)
            .Where(f => new FileInfo(f).Length > Started.FileMaximum / 2).ShouldBeEmpty();
        (await office.FingerprintAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_multipart_body_that_ends_early_is_refused_and_nothing_of_it_is_kept()
    {
        var before = Kept();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql");
        request.Headers.Authorization = new("Bearer", office.Anna.Token);
        request.Headers.Add("GraphQL-Preflight", "1");
        request.Content = new ByteArrayContent(
            Encoding.UTF8.GetBytes(
                "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{\"query\":\"mutation($f: "
                    + "Upload!) { uploadFile(input: { file: $f }) { file { id } } }\",\"variables\":{\"f\":null}}\r\n"
                    + "--b\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{\"0\":[\"variables.f\"]}\r\n"
                    + "--b\r\nContent-Disposition: form-data; name=\"0\"; filename=\"a.txt\"\r\nContent-Type: "
                        + "text/plain\r\n\r\nhalf of it"
            )
        );
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=b");
        using var response = await office.Product.Http.SendAsync(request, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain(
            "BAD_USER_INPUT");
        Kept().ShouldBe(before);

        string[] Kept() =>
            [
                .. Directory
                    .EnumerateFiles(
                        Path.Combine(office.Product.DataDirectory, "files"), "*", SearchOption.AllDirectories)
                    .Order(StringComparer.Ordinal),
            ];
    }

    public sealed class Started : IAsyncLifetime
    {
        public const int FileMaximum = 100_000;

        private string _customer = "";
        private string _auditor = "";

        public RunningProduct Product { get; private set; } = null!;

        public GraphQLClient Anna { get; private set; } = null!;

        public string Conversation { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            Product = await RunningProduct.StartAsync(
                settings: new() { ["Messaging:Files:MaximumBytes"] = $"{FileMaximum}" });
            Anna = await Product.SignInAsync("anna.sommer@kanzlei-sommer.example");
            var people = await Anna.QueryAsync(
                """{ customers { nodes { id } } administrators { nodes { id role } } conversations { nodes { id } } }"""
            );
            _customer = people.At("customers.nodes.0.id");
            _auditor = people["administrators"]!["nodes"]!.AsArray().Single(a => a.At("role") == "AUDITOR").At("id");
            Conversation = people.At("conversations.nodes.0.id");
        }

        public async ValueTask DisposeAsync() => await Product.DisposeAsync();

        public string Fill(string text) =>
            text.Replace("\"C\"", $"\"{Conversation}\"", StringComparison.Ordinal)
                .Replace("\"K\"", $"\"{_customer}\"", StringComparison.Ordinal)
                .Replace("\"AUDITOR\"", $"\"{_auditor}\"", StringComparison.Ordinal)
                .Replace("LONG", new string('x', 20_001), StringComparison.Ordinal);

        /// <summary>
        /// How much there is of everything that a command can write, but for what is recorded of sign-ins and mails,
        /// whenever that is.
        /// </summary>
        public async Task<string> FingerprintAsync()
        {
            await using var command = Product.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
                """
                select concat_ws(' ', (select count(*) from messaging.mt_events where data -> 'about' is null),
                    (select count(*) from messaging.receipts) - (select count(*) from messaging.mt_events
                        where data -> 'about' is not null and type <> 'notification_preferences_chosen'),
                    (select count(*) from messaging.uploads),
                    (select count(*) from messaging.accounts), (select count(*) from messaging.comments),
                        (select sum(version) from messaging.conversations))
                """);
            return (string)(await command.ExecuteScalarAsync())!;
        }
    }
}
