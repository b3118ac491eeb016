using Messaging.Api.Email;
using Messaging.Application.Notifications;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Email;

public class EmailSettingsTests
{
    private static readonly (string, string) s_host = ("Messaging:Smtp:Host", "smtp.example.org");
    private static readonly (string, string) s_from = ("Messaging:Smtp:From", "office@example.org");

    [Fact]
    public async Task With_a_host_mails_leave_over_SMTP()
    {
        await using var services = Services(s_host, s_from);

        services.GetRequiredService<IEmailSender>().ShouldBeOfType<SmtpEmailSender>();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    public async Task Without_a_host_mails_become_files(string? host)
    {
        await using var services = host is null
            ? Services()
            : Services(("Messaging:Smtp:Host", host), ("Messaging:Smtp:User", ""));

        services.GetRequiredService<IEmailSender>().ShouldBeOfType<FolderEmailSender>();
        services.GetRequiredService<EmailOptions>().Folder.ShouldBe(Path.Combine("data", "mail"));
    }

    [Theory]
    [InlineData(null, 120)]
    [InlineData("0", 0)]
    [InlineData("600", 600)]
    public async Task For_how_long_news_waits_for_other_news_is_a_setting(string? seconds, int expected)
    {
        await using var services = seconds is null
            ? Services()
            : Services(("Messaging:Mail:BundleSeconds", seconds));

        services.GetRequiredService<EmailBudget>().Bundle.ShouldBe(TimeSpan.FromSeconds(expected));
    }

    [Theory]
    [InlineData("601")]
    [InlineData("-1")]
    [InlineData("00:02:00")]
    public void News_waits_for_ten_minutes_at_most(string seconds) =>
        Should.Throw<InvalidOperationException>(() => Services(("Messaging:Mail:BundleSeconds", seconds)))
            .Message.ShouldContain("Messaging:Mail:BundleSeconds");

    [Theory]
    [InlineData(null, SmtpSecurity.Auto, 587)]
    [InlineData("auto", SmtpSecurity.Auto, 587)]
    [InlineData("none", SmtpSecurity.None, 25)]
    [InlineData("StartTls", SmtpSecurity.StartTls, 587)]
    [InlineData("TLS", SmtpSecurity.Tls, 465)]
    internal void The_port_follows_from_the_security(string? security, SmtpSecurity expected, int port)
    {
        var options = security is null
            ? Mails.Options(s_host, s_from)
            : Mails.Options(s_host, s_from, ("Messaging:Smtp:Security", security));

        options.Security.ShouldBe(expected);
        options.Port.ShouldBe(port);
    }

    [Theory]
    [InlineData("Messaging:Smtp:Port", "0", "Messaging:Smtp:Port")]
    [InlineData("Messaging:Smtp:Port", "65536", "Messaging:Smtp:Port")]
    [InlineData("Messaging:Smtp:Port", "smtp", "Messaging:Smtp:Port")]
    [InlineData("Messaging:Smtp:Security", "ssl", "none, starttls, tls and auto")]
    [InlineData("Messaging:Smtp:Security", "2", "none, starttls, tls and auto")]
    [InlineData("Messaging:Smtp:From", "", "Messaging:Smtp:From")]
    [InlineData("Messaging:Smtp:From", "Office <office@example.org>", "FromName")]
    [InlineData("Messaging:Smtp:Host", "smtp://smtp.example.org", "Messaging:Smtp:Host")]
    [InlineData("Messaging:Smtp:Host", "smtp.example.org:587", "Messaging:Smtp:Host")]
    [InlineData("Messaging:Smtp:User", "office", "Messaging:Smtp:Password")]
    [InlineData("Messaging:Smtp:Password", "secret", "Messaging:Smtp:User")]
    [InlineData("Messaging:PublicUrl", "messages.example.org", "Messaging:PublicUrl")]
    [InlineData("Messaging:PublicUrl", "javascript:alert(1)", "Messaging:PublicUrl")]
    [InlineData("Messaging:PublicUrl", "https://example.org/?x=1", "Messaging:PublicUrl")]
    public void A_setting_that_cannot_be_right_stops_the_start_and_is_named(string key, string value, string named)
    {
        var settings = new Dictionary<string, string>
        {
            [s_host.Item1] = s_host.Item2,
            [s_from.Item1] = s_from.Item2,
            [key] = value,
        };

        var error = Should.Throw<InvalidOperationException>(() =>
            Services([.. settings.Select(setting => (setting.Key, setting.Value))])
        );

        error.Message.ShouldContain(named);
        error.Message.ShouldNotContain("secret");
    }

    [Fact]
    public void Credentials_without_a_host_are_a_mistake() =>
        Should
            .Throw<InvalidOperationException>(() =>
                Services(("Messaging:Smtp:User", "office"), ("Messaging:Smtp:Password", "x"))
            )
            .Message.ShouldContain("Messaging:Smtp:Host");

    [Theory]
    [InlineData(null, null, "http://localhost:5080")]
    [InlineData(null, "http://+:8080;https://+:8443", "http://localhost:8080")]
    [InlineData(null, "http://[::]:8080", "http://localhost:8080")]
    [InlineData(null, "https://intranet.example", "https://intranet.example")]
    [InlineData("https://messages.example.org", "http://+:8080", "https://messages.example.org")]
    [InlineData("https://example.org/messages/", null, "https://example.org/messages")]
    public void Links_begin_with_the_public_url_or_else_where_the_server_listens(
        string? publicUrl, string? urls, string expected)
    {
        List<(string, string)> settings = [];
        if (publicUrl is not null) settings.Add(("Messaging:PublicUrl", publicUrl));
        if (urls is not null) settings.Add(("urls", urls));

        Mails.Options([.. settings]).PublicUrl.ShouldBe(expected);
    }

    private static ServiceProvider Services(params (string, string)[] settings) =>
        new ServiceCollection().AddEmail(Mails.Configuration(settings), "data").BuildServiceProvider();
}
