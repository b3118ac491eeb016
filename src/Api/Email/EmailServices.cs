using Messaging.Application.Notifications;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Messaging.Api.Email;

/// <summary>Adds what sends e-mails.</summary>
internal static class EmailServices
{
    /// <summary>
    /// Adds <see cref="IEmailSender"/>: over SMTP where <c>Messaging:Smtp:Host</c> is set, else into files in the
    /// folder <c>mail</c> of the data directory.
    /// </summary>
    /// <exception cref="InvalidOperationException">A setting cannot be right; the host does not start with
    /// it.</exception>
    public static IServiceCollection AddEmail(
        this IServiceCollection services, IConfiguration configuration, string dataDirectory)
    {
        var options = EmailOptions.Read(configuration, dataDirectory);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddMailLimits(configuration);
        services.TryAddSingleton<IMailCopies, MailFolder>();
        services.AddSingleton(new SendingLimits(options.Connections));
        services.AddSingleton<EmailRenderer>();
        if (options.Host is null)
        {
            services.AddSingleton<IEmailSender, FolderEmailSender>();
        }
        else
        {
            services.AddSingleton<IEmailSender>(provider => new SmtpEmailSender(
                options, provider.GetRequiredService<EmailRenderer>(), provider.GetRequiredService<TimeProvider>()));
        }
        return services;
    }
}
