// The worker: runs what the API has added, until SIGTERM or Ctrl+C.
using ApiWorker.Tasks;
using ApiWorker.Worker;
using Microsoft.Extensions.Hosting;

const string Usage = $"""
    Usage: dotnet run --project example/ApiWorker/Worker [-- OPTIONS]

    {Storage.SharedUsage}

    {Storage.Usage}
      --record FOLDER     write down each run in a file of this process, so that one can check what ran
    """;

try
{
    var arguments = new Arguments(args);
    Storage storage = Storage.SharedFrom(arguments);
    string? record = arguments.Value("--record");
    arguments.End();

    HostApplicationBuilder builder = Host.CreateApplicationBuilder();
    builder.Logging.AddLines();
    builder.Services.AddWorker(storage);
    if (record is not null)
    {
        RunRecord.AddTo(builder.Services, record);
    }

    Telemetry.AddTo(builder.Services, "apiworker-worker");
    using IHost host = builder.Build();
    await host.RunAsync();
    return 0;
}
catch (UsageException error)
{
    Console.Error.WriteLine($"{error.Message}\n\n{Usage}");
    return 2;
}
