using Messaging.Api.Email;

namespace Messaging.Api.Hosting;

/// <summary>
/// Warns the operator at the start of settings that were left open, or closed by mistake: they work, and should not be
/// so.
/// </summary>
internal static class OpenDoors
{
    /// <summary>Says it in the log, outside Development.</summary>
    public static void WarnOfOpenDoors(this WebApplication app, string dataDirectory)
    {
        if (app.Environment.IsDevelopment()) return;
        var email = app.Services.GetRequiredService<EmailOptions>();
        if (DataDirectory.IsOpenToOthers(dataDirectory))
        {
            app.Logger.LogWarning(
                "Others than its owner may write into the data directory {Directory}, and so put theirs in the "
                    + "place of what lies in it: chmod go-w {Directory}",
                dataDirectory,
                dataDirectory
            );
        }
        if (!Database.IsOwn(app.Configuration) && !app.Services.GetRequiredService<OwnerConnection>().IsAnother)
        {
            app.Logger.LogWarning(
                "The role of ConnectionStrings:Messaging owns the tables, and so may change what was recorded. Name "
                    + "another one that owns them in Messaging:Database:Owner; docs/operate.md says how"
            );
        }
        if (email.Host is null)
        {
            app.Logger.LogWarning(
                "No SMTP server is configured (Messaging:Smtp:Host): nobody gets any mail, not even invitations. "
                    + "Mails become files in {Directory}, and are removed after 30 days",
                email.Folder
            );
        }
        if (email is { Host: not null, HostIsThisMachine: false, Security: SmtpSecurity.None })
        {
            app.Logger.LogWarning(
                "Mails go to {Host} unencrypted (Messaging:Smtp:Security is none): whoever is on the way reads "
                    + "them, and the links in them that let people in",
                email.Host
            );
        }
        if (new Uri(email.PublicUrl) is { Scheme: "http", IsLoopback: false } url)
        {
            app.Logger.LogWarning(
                "People come by {Url} (Messaging:PublicUrl): what they write and their passwords are readable on "
                    + "the way. Put a proxy with TLS before it, and an https address here",
                url
            );
        }
    }
}
