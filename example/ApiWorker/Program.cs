// The API and the worker in one process, with users who post to the API. Without options the queues are in memory, which is
// not shared between processes; nothing else ties the roles together but the tasks that both know.
using ApiWorker;
using ApiWorker.Api;
using ApiWorker.Tasks;
using ApiWorker.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TaskQ;
using TaskQ.Hosting;

const string Usage = $"""
    Usage: dotnet run --project example/ApiWorker [-- OPTIONS]

    {Storage.Usage}
    {RunOptions.Usage}
    """;

// What the tasks are made to fail with is in the figures, so the log leaves it out.
const int Retrying = 4000;
const int Failed = 4001;

Storage storage;
RunOptions options;
try
{
    var arguments = new Arguments(args);
    storage = Storage.From(arguments);
    options = RunOptions.From(arguments);
    arguments.End();
}
catch (UsageException error)
{
    Console.Error.WriteLine($"{error.Message}\n\n{Usage}");
    return 2;
}

WebApplicationBuilder builder = WebApplication.CreateBuilder();
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Logging.AddLines(Retrying, Failed);
builder.Logging.SetMinimumLevel(LogLevel.Error);
builder.Services.AddApi();
builder.Services.AddWorker(storage);
builder.Services.AddSingleton<Ledger>();
builder.Services.AddSingleton<IConsumerHook>(services => services.GetRequiredService<Ledger>());
builder.Services.AddSingleton<IRefunds, BookedRefunds>();
Telemetry.AddTo(builder.Services, "apiworker");
await using WebApplication app = builder.Build();
app.MapApi();

await app.StartAsync();
using var limit = new CancellationTokenSource(options.TimeLimit, TimeProvider.System);
using var end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, app.Lifetime.ApplicationStopping);
string address = app.Urls.First();
Console.WriteLine($"The queues are in {storage.Name}; the API listens on {address} meanwhile.");

var ledger = app.Services.GetRequiredService<Ledger>();
var registry = app.Services.GetRequiredService<IQueueRegistry>();
var monitor = new ApiWorker.Monitor(registry, ledger);
using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(address) };
var stream = new WorkStream(http, registry.Get(ShopTasks.Queue), app.Services.GetRequiredService<ShopTasks>(), ledger);
IScreen screen = Console.IsOutputRedirected ? new PlainScreen(Console.Out) : new LiveScreen(Console.Out, () => Console.WindowWidth is > 0 and var width ? width : 80);
bool succeeded = true;
try
{
    Task adding = stream.RunAsync(options.Messages, end.Token);
    await new Progress(monitor, ledger, screen).ShowUntilDoneAsync(adding, end.Token);
    await adding;
}
catch (OperationCanceledException) when (end.IsCancellationRequested)
{
    Console.WriteLine(limit.IsCancellationRequested ? $"Not finished after {options.TimeLimit.TotalSeconds} s." : "Stopping: what runs may end.");
    succeeded = false;
}
catch (HttpRequestException error)
{
    Console.WriteLine(error.Message);
    succeeded = false;
}

bool interrupted = app.Lifetime.ApplicationStopping.IsCancellationRequested;
await app.StopAsync();
bool complete = await Summary.WriteAsync(Console.Out, registry, monitor, ledger);
return interrupted ? 130 : complete && succeeded ? 0 : 1;
