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

const string Usage = $"""
    Usage: dotnet run --project example/ApiWorker [-- OPTIONS]

    Without options the queues are in memory.

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
return await new Run(app, storage, options).ToEndAsync();
