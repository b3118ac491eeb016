using System.Text.Json.Nodes;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Security;

/// <summary>
/// Every query and every mutation, tried by everybody: nobody, each role, another customer, another organisation.
/// </summary>
public sealed class PermissionTests : IClassFixture<PermissionTests.Office>
{
    // In this order the outcomes below are written.
    private static readonly string[] s_who =
    [
        "nobody", "owner", "administrator", "auditor", "customer", "other customer", "other office"
    ];

    // An administrator who was given another customer only, and a contact of the customer's who is limited to a topic
    // that the conversation is not about.
    private static readonly string[] s_limited = ["limited administrator", "limited customer"];

    // {conversation}, {comment}, {file}, {upload}, {customer}, {contact}, {administrator}, {notification}, {event}: ids
    // of Kanzlei Sommer and its customer Bäckerei Krause; {session} is one more of that customer's. "data" is an answer
    // with content, "null" one without, "error X" a GraphQL error, a bare code a refusal as data.
    private static readonly (string Operation, string[] Outcomes)[] s_rules =
    [
        (
            "{ viewer { id displayName email role locale isOwner customer { id } organisation { name } "
                + "unreadNotificationCount notificationPreferences { emailFor inAppFor } notifications { nodes { id } "
                + "totalCount } } }",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "data", "data"]
        ),
        (
            """{ node(id: "{conversation}") { id } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "null", "null"]
        ),
        (
            """{ node(id: "{comment}") { id } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "null", "null"]
        ),
        (
            """{ node(id: "{internal}") { id } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "null", "null", "null"]
        ),
        (
            """{ node(id: "{file}") { id } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "null", "null"]
        ),
        (
            """{ node(id: "{customer}") { id } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "null", "null"]
        ),
        (
            """{ node(id: "{contact}") { id } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "null", "null"]
        ),
        (
            """{ node(id: "{notification}") { id } }""",
            ["error UNAUTHENTICATED", "null", "data", "null", "null", "null", "null"]
        ),
        (
            """{ node(id: "{event}") { id } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "null", "null", "null"]
        ),
        (
            """{ conversation(id: "{conversation}") { id subject comments { nodes { id body } totalCount } """
                + """files { nodes { id url } totalCount } commentCount unreadCommentCount } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "null", "null"]
        ),
        (
            """{ conversation(id: "{conversation}", asOf: { version: 1 }) { id } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "error FORBIDDEN", "null"]
        ),
        (
            """{ conversation(id: "{conversation}") { history { nodes { type summary data } totalCount } } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "null", "null"]
        ),
        (
            """{ conversations(filter: { customerId: "{customer}" }) { nodes { id } } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "null", "null"]
        ),
        (
            """{ conversations(filter: { search: "Geheimnotiz" }) { nodes { id } } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "null", "null", "null"]
        ),
        (
            """{ conversationCounts(filter: { customerId: "{customer}" }) { total } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "null", "null"]
        ),
        (
            "{ organisation { name settings { locale timeZone customersMayStartConversations } } }",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "data", "data"]),
        (
            "{ organisation { settings { notificationEmail } } }",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "error FORBIDDEN", "data"]),
        (
            "{ administrators { nodes { id email role isOwner active } totalCount } }",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "error FORBIDDEN", "data"]),
        (
            "{ conversationTags }",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "error FORBIDDEN", "data"]
        ),
        (
            "{ administrators { nodes { access { all customerIds customers { id } tags } } } }",
            [
                "error UNAUTHENTICATED", "data", "error FORBIDDEN", "error FORBIDDEN", "error FORBIDDEN",
                "error FORBIDDEN", "data"
            ]
        ),
        (
            "{ viewer { isLimited isNarrow seesAllHistory topics } }",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "data", "data"]
        ),
        (
            """{ conversation(id: "{conversation}") { tags } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "null", "null"]
        ),
        (
            """{ customer(id: "{customer}") { contacts { topics } } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "null", "null"]
        ),
        (
            """mutation { tagConversations(input: { conversationIds: ["{conversation}"], add: ["Dringend"] }) { """
                + """conversations { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { setContactTopics(input: { id: "{guest}", topics: ["Lohn"] }) { contact { id } errors { """
                + """code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { setAdministratorAccess(input: { id: "{staying}", access: { all: true } }) { """
                + """administrator { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { setAbsence(input: { id: "{staying}" }) { administrator { absence { from } } errors { code """
                + """} } }""",
            ["error UNAUTHENTICATED", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { setAbsence(input: {}) { administrator { absence { from } } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "data"]
        ),
        (
            """{ conversation(id: "{conversation}") { responsibleAdministrator { displayName } } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "null", "null"]
        ),
        (
            """{ conversation(id: "{conversation}") { responsibleAdministrator { email } } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "null", "null"]
        ),
        (
            """{ customers(search: "krause") { nodes { id } totalCount } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "error FORBIDDEN", "null"]
        ),
        (
            """{ customer(id: "{customer}") { name contacts { email } conversations { nodes { id } } } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "null", "null"]
        ),
        (
            "{ reports { activity(from: \"2026-01-01T00:00:00Z\", to: \"2026-02-01T00:00:00Z\", interval: DAY) { "
                + "start created } backlog { total } workload { open administrator { id } } } }",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "error FORBIDDEN", "data"]
        ),
        (
            "{ reports { officeReplyTime(from: \"2026-01-01T00:00:00Z\", to: \"2026-02-01T00:00:00Z\", groupBy: "
                + "ADMINISTRATOR) { total { count } groups { count administrator { id } } waits { totalCount } } "
                + "backlogs(at: [\"2026-01-01T00:00:00Z\"]) { open } } }",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "error FORBIDDEN", "data"]
        ),
        (
            "{ reports { work(at: \"2026-01-01T00:00:00Z\") { asOf total { open } groups(groupBy: CUSTOMER) { nodes { "
                + "awaitingReply customer { id } } } conversations(nobody: true) { totalCount } } "
                + "notifications(from: \"2026-01-01T00:00:00Z\", to: \"2026-02-01T00:00:00Z\") { kinds { kind read } "
                + "conversations(of: MAILS) { nodes { count } } } } }",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "error FORBIDDEN", "data"]
        ),
        (
            "{ reports { undelivered(months: 2, nobody: true) { lateBefore total { earlier months { late } } customers { "
                + "nodes { oldestSince customer { id } } } waits(monthsAgo: 1, part: LATE) { totalCount } } } }",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "error FORBIDDEN", "data"]
        ),
        (
            "{ reports { unreachable(reason: NEVER_SIGNED_IN) { totalCount nodes { since reason contact { id } customer { "
                + "id } } } } }",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "error FORBIDDEN", "data"]
        ),
        (
            "{ reports { weekly { asOf entries(of: WAITING_FOR_US) { totalCount nodes { at conversation { id } } } "
                + "weeks { started replyMedian } people { open administrator { id } } customers { comments customer { "
                + "id } } failedMails checkpoint { size } } } }",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "error FORBIDDEN", "data"]
        ),
        (
            """mutation { createConversation(input: { customerId: "{customer}", subject: "S", body: "B" }) { """
                + """conversation { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { addComment(input: { conversationId: "{conversation}", body: "B" }) { comment { id } """
                + """errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "data", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { addComment(input: { conversationId: "{conversation}", body: "B", visibility: """
                + """INTERNAL }) { comment { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { addComment(input: { conversationId: "{conversation}", body: "B", status: OPEN }) { """
                + """comment { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { addComment(input: { conversationId: "{conversation}", body: "B", fileIds: """
                + """["{upload}"] }) { comment { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "FORBIDDEN", "data", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { discardFile(input: { id: "{unwanted}" }) { errors { code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "FORBIDDEN", "data", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """{ conversation(id: "{conversation}") { files { nodes { quarantined awaitsScan } } } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "null", "null"]
        ),
        (
            """{ conversation(id: "{conversation}") { files { nodes { quarantineReason } } } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "null", "null"]
        ),
        (
            """mutation { changeStatus(input: { conversationIds: ["{conversation}"], status: ATTENTION }) { """
                + """conversations { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { assignAdministrator(input: { conversationIds: ["{conversation}"], """
                + """administratorId: "{administrator}" }) { conversations { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { notifyAdministrators(input: { conversationIds: ["{conversation}"] }) { conversations """
                + """{ id } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { markConversationRead(input: { conversationId: "{conversation}" }) { conversation { """
                + """id } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { announceWriting(input: { conversationId: "{conversation}" }) { errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "data", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { announceWriting(input: { conversationId: "{conversation}", visibility: INTERNAL }) { """
                + """errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { markNotificationsRead(input: { ids: ["{notification}"] }) { viewer { id } errors { """
                + """code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "data", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """{ auditLog(filter: { conversationId: "{conversation}" }) { nodes { id type summary subject { """
                + """__typename } actor { __typename } } totalCount } }""",
            [
                "error UNAUTHENTICATED", "data", "error FORBIDDEN", "data", "error FORBIDDEN", "error FORBIDDEN",
                "null"
            ]
        ),
        (
            """{ auditLog(filter: { subjectId: "{administrator}" }) { nodes { id type summary } } }""",
            [
                "error UNAUTHENTICATED", "data", "error FORBIDDEN", "data", "error FORBIDDEN", "error FORBIDDEN",
                "null"
            ]
        ),
        (
            "{ auditCheckpoint { size root grownAt lag note publicKey } }",
            [
                "error UNAUTHENTICATED", "data", "error FORBIDDEN", "data", "error FORBIDDEN", "error FORBIDDEN",
                "data"
            ]
        ),
        (
            """{ auditProof(eventId: "{event}") }""",
            [
                "error UNAUTHENTICATED", "data", "error FORBIDDEN", "data", "error FORBIDDEN", "error FORBIDDEN",
                "null"
            ]
        ),
        (
            """{ deliveries(filter: { conversationId: "{conversation}" }) { nodes { id address state rule } """
                + """totalCount } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "error FORBIDDEN", "null"]
        ),
        (
            """{ conversation(id: "{conversation}") { deliveries { nodes { id address } totalCount } } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "null", "null"]
        ),
        (
            """{ node(id: "{delivery}") { id } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "null", "null", "null"]
        ),
        (
            """{ conversation(id: "{conversation}") { history { nodes { whyNobody told { nodes { channel rule """
                + """recipient { __typename } } totalCount } } } } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "null", "null"]
        ),
        (
            "{ inboundMails { nodes { id outcome code from subject receivedAt conversation { id } person { "
                + "__typename } } totalCount } }",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "error FORBIDDEN", "null"]
        ),
        (
            """mutation { resendDelivery(input: { id: "{delivery}" }) { delivery { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { subscribeToPush(input: { endpoint: "https://fcm.googleapis.com/fcm/send/x" }) { """
                + "errors { code } } }",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "data", "data"]
        ),
        (
            """mutation { unsubscribeFromPush(input: { endpoint: "https://fcm.googleapis.com/fcm/send/x" }) { """
                + "errors { code } } }",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "data", "data"]
        ),
        (
            "mutation { updateNotificationPreferences(input: { inAppFor: [ASSIGNED] }) { viewer { "
                + "notificationPreferences { inAppFor } } errors { code } } }",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "data", "data"]
        ),
        (
            """mutation { updateOrganisationSettings(input: { timeZone: "Europe/Vienna" }) { organisation { id """
                + """} errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "data"]
        ),
        (
            """mutation { inviteAdministrator(input: { email: "new@kanzlei.example", displayName: "N" }) { """
                + """administrator { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "data"]
        ),
        (
            """{ customerImport(id: "{import}") { id lines { nodes { line name } } } }""",
            [
                "error UNAUTHENTICATED", "data", "data", "error FORBIDDEN", "error FORBIDDEN", "error FORBIDDEN", "null"
            ]
        ),
        (
            "{ customerImports { id } }",
            [
                "error UNAUTHENTICATED", "data", "data", "error FORBIDDEN", "error FORBIDDEN", "error FORBIDDEN", "data"
            ]
        ),
        (
            """mutation { checkCustomerImport(input: { fileId: "{contact}" }) { customerImport { id } errors """
                + """{ code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { startCustomerImport(input: { id: "{contact}", digest: "D" }) { errors { code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { inviteImportedContacts(input: { id: "{contact}" }) { errors { code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { discardCustomerImport(input: { id: "{contact}" }) { errors { code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { registerCustomer(input: { name: "C" }) { customer { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "data"]
        ),
        (
            """mutation { updateCustomer(input: { id: "{customer}", notes: "N" }) { customer { notes } errors { """
                + """code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """{ customer(id: "{customer}") { number endedOn hasEnded } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "null", "null"]
        ),
        (
            """{ customer(id: "{customer}") { notes } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "null", "null"]
        ),
        (
            """{ customer(id: "{customer}") { tags defaultAdministrator { id } } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "error FORBIDDEN", "null", "null"]
        ),
        (
            """mutation { assignDefaultAdministrator(input: { id: "{customer}" }) { customer { id } errors { """
                + """code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { endCustomer(input: { id: "{customer}", on: "2199-01-01" }) { customer { id } errors { """
                + """code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { resumeCustomer(input: { id: "{customer}" }) { customer { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { inviteContact(input: { customerId: "{customer}", email: "{who}@krause.example", """
                + """displayName: "N" }) { contact { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { resendInvitation(input: { id: "{guest-{who}}" }) { invited { __typename } errors { """
                + """code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { resendInvitation(input: { id: "{newcomer}" }) { invited { __typename } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { withdrawInvitation(input: { id: "{conversation}" }) { invited { __typename } errors { """
                + """code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { withdrawInvitation(input: { id: "{withdrawn}" }) { invited { __typename } errors { """
                + """code } } }""",
            ["error UNAUTHENTICATED", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { reactivateContact(input: { id: "{conversation}" }) { contact { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { reactivateAdministrator(input: { id: "{conversation}" }) { administrator { id } """
                + """errors { code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { changeAdministratorRole(input: { id: "{carla}", isOwner: false }) { administrator { id } """
                + """errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { deactivateContact(input: { id: "{leaver}" }) { contact { active } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { updateProfile(input: { locale: "de" }) { viewer { locale } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "data", "data"]
        ),
        (
            """mutation { changePassword(input: { currentPassword: "wrong-password", """
                + """newPassword: "long-enough" }) { accessToken viewer { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "INVALID", "INVALID", "INVALID", "INVALID", "INVALID", "INVALID"]
        ),
        (
            """mutation { deactivateAdministrator(input: { id: "{leaving}" }) { administrator { id } errors { """
                + """code } } }""",
            ["error UNAUTHENTICATED", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { signIn(input: { email: "nobody@nowhere.example", password: "wrong-password" }) { """
                + """accessToken viewer { id } errors { code } } }""",
            ["INVALID", "INVALID", "INVALID", "INVALID", "INVALID", "INVALID", "INVALID"]
        ),
        (
            """mutation { acceptInvitation(input: { token: "guessed", password: "long-enough" }) { accessToken """
                + """viewer { id } errors { code } } }""",
            ["NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { requestPasswordReset(input: { email: "{who}@nowhere.example" }) { errors { code } } }""",
            ["data", "data", "data", "data", "data", "data", "data"]
        ),
        (
            """mutation { resetPassword(input: { token: "guessed", password: "long-enough" }) { errors { code } } }""",
            ["NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { sendPasswordReset(input: { id: "{administrator}" }) { recipient { __typename } errors { """
                + """code } } }""",
            ["error UNAUTHENTICATED", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { completeSignIn(input: { challenge: "guessed", code: "123456" }) { accessToken """
                + """viewer { id } errors { code } } }""",
            ["NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { beginAuthenticator(input: { challenge: "guessed" }) { secret errors { code } } }""",
            ["NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { confirmAuthenticator(input: { id: "{session}", code: "123456", challenge: "guessed" }) { """
                + """recoveryCodes errors { code } } }""",
            ["NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { beginPasskey(input: { challenge: "guessed" }) { options errors { code } } }""",
            ["NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { confirmPasskey(input: { id: "{session}", response: "{}", challenge: "guessed" }) { """
                + """recoveryCodes errors { code } } }""",
            ["NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            "mutation { beginPasskeySignIn { options errors { code } } }",
            ["data", "data", "data", "data", "data", "data", "data"]
        ),
        (
            """mutation { signInWithPasskey(input: { response: "{}" }) { accessToken errors { code } } }""",
            ["INVALID", "INVALID", "INVALID", "INVALID", "INVALID", "INVALID", "INVALID"]
        ),
        (
            """mutation { signInWithIssuer(input: { code: "c", codeVerifier: "v", nonce: "n", """
                + """redirectUri: "https://a.example/" }) { accessToken errors { code } } }""",
            ["CONFLICT", "CONFLICT", "CONFLICT", "CONFLICT", "CONFLICT", "CONFLICT", "CONFLICT"]
        ),
        (
            """mutation { removeSecondFactor(input: { id: "{session}", currentPassword: "messaging-demo" }) { """
                + """viewer { id } errors { code } } }""",
            [
                "error UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"
            ]
        ),
        (
            """mutation { createRecoveryCodes(input: { currentPassword: "messaging-demo" }) { recoveryCodes """
                + """errors { code } } }""",
            ["error UNAUTHENTICATED", "CONFLICT", "CONFLICT", "CONFLICT", "CONFLICT", "CONFLICT", "CONFLICT"]
        ),
        (
            """mutation { resetSecondFactor(input: { id: "{contact}" }) { person { __typename } errors { code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { changeCalendar(input: { hours: [] }) { organisation { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "INVALID", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "INVALID"]
        ),
        (
            """mutation { changeRetention(input: { mandateYears: 31 }) { organisation { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "INVALID", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "INVALID"]
        ),
        (
            """mutation { holdCustomer(input: { id: "{conversation}", reason: "x" }) { customer { id } errors { """
                + """code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { releaseCustomer(input: { id: "{conversation}" }) { customer { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { restrictPerson(input: { personId: "{conversation}" }) { person { __typename } errors { """
                + """code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { erasePerson(input: { personId: "{conversation}" }) { person { __typename } errors { """
                + """code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { liftRestriction(input: { personId: "{conversation}" }) { person { __typename } errors { """
                + """code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { requireSecondFactor(input: { isRequired: true }) { organisation { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "CONFLICT", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "CONFLICT"]
        ),
        (
            """mutation { requestEmailChange(input: { email: "a@nowhere.example", currentPassword: "wrong" }) { """
                + """viewer { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "INVALID", "INVALID", "INVALID", "INVALID", "INVALID", "INVALID"]
        ),
        (
            """mutation { sendEmailChange(input: { id: "{pruefung}", email: "{who}@nowhere.example" }) { person { """
                + """__typename } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { sendEmailChange(input: { id: "{contact}", email: "{who}@nowhere.example" }) { person { """
                + """__typename } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { withdrawEmailChange(input: { id: "{pruefung}" }) { person { __typename } errors { """
                + """code } } }""",
            ["error UNAUTHENTICATED", "data", "FORBIDDEN", "data", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { withdrawEmailChange(input: { id: "{contact}" }) { person { __typename } errors { """
                + """code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "FORBIDDEN", "data", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { openEmailChange(input: { token: "guessed" }) { link { email } errors { code } } }""",
            ["NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { confirmEmailChange(input: { token: "guessed" }) { link { email } errors { code } } }""",
            ["NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            "mutation { refreshSession { accessToken viewer { id } errors { code } } }",
            ["NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]),
        (
            "{ viewer { accounts { organisationName customerName role isCurrent } } }",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "data", "data"]),
        (
            """mutation { switchAccount(input: { organisationId: "{conversation}", personId: "{administrator}" }) { """
                + """accessToken errors { code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { joinAccounts(input: { email: "{who}@nowhere.example", password: "wrong-password" }) { """
                + """viewer { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "INVALID", "INVALID", "INVALID", "INVALID", "INVALID", "INVALID"]
        ),
        ("mutation { signOut { errors { code } } }", ["NOT_FOUND", "data", "data", "data", "data", "data", "data"]),
        (
            """mutation { endSession(input: { id: "{session}" }) { viewer { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "data", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            "mutation { endOtherSessions { endedCount viewer { id } errors { code } } }",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "data", "data"]),
        (
            "{ serviceAccounts { id displayName apiTokens { id name preview } } }",
            [
                "error UNAUTHENTICATED", "data", "error FORBIDDEN", "error FORBIDDEN", "error FORBIDDEN",
                "error FORBIDDEN", "data"
            ]
        ),
        (
            """mutation { createServiceAccount(input: { displayName: "N" }) { serviceAccount { id } errors { """
                + """code } } }""",
            ["error UNAUTHENTICATED", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "data"]
        ),
        (
            """mutation { deactivateServiceAccount(input: { id: "{service-{who}}" }) { serviceAccount { active """
                + """} errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { createApiToken(input: { name: "N", expiresAt: "{soon}", """
                + """currentPassword: "messaging-demo" }) { apiToken { id } secret errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "data", "data", "data", "data", "data"]
        ),
        (
            """mutation { createApiToken(input: { serviceAccountId: "{service}", name: "N", """
                + """expiresAt: "{soon}", currentPassword: "messaging-demo" }) { secret errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { createApiToken(input: { serviceAccountId: "{contact}", name: "N", """
                + """expiresAt: "{soon}", currentPassword: "messaging-demo" }) { secret errors { code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "FORBIDDEN", "FORBIDDEN", "data", "FORBIDDEN", "NOT_FOUND"]
        ),
        (
            """mutation { endApiToken(input: { id: "{service-token-{who}}" }) { viewer { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "data", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]
        ),
        (
            """mutation { endApiToken(input: { id: "{customer-token-{who}}" }) { viewer { id } errors { code } } }""",
            ["error UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "data", "NOT_FOUND", "NOT_FOUND"]
        ),
    ];

    private readonly Office _office;

    public PermissionTests(Office office) => _office = office;

    public static IEnumerable<TheoryDataRow<string, string, string>> Rules() =>
        from rule in s_rules
        from who in s_who.Concat(s_limited)
        select new TheoryDataRow<string, string, string>(who, rule.Operation, OutcomeOf(rule, who));

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task Everybody_may_exactly_what_is_theirs(string who, string operation, string outcome)
    {
        operation = operation.Replace("{who}", who.Replace(' ', '-'), StringComparison.Ordinal);
        foreach (var (name, id) in _office.Ids)
            operation = operation.Replace($"{{{name}}}", id, StringComparison.Ordinal);
        if (operation.Contains("{session}", StringComparison.Ordinal))
            operation = operation.Replace("{session}", await _office.BeginSessionAsync(), StringComparison.Ordinal);
        var endsSessions =
            operation.Contains("signOut", StringComparison.Ordinal)
            || operation.Contains("endOtherSessions", StringComparison.Ordinal);
        var answer = endsSessions
            ? await _office.AnewAsync(who, operation)
            : await _office.As(who).SendAsync(operation);
        OutcomeOf(answer).ShouldBe(outcome, answer.Body.ToJsonString());
    }

    [Fact]
    public async Task Every_field_of_query_and_mutation_has_its_rules_here()
    {
        var answer = await _office
            .As("owner")
            .QueryAsync("{ __schema { queryType { fields { name } } mutationType { fields { name } } } }");
        var fields = answer["__schema"]!["queryType"]!["fields"]!
            .AsArray()
            .Concat(answer["__schema"]!["mutationType"]!["fields"]!.AsArray());
        foreach (var field in fields.Select(f => f.At("name")).Where(f => f != "uploadFile"))
            s_rules.ShouldContain(
                r => System.Text.RegularExpressions.Regex.IsMatch(r.Operation, $@"^(mutation )?\{{ {field}\b"), field);
    }

    [Theory]
    [InlineData("owner", true)]
    [InlineData("administrator", true)]
    [InlineData("customer", true)]
    [InlineData("auditor", false)]
    public async Task Whoever_writes_may_upload(string who, bool may)
    {
        var answer = await _office.As(who).UploadAsync("a.txt", "text/plain", "text"u8.ToArray());
        answer.Data.At("uploadFile.errors.0.code").ShouldBe(may ? "" : "FORBIDDEN");
        string.IsNullOrEmpty(answer.Data.At("uploadFile.file.id")).ShouldBe(!may);
    }

    [Fact]
    public async Task Nobody_uploads_without_signing_in()
    {
        var answer = await _office.As("nobody").UploadAsync("a.txt", "text/plain", "text"u8.ToArray());
        answer.ErrorCode.ShouldBe("UNAUTHENTICATED");
        Directory.EnumerateFiles(Path.Combine(_office.Product.DataDirectory, "files", "staging")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("nobody", 401)]
    [InlineData("owner", 200)]
    [InlineData("administrator", 200)]
    [InlineData("auditor", 200)]
    [InlineData("customer", 200)]
    [InlineData("other customer", 404)]
    [InlineData("other office", 404)]
    [InlineData("limited administrator", 404)]
    [InlineData("limited customer", 404)]
    public async Task Only_participants_reach_a_file(string who, int status) =>
        ((int)(await _office.As(who).GetAsync($"/files/{_office.Ids["file"]}")).StatusCode).ShouldBe(status);

    [Theory]
    [InlineData("customer", 404)]
    [InlineData("administrator", 200)]
    public async Task The_file_of_an_internal_note_stays_in_the_office(string who, int status) =>
        ((int)(await _office.As(who).GetAsync($"/files/{_office.Ids["internalFile"]}")).StatusCode).ShouldBe(status);

    [Theory]
    [InlineData("customer", 200)]
    [InlineData("administrator", 404)]
    [InlineData("other customer", 404)]
    [InlineData("other office", 404)]
    public async Task An_upload_is_its_uploaders_alone_until_it_is_attached(string who, int status) =>
        ((int)(await _office.As(who).GetAsync($"/files/{_office.Ids["kept"]}")).StatusCode).ShouldBe(status);

    [Fact]
    public async Task A_customer_does_not_notice_an_internal_note()
    {
        const string query =
            """query($id: ID!) { conversation(id: $id) { version updatedAt commentCount lastComment { id } """
                + """unreadCommentCount comments { nodes { id } totalCount } files { totalCount } } }""";
        var id = await _office.CreateConversationAsync("Ohne Notiz");
        var before = await _office.As("customer").QueryAsync(query, new { id });
        var note = await _office
            .As("administrator")
            .QueryAsync(
                """mutation($id: ID!) { addComment(input: { conversationId: $id, body: "nur für uns", """
                    + """visibility: INTERNAL }) { comment { id } errors { code } } }""",
                new { id }
            );
        note.At("addComment.errors").ShouldBe("[]");
        var after = await _office.As("customer").QueryAsync(query, new { id });
        after.ToJsonString().ShouldBe(before.ToJsonString());
        (await _office.As("auditor").QueryAsync(query, new { id })).At("conversation.commentCount").ShouldBe("2");
    }

    [Fact]
    public async Task A_cursor_tells_a_customer_nothing_of_internal_notes()
    {
        var (with, without) = (
            await _office.CreateConversationAsync("Mit Notiz"), await _office.CreateConversationAsync("Ohne Notiz"));
        async Task CommentAsync(string id, string visibility) => (
                await _office
                    .As("administrator")
                    .QueryAsync(
                        "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }",
                        new
                        {
                            input = new
                            {
                                conversationId = id,
                                body = "Text",
                                visibility,
                            },
                        }
                    )
            ).At("addComment.errors").ShouldBe("[]");
        await CommentAsync(with, "INTERNAL");
        await CommentAsync(with, "INTERNAL");
        foreach (var id in (string[])[with, without])
            for (var i = 0; i < 2; i++) await CommentAsync(id, "PUBLIC");

        async Task<(List<string> Texts, string Next)> CursorsAsync(string who, string id, string? after = null)
        {
            var page = (
                await _office
                    .As(who)
                    .QueryAsync(
                        "query($id: ID!, $after: String) { conversation(id: $id) { comments(first: 2, after: "
                            + "$after) { edges { cursor node { id } } pageInfo { endCursor } } } }",
                        new { id, after }
                    )
            )["conversation"]!["comments"]!;
            string Text(JsonNode edge) =>
                System
                    .Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(edge.At("cursor")))
                    .Replace(Guid.Parse(edge.At("node.id")).ToString("N"), "id", StringComparison.Ordinal);
            return ([.. page["edges"]!.AsArray().Select(e => Text(e!))], page.At("pageInfo.endCursor"));
        }

        var (first, next) = await CursorsAsync("customer", with);
        var (second, _) = await CursorsAsync("customer", with, next);
        (first.Count, second.Count).ShouldBe((2, 1));
        var (others, _) = await CursorsAsync("customer", without);
        first.ShouldBe(others);
        second.Concat(first).Distinct().ShouldHaveSingleItem();

        // Nor does an internal note serve as a place to look from.
        var (_, internalNote) = await CursorsAsync("auditor", with);
        (await CursorsAsync("customer", with, internalNote)).Texts.ShouldBeEmpty();
    }

    // What is another customer's, or about another topic, is to the limited as what is another office's.
    private static string OutcomeOf((string Operation, string[] Outcomes) rule, string who)
    {
        var outcomes = s_who.Zip(rule.Outcomes).ToDictionary(o => o.First, o => o.Second);
        if (outcomes.TryGetValue(who, out var outcome)) return outcome;
        if (who == "limited administrator")
        {
            // Who registers customers sees all of them; and of a person that is not theirs they are not told whether
            // it is one of the office's.
            string[] forbidden =
            [
                "registerCustomer(", "checkCustomerImport(", "startCustomerImport(", "discardCustomerImport(",
                "inviteImportedContacts(", "sendEmailChange(", "withdrawEmailChange("
            ];
            return forbidden.Any(f => rule.Operation.StartsWith($"mutation {{ {f}", StringComparison.Ordinal))
                ? "FORBIDDEN"
                : outcomes["administrator"].Contains("FORBIDDEN", StringComparison.Ordinal) ? outcomes["administrator"]
                : outcomes["other office"];
        }

        string[] ofOthers =
        [
            "{conversation}", "{comment}", "{internal}", "{file}", "{upload}", "{unwanted}", "{session}", "{event}",
            "{customer-token", "\"{contact}\", name", "withdrawEmailChange(input: { id: \"{contact}\"",
            "conversations(filter", "conversationCounts(filter"
        ];
        return ofOthers.Any(o => rule.Operation.Contains(o, StringComparison.Ordinal))
            && !rule.Operation.StartsWith("mutation { reactivate", StringComparison.Ordinal)
            ? outcomes["other customer"]
            : outcomes["customer"];
    }

    private static string OutcomeOf(GraphQLAnswer answer)
    {
        if (answer.ErrorCode is { } error) return $"error {error}";
        var field = answer.Data.AsObject().First().Value;
        if (field is null)
            return "null";
        if (field is JsonArray or JsonValue)
            return "data";
        if (field.At("errors.0.code") is { Length: > 0 } code)
            return code;
        if (
            field["nodes"] is JsonArray { Count: 0 }
            || (field as JsonObject)?.All(p => p.Key == "total" && (int)p.Value! == 0) == true
        )
            return "null";
        return "data";
    }

    /// <summary>Kanzlei Sommer of the demo data, with a conversation that has everything.</summary>
    public sealed class Office : IAsyncLifetime
    {
        private static readonly Dictionary<string, string> s_emails = new()
        {
            ["owner"] = "anna.sommer@kanzlei-sommer.example",
            ["administrator"] = "bernd.winter@kanzlei-sommer.example",
            ["auditor"] = "pruefung@kanzlei-sommer.example",
            ["customer"] = "dieter.krause@baeckerei-krause.example",
            ["other customer"] = "eva.lindner@studio-lindner.example",
            ["limited administrator"] = "carla.herbst@kanzlei-sommer.example",
            ["limited customer"] = "lohn@krause.example",
            ["other office"] = "owner@treuhand-nord.example",
        };

        private readonly Dictionary<string, GraphQLClient> _clients = [];

        public RunningProduct Product { get; private set; } = null!;

        public Dictionary<string, string> Ids { get; } = [];

        public GraphQLClient As(string who) => _clients[who];

        public async ValueTask InitializeAsync()
        {
            Product = await RunningProduct.StartAsync();
            _clients["nobody"] = Product.Anonymous;
            foreach (var who in s_emails.Keys.Where(who => who != "limited customer"))
                _clients[who] = await Product.SignInAsync(s_emails[who]);

            var people = await As("owner")
                .QueryAsync(
                    """{ customers(search: "krause") { nodes { id contacts { id } } } """
                        + """other: customers(search: "lindner") { nodes { id } } """
                        + """administrators { nodes { id email } } }"""
                );
            Ids["customer"] = people.At("customers.nodes.0.id");
            Ids["contact"] = people.At("customers.nodes.0.contacts.0.id");
            foreach (var node in people["administrators"]!["nodes"]!.AsArray())
                Ids[node.At("email").Split('.', '@')[0]] = node.At("id");
            Ids["administrator"] = Ids["bernd"];
            Ids["other"] = people.At("other.nodes.0.id");
            await LimitAsync();
            await HoldAsync();

            Ids["import"] = await CheckImportAsync();

            // Cases come in any order: whoever one of them ends is nobody's else.
            foreach (var name in (string[])["newcomer", "withdrawn", "leaving", "staying"])
            {
                Ids[name] = (
                    await As("owner")
                        .QueryAsync(
                            "mutation($input: InviteAdministratorInput!) { inviteAdministrator(input: $input) { "
                                + "administrator { id } } }",
                            new { input = new { email = $"{name}@kanzlei-sommer.example", displayName = "Neu" } }
                        )
                ).At("inviteAdministrator.administrator.id");
            }

            // A guest for each who tries: an invitation is sent again once in some minutes.
            foreach (
                var name in (string[])
                    ["guest", "leaver", .. s_who.Concat(s_limited).Select(who => $"guest-{who.Replace(' ', '-')}")])
            {
                Ids[name] = (
                    await As("owner")
                        .QueryAsync(
                            "mutation($input: InviteContactInput!) { inviteContact(input: $input) { contact { id } } }",
                            new
                            {
                                input = new
                                {
                                    customerId = Ids["customer"],
                                    email = $"{name}@krause.example",
                                    displayName = name,
                                },
                            }
                        )
                ).At("inviteContact.contact.id");
            }

            Ids["soon"] = $"{DateTimeOffset.UtcNow.AddHours(1):yyyy-MM-ddTHH:mm:ssZ}";
            foreach (
                var name in (string[])
                    ["service", .. s_who.Concat(s_limited).Select(who => $"service-{who.Replace(' ', '-')}")])
            {
                Ids[name] = (
                    await As("owner")
                        .QueryAsync(
                            "mutation($name: String!) { createServiceAccount(input: { displayName: $name, role: "
                                + "ADMINISTRATOR }) { serviceAccount { id } } }",
                            new { name }
                        )
                ).At("createServiceAccount.serviceAccount.id");
            }

            foreach (var who in s_who.Concat(s_limited).Select(who => who.Replace(' ', '-')))
            {
                Ids[$"service-token-{who}"] = (await CreateApiTokenAsync("owner", "READ", Ids["service"])).Id;
                Ids[$"customer-token-{who}"] = (await CreateApiTokenAsync("customer", "READ")).Id;
            }

            Ids["conversation"] = await CreateConversationAsync("Alles dabei");
            await SetAbsenceAsync();

            Ids["file"] = await UploadAsync("customer");
            Ids["comment"] = await CommentAsync("customer", "Mit Datei", "PUBLIC", Ids["file"]);
            Ids["internalFile"] = await UploadAsync("administrator");
            Ids["internal"] = await CommentAsync("administrator", "Geheimnotiz", "INTERNAL", Ids["internalFile"]);
            Ids["upload"] = await UploadAsync("customer");
            Ids["kept"] = await UploadAsync("customer");
            Ids["unwanted"] = await UploadAsync("customer");
            Ids["event"] = (
                await As("owner")
                    .QueryAsync(
                        "query($id: ID!) { conversation(id: $id) { history { nodes { id } } } }",
                        new { id = Ids["conversation"] })
            ).At("conversation.history.nodes.0.id");
            await TestSupport.Waiting.UntilAsync(async () =>
                (await As("owner").QueryAsync(
                    "query($id: ID!) { auditProof(eventId: $id) }", new { id = Ids["event"] }))
                .At("auditProof").Length > 0);
            for (var i = 0; !Ids.ContainsKey("delivery") && i < 1_200; i++, await Task.Delay(50))
            {
                var mails = await As("owner").QueryAsync(
                    "query($id: ID!) { conversation(id: $id) { deliveries { nodes { id state } } } }",
                    new { id = Ids["conversation"] });
                var sent = mails["conversation"]!["deliveries"]!["nodes"]!.AsArray()
                    .FirstOrDefault(mail => mail.At("state") == "SENT");
                if (sent is not null) Ids["delivery"] = sent.At("id");
            }

            await using (var database = Npgsql.NpgsqlDataSource.Create(Product.ConnectionString))
            await using (
                var answered = database.CreateCommand(
                    $"""
                    insert into messaging.inbound_mails (tenant_id, id, received_at, outcome, code, sender, subject,
                        delivery_id, conversation_id, person_id)
                    select tenant_id, gen_random_uuid(), now(), 'Refused', 'Forbidden', 'somebody@nowhere.example',
                        'Re', gen_random_uuid(), id, '{Ids["contact"]}'
                    from messaging.conversations where id = '{Ids["conversation"]}'
                    """))
                (await answered.ExecuteNonQueryAsync()).ShouldBe(1);

            for (var i = 0; !Ids.ContainsKey("notification") && i < 1_200; i++, await Task.Delay(50))
            {
                var told = await As("administrator")
                    .QueryAsync("{ viewer { notifications { nodes { id conversation { id } } } } }");
                var mine = told["viewer"]!["notifications"]!["nodes"]!
                    .AsArray()
                    .FirstOrDefault(n => n.At("conversation.id") == Ids["conversation"]);
                if (mine is not null)
                    Ids["notification"] = mine.At("id");
            }
        }

        // Who is responsible is away, and the owner stands in.
        private async Task SetAbsenceAsync() => (
            await As("administrator").QueryAsync(
                "mutation($from: Date!, $to: Date!, $deputy: ID!) { setAbsence(input: { absence: { from: $from, to: $to, "
                    + "deputyId: $deputy } }) { errors { code message } } }",
                new
                {
                    from = $"{DateTime.UtcNow.AddDays(-2):yyyy-MM-dd}",
                    to = $"{DateTime.UtcNow.AddDays(300):yyyy-MM-dd}",
                    deputy = (await As("owner").QueryAsync("{ viewer { id } }")).At("viewer.id"),
                })
        ).At("setAbsence.errors").ShouldBe("[]");

        // The customer is on hold, for a reason.
        private async Task HoldAsync() => (
            await As("owner").QueryAsync(
                "mutation($id: ID!) { holdCustomer(input: { id: $id, reason: \"Streit\" }) { errors { code } } }",
                new { id = Ids["customer"] })
        ).At("holdCustomer.errors").ShouldBe("[]");

        // An import with a line that brings a contact and one that is refused.
        private async Task<string> CheckImportAsync()
        {
            var file = await As("owner").UploadAsync(
                "liste.csv", "text/csv", "Name;E-Mail\nKunde;k@kunde.example\nKrumm;krumm\n"u8.ToArray());
            var fileId = file.Data.At("uploadFile.file.id");
            var id = (
                await As("owner").QueryAsync(
                    "mutation($fileId: ID!) { checkCustomerImport(input: { fileId: $fileId }) { customerImport { id } "
                        + "errors { message } } }",
                    new { fileId })
            ).At("checkCustomerImport.customerImport.id");
            for (var i = 0; i < 300; i++)
            {
                var import = await As("owner").QueryAsync(
                    "query($id: ID!) { customerImport(id: $id) { state } }", new { id });
                if (import.At("customerImport.state") == "CHECKED") return id;
                await Task.Delay(100);
            }

            throw new TimeoutException("The file was not checked in time.");
        }

        public async ValueTask DisposeAsync() => await Product.DisposeAsync();

        // Somebody of the office, and a contact who was invited with a topic and has the password of the others.
        private async Task LimitAsync()
        {
            (
                await As("owner")
                    .QueryAsync(
                        "mutation($id: ID!, $customer: ID!) { setAdministratorAccess(input: { id: $id, access: { all: "
                            + "false, customerIds: [$customer] } }) { errors { code message } } }",
                        new { id = Ids["carla"], customer = Ids["other"] }
                    )
            ).At("setAdministratorAccess.errors").ShouldBe("[]");
            Ids["limited"] = (
                await As("owner")
                    .QueryAsync(
                        "mutation($customer: ID!) { inviteContact(input: { customerId: $customer, email: "
                            + "\"lohn@krause.example\", displayName: \"Lotte Lohn\", topics: [\"Lohn\"] }) { contact "
                            + "{ id } } }",
                        new { customer = Ids["customer"] }
                    )
            ).At("inviteContact.contact.id");
            await using var database = Npgsql.NpgsqlDataSource.Create(Product.ConnectionString);
            await using var joined = database.CreateCommand(
                "update messaging.accounts set password_hash = (select a.password_hash from messaging.accounts a "
                    + $"where a.person_id = '{Ids["contact"]}') where person_id = '{Ids["limited"]}'");
            await joined.ExecuteNonQueryAsync();
            _clients["limited customer"] = await Product.SignInAsync(s_emails["limited customer"]);
        }

        /// <summary>Signs an auditor in who was invited with a scope, and has the password of the others.</summary>
        public async Task<GraphQLClient> ScopedAsync(string email, object scope)
        {
            var id = (await As("owner").QueryAsync(
                "mutation($input: InviteAdministratorInput!) { inviteAdministrator(input: $input) { administrator { id } "
                    + "} }", new { input = new { email, displayName = "Paula Prüfung", role = "AUDITOR", scope } }))
                .At("inviteAdministrator.administrator.id");
            await using var database = Npgsql.NpgsqlDataSource.Create(Product.ConnectionString);
            await using var joined = database.CreateCommand(
                "update messaging.accounts set password_hash = (select a.password_hash from messaging.accounts a "
                    + $"where a.person_id = '{Ids["contact"]}') where person_id = '{id}'");
            await joined.ExecuteNonQueryAsync();
            return await Product.SignInAsync(email);
        }

        /// <summary>
        /// Does something in a session of its own that ends sessions; who it is signs in again for what other tests do.
        /// </summary>
        public async Task<GraphQLAnswer> AnewAsync(string who, string operation)
        {
            if (who == "nobody") return await Product.Anonymous.SendAsync(operation);
            var answer = await (await Product.SignInAsync(s_emails[who])).SendAsync(operation);
            _clients[who] = await Product.SignInAsync(s_emails[who]);
            return answer;
        }

        /// <summary>One more session of the customer's, which nothing else uses.</summary>
        public async Task<string> BeginSessionAsync() =>
            (
                await (await Product.SignInAsync(s_emails["customer"])).QueryAsync(
                    "{ viewer { sessions { id isCurrent } } }")
            )["viewer"]!["sessions"]!
                .AsArray()
                .Single(s => s.At("isCurrent") == "true")
                .At("id");

        /// <summary>Creates an API token of somebody's, or of a service account.</summary>
        public async Task<(string Id, GraphQLClient Client)> CreateApiTokenAsync(
            string who, string scope, string? serviceAccountId = null)
        {
            var answer = (
                await As(who)
                    .QueryAsync(
                        "mutation($input: CreateApiTokenInput!) { createApiToken(input: $input) { apiToken { id "
                            + "} secret errors { code message } } }",
                        new
                        {
                            input = new
                            {
                                name = "Skript",
                                scope,
                                serviceAccountId,
                                currentPassword = "messaging-demo",
                                expiresAt = DateTimeOffset.UtcNow.AddDays(1),
                            },
                        }
                    )
            )["createApiToken"]!;
            return (answer.At("apiToken.id"), new GraphQLClient(Product.Http, answer.At("secret")));
        }

        public async Task<string> CreateConversationAsync(string subject) =>
            (
                await As("owner")
                    .QueryAsync(
                        "mutation($input: CreateConversationInput!) { createConversation(input: $input) { "
                            + "conversation { id } errors { code message } } }",
                        new
                        {
                            input = new
                            {
                                customerId = Ids["customer"],
                                subject,
                                body = "Text",
                                responsibleAdministratorId = Ids["administrator"],
                            },
                        }
                    )
            ).At("createConversation.conversation.id");

        private async Task<string> UploadAsync(string who) =>
            (await As(who).UploadAsync("Beleg.txt", "text/plain", "Beleg"u8.ToArray())).Data.At("uploadFile.file.id");

        private async Task<string> CommentAsync(string who, string body, string visibility, string file) =>
            (
                await As(who)
                    .QueryAsync(
                        "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } errors "
                            + "{ code message } } }",
                        new
                        {
                            input = new
                            {
                                conversationId = Ids["conversation"],
                                body,
                                visibility,
                                fileIds = new[] { file },
                            },
                        }
                    )
            ).At("addComment.comment.id");
    }
}
