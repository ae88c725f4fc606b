using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace TaskQ.Solution.Tests.Documentation.Snippets;

internal static class HostedQueue
{
    public static void Describe(HostApplicationBuilder builder)
    {
#pragma warning disable CA1873 // Written as users write it.
        #region hosting
        builder.Services.AddTaskQ(taskq =>
        {
            taskq.UseRedis("localhost:6379");                       // from TaskQ.Redis; UseMemory and UseSqs alike
            taskq.AddQueue("main", options => options.MaxWorkers = 64)
                 .AddTask<string>("greeting", (string name, ILogger<Program> log) => log.LogInformation("Hello {Name}", name))
                 .AddTasksFrom<EmailTasks>();                       // methods marked [TaskHandler("name")], created by DI
            taskq.RunConsumers();                                   // the worker; leave it out in the API
        });
        builder.Services.AddHealthChecks().AddTaskQ();
        #endregion
#pragma warning restore CA1873
    }

    public static void DescribeBackends(HostApplicationBuilder builder)
    {
        #region hosting-backends
        builder.Services.AddTaskQ(taskq =>
        {
            taskq.UseRedis();                              // the host's own IConnectionMultiplexer, which is left open
            taskq.AddQueue("orders");
            taskq.AddQueue("mails").UseSqs();              // a backend of this queue alone
            taskq.RunConsumers("mails");                   // not the others
        });
        builder.Services.AddTaskQ(taskq => taskq.AddQueue("orders").AddTask<int>("ship"));   // calls add up
        #endregion
    }

    public static void DescribeShared(IServiceCollection api, IServiceCollection worker)
    {
        #region hosting-shared
        // The API.
        api.AddTaskQ(taskq => taskq.UseRedis("localhost:6379").AddQueue("images").DeclareTasks<ImageTasks>());

        // The worker. What the handler takes after the task's arguments are services.
        worker.AddTaskQ(taskq =>
        {
            taskq.UseRedis("localhost:6379").AddQueue("images").DeclareTasks<ImageTasks>(tasks =>
                tasks.Thumbnail.Handle((string file, int size, Painter painter) => painter.DrawAsync(file, size)));
            taskq.RunConsumers();
        });
        #endregion
    }
}

#pragma warning disable CA1873 // Written as users write it.
#region hosting-class
public sealed class EmailTasks(ILogger<EmailTasks> log, [FromKeyedServices("main")] TaskQueue queue)
{
    [TaskHandler("welcome")]
    public async Task WelcomeAsync(string user, CancellationToken cancellationToken)
    {
        log.LogInformation("Welcome {User}", user);
        await queue.AddAsync(queue.Tasks["greeting"].WithArgs(user), cancellationToken);
    }
}
#endregion
#pragma warning restore CA1873

#region hosting-shared
// The project that both share: the contract, declared once.
public sealed class ImageTasks(TaskQueue queue)
{
    public TaskDefinition<string, int> Thumbnail { get; } = queue.RegisterTask<string, int>("thumbnail");
}

// A service of the API: wrong arguments don't compile.
public sealed class Uploads([FromKeyedServices("images")] TaskQueue images, ImageTasks tasks)
{
    public Task OnUploadAsync(string file) => images.AddAsync(tasks.Thumbnail.WithArgs(file, 64));
}
#endregion

public sealed class Painter
{
    public Task DrawAsync(string file, int size) => Task.FromResult((file, size));
}

internal sealed class Program;
