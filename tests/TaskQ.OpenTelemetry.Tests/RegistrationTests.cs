using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace TaskQ.OpenTelemetry.Tests;

public sealed class RegistrationTests
{
    [Fact]
    public async Task AddTaskQInstrumentation_InAHost_RegistersOneHookAtBothEnds()
    {
        // What AddOpenTelemetry().WithTracing(...) of OpenTelemetry.Extensions.Hosting does with its builder.
        var services = new ServiceCollection();
        services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddTaskQInstrumentation());
        services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddTaskQInstrumentation());

        await using ServiceProvider provider = services.BuildServiceProvider();

        IProducerHook producer = Assert.Single(provider.GetServices<IProducerHook>());
        IConsumerHook consumer = Assert.Single(provider.GetServices<IConsumerHook>());
        Assert.IsType<OpenTelemetryHook>(producer);
        Assert.Same(producer, consumer);
        Assert.Same(producer, provider.GetRequiredService<OpenTelemetryHook>());
    }

    [Fact]
    public async Task AddTaskQInstrumentation_OnServicesToo_RegistersTheFirstAlone()
    {
        var services = new ServiceCollection();
        services.AddTaskQInstrumentation();
        services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddTaskQInstrumentation());

        await using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Same(Assert.Single(provider.GetServices<IProducerHook>()), Assert.Single(provider.GetServices<IConsumerHook>()));
    }

    [Fact]
    public async Task AddTaskQInstrumentation_OnTheMeterProvider_RegistersTheHookWithTheTracersOptions()
    {
        var services = new ServiceCollection();
        services.ConfigureOpenTelemetryMeterProvider(metrics => metrics.AddTaskQInstrumentation());
        services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddTaskQInstrumentation(options => options.Parent = SpanParent.Always));

        await using ServiceProvider provider = services.BuildServiceProvider();

        Assert.IsType<OpenTelemetryHook>(Assert.Single(provider.GetServices<IProducerHook>()));
        Assert.Same(Assert.Single(provider.GetServices<IProducerHook>()), Assert.Single(provider.GetServices<IConsumerHook>()));
        Assert.Equal(SpanParent.Always, provider.GetRequiredService<OpenTelemetryHookOptions>().Parent);
    }

    [Fact]
    public async Task AddTaskQInstrumentation_BesideOtherHooks_KeepsThem()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConsumerHook, OtherHook>();
        services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddTaskQInstrumentation());

        await using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Equal(2, provider.GetServices<IConsumerHook>().Count());
    }

    [Fact]
    public void AddTaskQInstrumentation_InvalidOption_IsRefusedAtOnce() =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new ServiceCollection().ConfigureOpenTelemetryTracerProvider(
                tracing => tracing.AddTaskQInstrumentation(options => options.Parent = (SpanParent)7)));

    private sealed class OtherHook : IConsumerHook
    {
        public Task InvokeAsync(TaskContext context, TaskDelegate next) => next(context);
    }
}
