using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace TaskQ.Hosting.Tests;

public sealed class LoggingTests
{
    [Fact]
    public async Task Handler_LinesOfItAndOfItsFailure_BearTheMessage()
    {
        var logs = new LogRecorder();
        using IHost host = await TestHost.StartAsync(
            taskq =>
            {
                taskq.UseMemory();
                taskq.AddQueue("main").AddTask<int>("t", async (int number, ILogger<LoggingTests> log) =>
                {
                    await Task.Yield();
                    log.LogInformation("number 7");
                    throw new SkipRetryException("no");
                });
                taskq.RunConsumers();
            },
            services => services.AddSingleton<ILoggerProvider>(logs));

        AddResult added = await host.Queue().AddAsync(host.Services.GetRequiredKeyedService<TaskDefinition<int>>("t").WithArgs(7));
        await TestHost.Within(host.Queue().Consumer.ProcessAllAsync());

        var expected = new Dictionary<string, object?> { ["Queue"] = "main", ["Task"] = "t", ["MessageId"] = added.Id, ["Attempt"] = 1 };
        Assert.Equal(expected, Assert.Single(logs.Lines, line => line.Text == "number 7").Scope);
        Assert.Equal(expected, Assert.Single(logs.Lines, line => line.Id.Id == 4001).Scope);
        Assert.Empty(Assert.Single(logs.Lines, line => line.Id.Id == 2000).Scope);
    }
}
