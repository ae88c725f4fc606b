using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace TaskQ.Hosting.Tests;

/// <summary>Real hosts with nothing in them but what a test adds.</summary>
internal static class TestHost
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>A builder whose services are checked as in development, and that logs nowhere.</summary>
    public static HostApplicationBuilder Builder(params (string Key, string? Value)[] settings)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.ConfigureContainer(new DefaultServiceProviderFactory(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true }));
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value)));
        return builder;
    }

    /// <summary>A host that is built.</summary>
    public static IHost Build(Action<TaskQHostBuilder> configure, Action<IServiceCollection>? services = null)
    {
        HostApplicationBuilder builder = Builder();
        services?.Invoke(builder.Services);
        builder.Services.AddTaskQ(configure);
        return builder.Build();
    }

    /// <summary>A host that is started.</summary>
    public static async Task<IHost> StartAsync(Action<TaskQHostBuilder> configure, Action<IServiceCollection>? services = null)
    {
        IHost host = Build(configure, services);
        await Within(host.StartAsync());
        return host;
    }

    /// <summary>What the start of a host fails with.</summary>
    public static async Task<string> StartErrorAsync(HostApplicationBuilder builder)
    {
        using IHost host = builder.Build();
        Exception? error = await Record.ExceptionAsync(() => Within(host.StartAsync()));
        Assert.NotNull(error);
        return error.Message;
    }

    public static TaskQueue Queue(this IHost host, string name = "main") => host.Services.GetRequiredKeyedService<TaskQueue>(name);

    public static Task Within(Task task) => task.WaitAsync(Patience, TimeProvider.System, TestContext.Current.CancellationToken);

    public static Task<T> Within<T>(Task<T> task) => task.WaitAsync(Patience, TimeProvider.System, TestContext.Current.CancellationToken);

    /// <summary>Waits until a condition holds, though not for ever.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var enough = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, enough.Token);
        }
    }
}
