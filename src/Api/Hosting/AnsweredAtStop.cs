namespace Messaging.Api.Hosting;

/// <summary>
/// Answers who still waits when the product has been stopping for a while, such as for a database that is silent: 503,
/// and the time to try again, before the web server cuts their connections.
/// </summary>
internal static class AnsweredAtStop
{
    private const string Why = "The product is stopping.";

    // Longer than commands wait, which have an answer of their own; less than the web server does.
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(4);

    /// <summary>Answers in place of what takes too long. What is being answered already goes on.</summary>
    public static void UseAnsweredAtStop(this WebApplication app)
    {
        var givenUp = new CancellationTokenSource();
        app.Lifetime.ApplicationStopping.Register(() => givenUp.CancelAfter(s_longestWait));
        app.Use(
            async (context, next) =>
            {
                var answer = next(context);
                await answer.WaitAsync(givenUp.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (answer.IsCompleted || context.Response.HasStarted)
                {
                    await answer;
                    return;
                }

                // It is left alone rather than cancelled: a read is cancelled by asking the silent database to. There
                // are no more requests, and the process ends.
                _ = answer.ContinueWith(static left => left.Exception, TaskScheduler.Default);
                await NotServing.AnswerAsync(context, Why);
            });
    }
}
