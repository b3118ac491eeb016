using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.Customers;
using Messaging.Application.Organisation;
using Messaging.Application.Tests.Support;

namespace Messaging.Application.Tests.Accounts;

/// <summary>An issuer's subject is somebody's account once and for all; addresses only make the acquaintance.</summary>
public sealed class IssuerAccountsTests(StoreFixture store) : IClassFixture<StoreFixture>, IAsyncLifetime
{
    private const string Issuer = "https://issuer.example";

    private IssuerAccounts _accounts = null!;
    private CommandExecutor _executor = null!;
    private Office _office = null!;

    public async ValueTask InitializeAsync()
    {
        _executor = await store.StartExecutorAsync();
        _office = await Office.OpenAsync(_executor);
        _accounts = new IssuerAccounts(store.Database, _executor);
    }

    public async ValueTask DisposeAsync() => await _executor.StopAsync(CancellationToken.None);

    [Fact]
    public async Task A_subject_is_linked_by_its_address_once_and_found_without_it_from_then_on()
    {
        var (bernd, eva) = (Subject(), Office.AddressOf("carla", _office.Id));
        (await FindAsync(bernd, Bernd.ToUpperInvariant())).ShouldBe(new IssuersPerson(_office.Bernd, true, null));
        (await FindAsync(bernd, Bernd)).ShouldBe(new IssuersPerson(_office.Bernd, false, null));
        (await FindAsync(bernd, "has.another@issuer.example")).Caller.ShouldBe(_office.Bernd);
        (await FindAsync(bernd, null)).Caller.ShouldBe(_office.Bernd);

        // Also where the new address is a colleague's: it was given on, at the issuer.
        (await FindAsync(bernd, eva)).Caller.ShouldBe(_office.Bernd);
        (await FindAsync(bernd, Bernd, issuer: "https://another.example")).IsNew.ShouldBeTrue();
    }

    [Fact]
    public async Task Somebody_else_with_the_address_of_a_linked_account_is_refused()
    {
        (await FindAsync(Subject(), Bernd)).IsNew.ShouldBeTrue();
        var second = await FindAsync(Subject(), Bernd);
        second.Caller.ShouldBeNull();
        second.Why.ShouldBe("The account with the e-mail address of the token is somebody else's at the issuer.");
    }

    [Fact]
    public async Task Of_many_who_claim_an_address_at_once_one_gets_the_account()
    {
        var subjects = Enumerable.Range(0, 20).Select(_ => Subject()).ToList();
        var found = await Task.WhenAll(subjects.Concat(subjects).Select(subject => FindAsync(subject, Bernd)));
        found.Where(f => f.Caller is not null).ShouldNotBeEmpty();
        (
            await store.ScalarAsync<long>(
                "select count(*) from messaging.issuer_links where person_id = $1", _office.Bernd.Actor.Id)
        ).ShouldBe(1);
        (await Task.WhenAll(subjects.Select(subject => FindAsync(subject, Bernd))))
            .Count(f => f.Caller is not null)
            .ShouldBe(1);
    }

    // Each of them is the address once it is normalised (NFKC) and in lower case.
    [Theory]
    [InlineData('b', "\uff42")]
    [InlineData('r', "\u1d63")]
    [InlineData('d', "\u217e")]
    [InlineData('@', "\uff20")]
    [InlineData('.', "\uff0e")]
    [InlineData('x', "\u2179")]
    public async Task An_address_that_only_looks_alike_is_nobodys(char letter, string alike)
    {
        var at = Bernd.IndexOf(letter, StringComparison.Ordinal);
        var address = Bernd[..at] + alike + Bernd[(at + 1)..];
        EmailKey.Of(address).ShouldBe(EmailKey.Of(Bernd));
        (await FindAsync(Subject(), address)).Caller.ShouldBeNull();
        (await FindAsync(Subject(), $" {Bernd}")).Caller.ShouldBeNull();
        (await FindAsync(Subject(), null)).Why.ShouldBe("The token says no verified e-mail address.");

        // Not even of whoever is known already: nobody gets such an address in good faith.
        var known = Subject();
        (await FindAsync(known, Bernd)).Caller.ShouldBe(_office.Bernd);
        (await FindAsync(known, address)).Caller.ShouldBeNull();
    }

    [Theory]
    [InlineData("Anna@Kanzlei.example", "anna@kanzlei.example", true)]
    [InlineData("anna@\u212aanzlei.example", "anna@kanzlei.example", false)]
    [InlineData("anna.\u017fommer@kanzlei.example", "anna.sommer@kanzlei.example", false)]
    [InlineData("j\u00fcrgen@kanzlei.example", "j\u00fcrgen@kanzlei.example", true)]
    [InlineData("J\u00dcRGEN@kanzlei.example", "j\u00fcrgen@kanzlei.example", false)]
    [InlineData("a[b@kanzlei.example", "a{b@kanzlei.example", false)]
    [InlineData("anna@kanzlei.example ", "anna@kanzlei.example", false)]
    [InlineData("anna@b\u00e4ckerei.example", "Anna@xn--bckerei-5wa.example", true)]
    [InlineData("anna@B\u00c4CKEREI.example", "anna@xn--bckerei-5wa.example", false)]
    [InlineData("anna@\uff42\u00e4ckerei.example", "anna@xn--bckerei-5wa.example", false)]
    public void Addresses_are_compared_letter_by_letter(string one, string other, bool same)
    {
        IssuerAccounts.IsSame(one, other).ShouldBe(same);
        IssuerAccounts.IsSame(other, one).ShouldBe(same);
    }

    [Fact]
    public async Task Whoever_was_deactivated_is_nobody_and_their_subject_is_linked_to_nothing()
    {
        var carla = Subject();
        (await FindAsync(carla, Office.AddressOf("carla", _office.Id))).Caller.ShouldBe(_office.Carla);
        await _executor.DoAsync(new DeactivateAdministratorCommand(_office.Anna, _office.Carla.Actor.Id));
        (await FindAsync(carla, Office.AddressOf("carla", _office.Id))).Why.ShouldBe(
            "There is no account with the e-mail address of the token.");
        (
            await store.ScalarAsync<long>("select count(*) from messaging.issuer_links where subject = $1", carla)
        ).ShouldBe(0);
    }

    [Fact]
    public async Task An_address_with_accounts_at_several_offices_needs_the_organisation()
    {
        var other = await Office.OpenAsync(_executor);
        await _executor.DoAsync(
            new InviteContactCommand(other.Anna, Guid.CreateVersion7(), other.CustomerId, Bernd, "Bernd"));
        var subject = Subject();
        (await FindAsync(subject, Bernd)).Why.ShouldBe(
            "There are several accounts with the e-mail address of the token, and it does not say which.");
        (await FindAsync(subject, Bernd, tenant: _office.TenantId)).Caller.ShouldBe(_office.Bernd);
        (await FindAsync(subject, Bernd, tenant: other.TenantId)).Caller!.TenantId.ShouldBe(other.TenantId);
        (await FindAsync(subject, Bernd, tenant: Guid.CreateVersion7().ToString())).Caller.ShouldBeNull();
        (await FindAsync(subject, Bernd, tenant: "\0")).Why.ShouldBe("The token names no organisation.");
        (await FindAsync(subject, null)).Why.ShouldBe(
            "There are several accounts of this subject, and the token does not say which.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0")]
    public async Task A_subject_that_can_be_none_is_refused(string subject) =>
        (await FindAsync(subject, Bernd)).Why.ShouldBe("The token says no subject that could be kept.");

    private string Bernd => Office.AddressOf("bernd", _office.Id);

    private static string Subject() => Guid.NewGuid().ToString();

    private Task<IssuersPerson> FindAsync(
        string subject,
        string? email,
        string? tenant = null,
        string issuer = Issuer
    ) => _accounts.FindAsync(new VouchedFor(issuer, subject, email, tenant), CancellationToken.None);
}
