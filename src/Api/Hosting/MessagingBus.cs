using JasperFx;
using JasperFx.CodeGeneration;
using JasperFx.CodeGeneration.Model;
using Marten;
using Messaging.Api.Auth;
using Messaging.Api.Email;
using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.Conversations;
using Messaging.Application.History;
using Messaging.Application.Notifications;
using Messaging.Application.Notifications.Push;
using Messaging.Domain;
using Npgsql;
using Wolverine;
using Wolverine.ErrorHandling;
using Wolverine.Marten;
using Wolverine.Runtime;
using Wolverine.Transports;

namespace Messaging.Api.Hosting;

/// <summary>
/// Asynchronous work after commands: Wolverine runs the subscriptions to events and the durable queue of e-mails.
/// </summary>
internal static class MessagingBus
{
    [Stored("queue_of_emails")]
    private const string EmailQueue = "emails";

    [Stored("queue_of_password_resets")]
    private const string PasswordResetQueue = "password-resets";

    [Stored("queue_of_lost_sight")]
    private const string LostSightQueue = "lost-sight";

    // A dead node's messages are taken on as long as fewer wait here: a queue that its own node fills would keep them
    // waiting.
    private static readonly BufferingLimits s_queue = new(50_000, 25_000);

    // Longer than the time that an e-mail under way is given to end well.
    private static readonly TimeSpan s_longestDrain = TimeSpan.FromSeconds(7);

    /// <summary>
    /// Adds it. <c>Messaging:Nodes</c> is <c>one</c> (the default), or <c>several</c> where more than one process works
    /// on the database.
    /// </summary>
    public static void UseMessagingBus(
        this WebApplicationBuilder builder, MartenServiceCollectionExtensions.MartenConfigurationExpression marten)
    {
        var several = builder.Configuration.AreNodesSeveral();

        // As many as there are places (SendingPlaces): what finds none is left to what is due later.
        var emailsAtOnce = EmailOptions.ReadConnections(builder.Configuration);
        marten.IntegrateWithWolverine(integration =>
        {
            integration.MessageStorageSchemaName = "wolverine";

            // Its own tables, also where Marten may make none.
            integration.AutoCreate = AutoCreate.CreateOrUpdate;

            // Wolverine spreads subscriptions over the nodes, instead of Marten's own daemon.
            integration.UseWolverineManagedEventSubscriptionDistribution = true;
        });
        marten.SubscribeToEventsWithServices<NotificationPlanner>(ServiceLifetime.Singleton);
        builder.Services.AddSingleton<CommitSignal>();
        builder.Services.AddSingleton<PlannerWakeup>();
        builder.Services.AddSingleton<Deliveries>();
        builder.Services.AddSingleton<SendingPlaces>();
        builder.Services.AddSingleton<AuditTree>();
        builder.Services.AddSingleton<EmailDispatch>();
        builder.Services.AddSingleton<SendingLeases>();
        builder.Services.AddHostedService(services => services.GetRequiredService<SendingLeases>());
        builder.Services.AddSingleton<PlannerWatch>();
        builder.Services.AddHostedService(services => services.GetRequiredService<PlannerWatch>());
        if (several) builder.Services.AddHostedService<NodeWatch>();
        builder.Services.AddSingleton<SendEmailHandler>();
        builder.Services.AddSingleton(services => new PasswordResetHandler(
            new Lazy<AskPasswordReset>(services.GetRequiredService<AskPasswordReset>),
            services.GetRequiredService<DemoOrganisations>()));
        builder.Services.AddSingleton(services => new SightMayBeLostHandler(
            new Lazy<LostSight>(services.GetRequiredService<LostSight>)));
        builder.Services.AddSingleton<IWolverineExtension, MessageHandlers>();
        builder.Services.ConfigureMarten((services, options) =>
        {
            options.Projections.Wakeup = services.GetRequiredService<PlannerWakeup>();

            // A start made them, as their owner.
            options.AutoCreateSchemaObjects = AutoCreate.None;

            // Nothing is skipped in silence: an event that cannot be planned stops the planner, which readiness shows.
            options.Projections.Errors.SkipApplyErrors = false;
            options.Projections.Errors.SkipSerializationErrors = false;
            options.Projections.Errors.SkipUnknownEvents = false;
        });
        builder.Host.UseWolverine(options =>
        {
            options.Durability.Mode = several ? DurabilityMode.Balanced : DurabilityMode.Solo;
            options.Durability.CheckAssignmentPeriod = TimeSpan.FromSeconds(5);

            // NodeWatch decides which node is dead, by the database's clock, and gives its messages back; Wolverine,
            // which goes by each node's clock, assigns its work. Wolverine ejects no node: an ejected one that goes on
            // would take its work back from those who have it by then. A dead node's work is looked for often enough to
            // go on within a quarter of a minute.
            options.Durability.HealthCheckPollingTime = TimeSpan.FromSeconds(1);
            options.Durability.StaleNodeTimeout = TimeSpan.FromMinutes(1);
            options.Durability.StaleNodeEjectionThreshold = int.MaxValue;
            options.Durability.FirstNodeReassignmentExecution = TimeSpan.FromSeconds(1);
            if (several)
            {
                options.Durability.ScheduledJobFirstExecution = TimeSpan.FromSeconds(1);
                options.Durability.ScheduledJobPollingTime = TimeSpan.FromSeconds(1);
                options.Durability.RecoveryBatchSize = 1_000;
            }

            builder.Services.AddSingleton(new ThisNode(several ? options.UniqueNodeId : null));
            options.Durability.DrainTimeout = s_longestDrain;
            options.EnvelopeIdGeneration = EnvelopeIdGeneration.GuidV7;
            options.ServiceLocationPolicy = ServiceLocationPolicy.NotAllowed;

            // Handlers are registered as objects: nothing is searched for, generated or compiled, now or at run time.
            options.Discovery.DisableConventionalDiscovery();
            options.CodeGeneration.TypeLoadMode = TypeLoadMode.Static;
            options.PublishMessage<SendEmail>().ToLocalQueue(EmailQueue).UseDurableInbox(s_queue)
                .MaximumParallelMessages(emailsAtOnce);
            options.PublishMessage<PasswordResetRequested>().ToLocalQueue(PasswordResetQueue).UseDurableInbox(s_queue)
                .MaximumParallelMessages(1);
            options.PublishMessage<SightMayBeLost>().ToLocalQueue(LostSightQueue).UseDurableInbox(s_queue)
                .MaximumParallelMessages(1);

            // The ledger has a mail tried again; only errors that keep the ledger itself from being reached are
            // retried here.
            options.Policies.OnAnyException()
                .ScheduleRetry(
                    TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2),
                    TimeSpan.FromMinutes(10), TimeSpan.FromHours(1), TimeSpan.FromHours(6))
                .Then.MoveToErrorQueue();
        });

        // After Wolverine, so that its tables are there, and that it is stopped before it.
        builder.Services.AddHostedService<PendingWork>();
        builder.Services.AddHostedService<EmailsAtStop>();
        builder.Services.AddHostedService<WeeklyMails>();
        builder.Services.AddHostedService<CheckpointMails>();
        builder.Services.AddHostedService<DueEmails>();
        builder.Services.AddHostedService<DuePushes>();
    }

    /// <summary>
    /// Lets go of the e-mails that wait as soon as the product is told to stop, while requests are still answered:
    /// those under way get their time to end, the others stay in the database, for the next start or another node.
    /// </summary>
    private sealed class EmailsAtStop(
        IWolverineRuntime runtime, NpgsqlDataSource database, IHostApplicationLifetime lifetime) : IHostedService
    {
        private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

        private Task _drained = Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            lifetime.ApplicationStopping.Register(() => _drained = Task.Run(DrainAsync));
            return Task.CompletedTask;
        }

        /// <summary>
        /// Waits for those under way. When the database is away Wolverine would wait for it, without end, to record the
        /// outcome of each message and the owner of the others; so it is told to leave at once. They go on after the
        /// next start as they do after a crash.
        /// </summary>
        public async Task StopAsync(CancellationToken cancellationToken)
        {
            if (await IsDatabaseThereAsync()) await _drained.WaitAsync(
                s_longestDrain, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            else ((WolverineRuntime)runtime).StopMode = StopMode.Quick;
        }

        // For longer than the process lives.
        private async Task DrainAsync() =>
            await runtime.Endpoints.FindListenerCircuit(
                new Uri($"local://{EmailQueue}"))!.PauseWithDrainAsync(TimeSpan.FromDays(1));

        private async Task<bool> IsDatabaseThereAsync()
        {
            using var patience = new CancellationTokenSource(s_patience);
            try
            {
                await using var command = database.CreateCommand("select 1");
                await command.ExecuteScalarAsync(patience.Token);
                return true;
            }
            catch (Exception e) when (e is NpgsqlException or OperationCanceledException)
            {
                return false;
            }
        }
    }
}

/// <summary>Hands the handlers over.</summary>
internal sealed class MessageHandlers(
    SendEmailHandler sendEmail, PasswordResetHandler passwordReset, SightMayBeLostHandler sightMayBeLost)
    : IWolverineExtension
{
    public void Configure(WolverineOptions options)
    {
        options.AddMessageHandler(sendEmail);
        options.AddMessageHandler(passwordReset);
        options.AddMessageHandler(sightMayBeLost);
    }
}
