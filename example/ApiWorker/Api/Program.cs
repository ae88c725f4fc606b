// The API: adds messages that the worker runs.
using ApiWorker.Api;
using ApiWorker.Tasks;
using TaskQ;

const string Usage = $"""
    Usage: dotnet run --project example/ApiWorker/Api [-- OPTIONS]

    {Storage.SharedUsage}

    {Storage.Usage}
      --urls URLS         where to listen; http://localhost:5000 by default
    """;

try
{
    var arguments = new Arguments(args);
    Storage storage = Storage.SharedFrom(arguments);
    string? urls = arguments.Value("--urls");
    arguments.End();

    WebApplicationBuilder builder = WebApplication.CreateBuilder();
    builder.Logging.AddLines();
    builder.Services.AddApi();
    builder.Services.AddTaskQ(taskq => taskq.AddShop(storage));
    Telemetry.AddTo(builder.Services, "apiworker-api");
    if (urls is not null)
    {
        builder.WebHost.UseUrls(urls.Split(';'));
    }

    await using WebApplication app = builder.Build();
    app.MapApi();
    await app.RunAsync();
    return 0;
}
catch (UsageException error)
{
    Console.Error.WriteLine($"{error.Message}\n\n{Usage}");
    return 2;
}
