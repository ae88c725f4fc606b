using TaskQ;
using TaskQ.Redis;
using TaskQ.Sqs;

namespace ApiWorker.Api;

/// <summary>What makes a host an API: its endpoints, and the services that they need.</summary>
public static class ApiRole
{
    /// <summary>Adds the services.</summary>
    public static void AddApi(this IServiceCollection services)
    {
        services.AddSingleton<TaskCatalog>();
        services.AddProblemDetails();
        services.AddHealthChecks().AddTaskQ(timeout: TimeSpan.FromSeconds(5));
    }

    /// <summary>Maps the endpoints.</summary>
    public static void MapApi(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector = error => error switch
            {
                RedisUnavailableException or SqsException => StatusCodes.Status503ServiceUnavailable,
                BadHttpRequestException bad => bad.StatusCode,
                _ => StatusCodes.Status500InternalServerError,
            },
        });
        app.UseStatusCodePages();
        app.MapPost("/tasks/{name}", TaskEndpoint.AddAsync);
        app.MapGet("/queues", QueuesEndpoint.ListAsync);
        app.MapHealthChecks("/health", new() { ResponseWriter = HealthText.WriteAsync });
    }
}
