using System.Globalization;
using Messaging.Application.Accounts;
using Messaging.Application.Conversations;
using Messaging.Application.Customers;
using Messaging.Application.Tests.Support;
using Messaging.Domain.Conversations;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using RunningProduct = Messaging.Application.Tests.Support.RunningProduct;

namespace Messaging.Application.Tests.Notifications;

/// <summary>
/// An office that tells ten thousand people within a minute: each is told once, and nobody else waits.
/// </summary>
public sealed class BurstTests : IAsyncLifetime
{
    private const int OfOneEvent = 9_000;
    private const int Events = 100;
    private const int OfEach = 10;
    private const int All = OfOneEvent + Events * OfEach;
    private const string Password = "Zwetschgen 27 x";

    private RunningProduct _product = null!;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task Ten_thousand_recipients_in_a_minute_are_told_once_each_and_hold_up_no_other_office()
    {
        // As it is when nothing is set.
        _product = await RunningProduct.StartAsync(
            ("Messaging:Mail:AtOnce", "10"), ("Messaging:Mail:PerSenderAndHour", "30"),
            ("Messaging:Mail:PerRecipientAndHour", "100"), ("Messaging:Mail:BundleSeconds", "120"));
        var hash = _product.Services.GetRequiredService<Passwords>().Hash(Password);
        var (large, small) = (
            await Office.OpenAsync(_product.Executor), await Office.OpenAsync(_product.Executor, hash));
        using var http = new HttpClient { BaseAddress = new Uri(_product.Address) };
        var anna = await GraphQLClient.SignInAsync(http, Office.AddressOf("anna", small.Id), Password);
        var customers = await CustomersAsync(large);

        await _product.Executor.DoAsync(large.Create());
        await Task.WhenAll(customers.Select(customer => _product.Executor.DoAsync(
            new CreateConversationCommand(
                large.Anna, Guid.CreateVersion7(), customer, "Belege für März", "Bitte senden Sie uns die Belege.",
                ConversationStatus.Open, null, false, []))));
        await _product.Mails.WaitForAsync(_ => Told(large) >= 100, TimeSpan.FromMinutes(2));

        // In the midst of it the other office writes, by the API, and its customer is told long before the last of
        // them.
        var answer = await anna.QueryAsync(
            "mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } "
                + "errors { code } } }",
            new
            {
                input = new
                {
                    id = Guid.CreateVersion7(),
                    customerId = await CustomerAsync(anna),
                    subject = "Eine Frage",
                    body = "Nur eine.",
                },
            });
        answer.At("createConversation.conversation.id").ShouldNotBeEmpty();
        await _product.Mails.WaitForMailAsync(
            m => m.Recipients.Contains(Office.AddressOf("dieter", small.Id)), TimeSpan.FromMinutes(3));
        Told(large).ShouldBeLessThan(All / 2);
        (await anna.QueryAsync("{ conversations(first: 1) { nodes { subject } } }"))
            .At("conversations.nodes.0.subject").ShouldBe("Eine Frage");

        await Waiting.UntilAsync(
            async () => await _product.ScalarAsync<long>(
                "select count(*) from messaging.deliveries where state = 'Sent'") == All + 1,
            TimeSpan.FromMinutes(5));
        (await _product.ScalarAsync<long>("select count(*) from messaging.deliveries")).ShouldBe(All + 1);
        (await _product.ScalarAsync<long>("select count(*) from messaging.notifications")).ShouldBe(All + 1);
        var mails = _product.Mails.Received;
        mails.Count.ShouldBe(All + 1);
        mails.Select(m => m.Recipients.ShouldHaveSingleItem()).ShouldBeUnique();
        mails.Select(m => m.MessageId).ShouldBeUnique();

        // Those that were handled stay for some minutes: the queue never held the others.
        (await _product.ScalarAsync<long>("select count(*) from wolverine.wolverine_incoming_envelopes"))
            .ShouldBeLessThan(All / 5);
    }

    private int Told(Office office) => _product.Mails.Received.Count(
        m => m.Recipients[0].EndsWith($"{office.Id:N}.example", StringComparison.Ordinal));

    private static async Task<string> CustomerAsync(GraphQLClient client) =>
        (await client.QueryAsync("{ customers(first: 1) { nodes { id } } }")).At("customers.nodes.0.id");

    /// <summary>Registers the customers of the burst, with their contacts, who have accounts.</summary>
    /// <returns>Those but the office's first, which gets the most.</returns>
    private async Task<IReadOnlyList<Guid>> CustomersAsync(Office office)
    {
        Guid[] customers = [.. Enumerable.Range(0, Events).Select(_ => Guid.CreateVersion7())];
        await Task.WhenAll(customers.Select((id, i) => _product.Executor.DoAsync(
            new RegisterCustomerCommand(office.Anna, id, $"Kunde {i.ToString(CultureInfo.InvariantCulture)}"))));

        // As the rows of the first contact, each with an id and an address of its own.
        foreach (var (table, key, others) in ((string, string, string)[])
            [
                ("mt_streams", "id", "'{}'"),
                ("mt_events", "stream_id", "jsonb_build_object('id', gen_random_uuid(), 'seq_id', "
                    + "nextval('messaging.mt_events_sequence'))"),
                ("contacts", "id", "jsonb_build_object('customer_id', c.customer, 'email', c.email)"),
                ("accounts", "person_id", "jsonb_build_object('customer_id', c.customer, 'email_key', c.email, "
                    + "'identity_id', gen_random_uuid())"),
            ])
        {
            await _product.ScalarAsync<object>(
                $"""
                insert into messaging.{table}
                select r.* from messaging.{table} t
                cross join (
                    select md5(n::text || '{office.Id}')::uuid as id,
                        'kontakt-' || n || '@kunde-' || n % 20 || '.{office.Id:N}.example' as email,
                        case when n < {OfOneEvent} then '{office.CustomerId}'::uuid
                            else ($1::uuid[])[1 + (n - {OfOneEvent}) / {OfEach}] end as customer
                    from generate_series(1, {All - 1}) n) c
                cross join lateral jsonb_populate_record(
                    t, jsonb_build_object('{key}', c.id) || {others}::jsonb) r
                where t.tenant_id = '{office.Id}' and t.{key} = '{office.Dieter.Actor.Id}' and ('{table}' <> 'mt_events'
                    or to_jsonb(t) ->> 'version' = '1')
                """,
                customers);
        }

        return customers;
    }
}
