using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Tests.Fake;

namespace TaskQ.Hosting.Tests;

public sealed class SqsBuilderTests
{
    [Fact]
    public async Task UseSqs_ClientInContainer_IsTaken()
    {
        var client = new FakeSqs(TimeProvider.System);
        var ran = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using IHost host = await TestHost.StartAsync(
            taskq =>
            {
                taskq.UseSqs(options => options.CreateQueues = true);
                taskq.AddQueue("main").AddTask<int>("t", ran.SetResult);
                taskq.RunConsumers();
            },
            services => services.AddSingleton<ISqsClient>(client));

        await host.Queue().AddAsync(host.Services.GetRequiredKeyedService<TaskDefinition<int>>("t").WithArgs(5));

        Assert.Equal(5, await TestHost.Within(ran.Task));
        Assert.NotEmpty(client.Calls);
        await TestHost.Within(host.StopAsync());
    }

    [Fact]
    public async Task UseSqs_BadOptions_FailsWithThem()
    {
        HostApplicationBuilder builder = TestHost.Builder();
        builder.Services.AddTaskQ(taskq => taskq.UseSqs(options => options.MaxReceiveCount = 1).AddQueue("main"));

        Assert.Contains("MaxReceiveCount is 1", await TestHost.StartErrorAsync(builder), StringComparison.Ordinal);
    }
}
