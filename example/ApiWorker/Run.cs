using ApiWorker.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using TaskQ.Hosting;

namespace ApiWorker;

/// <summary>The run from start to end: users post, the progress is shown, all is accounted for.</summary>
internal sealed class Run(WebApplication app, Storage storage, RunOptions options)
{
    private const int Failed = 1;
    private const int Interrupted = 130;

    private readonly Ledger _ledger = app.Services.GetRequiredService<Ledger>();

    /// <summary>Runs it.</summary>
    /// <returns>The exit code of the process: 0 when everything ended and is accounted for.</returns>
    public async Task<int> ToEndAsync()
    {
        try
        {
            var registry = app.Services.GetRequiredService<IQueueRegistry>();
            var monitor = new Monitor(registry, _ledger);
            await monitor.LookAsync(CancellationToken.None);
            await app.StartAsync();
            bool succeeded = await WorkAsync(registry, monitor);
            bool interrupted = app.Lifetime.ApplicationStopping.IsCancellationRequested;
            await app.StopAsync();
            bool complete = await Summary.WriteAsync(Console.Out, registry, monitor, _ledger);
            return interrupted ? Interrupted : complete && succeeded ? 0 : Failed;
        }
#pragma warning disable CA1031 // Whatever the store's client throws ends the run.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Console.Error.WriteLine($"{error.GetType().Name}: {error.Message}");
            return Failed;
        }
    }

    private async Task<bool> WorkAsync(IQueueRegistry registry, Monitor monitor)
    {
        string address = app.Urls.First();
        Console.WriteLine($"The queues are in {storage.Name}; the API listens on {address} meanwhile.");
        using var limit = new CancellationTokenSource(options.TimeLimit, TimeProvider.System);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, app.Lifetime.ApplicationStopping);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(address) };
        var stream = new WorkStream(http, registry.Get(ShopTasks.Queue), app.Services.GetRequiredService<ShopTasks>(), _ledger);
        IScreen screen = Console.IsOutputRedirected
            ? new PlainScreen(Console.Out)
            : new LiveScreen(Console.Out, () => Console.WindowWidth is > 0 and var width ? width : 80);
        Task adding = stream.RunAsync(options.Messages, end.Token);
        try
        {
            await new Progress(monitor, _ledger, screen).ShowUntilDoneAsync(adding, end.Token);
            await adding;
            return true;
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            Console.WriteLine(
                limit.IsCancellationRequested ? $"Not finished after {options.TimeLimit.TotalSeconds} s." : "Stopping: what runs may end.");
            return false;
        }
        catch (HttpRequestException error)
        {
            Console.WriteLine(error.Message);
            return false;
        }
        finally
        {
            // What is still being added is booked before the summary.
            await end.CancelAsync();
            await adding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
