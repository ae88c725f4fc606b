using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace TaskQ.OpenTelemetry.Tests;

/// <summary>AddTaskQ and the tracer provider in one host.</summary>
public sealed class HostTests
{
    [Fact]
    public async Task AddTaskQInstrumentation_BesideAddTaskQ_TracesEveryQueue()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        var ran = new TaskCompletionSource<ActivityTraceId>(TaskCreationOptions.RunContinuationsAsynchronously);
        var services = new ServiceCollection();
        services.AddTaskQ(taskq =>
        {
            taskq.UseMemory();
            taskq.AddQueue("host-traced").AddTask<int>("t", (int _) => { ran.TrySetResult(Activity.Current?.TraceId ?? default); });
        });
        services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddTaskQInstrumentation());
        await using ServiceProvider provider = services.BuildServiceProvider();

        // With the first provider of a process the SDK sets the propagator of trace context: until then none is set.
        using TracerProvider tracing = Sdk.CreateTracerProviderBuilder().Build();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "TaskQ",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        var queue = provider.GetRequiredService<TaskQueue>();
        await queue.StartAsync(token);
        using var root = new Activity("request").Start();

        await queue.AddAsync(provider.GetRequiredKeyedService<TaskDefinition<int>>("t").WithArgs(1), token);

        Assert.Equal(root.TraceId, await ran.Task.WaitAsync(TimeSpan.FromSeconds(20), token));
    }
}
