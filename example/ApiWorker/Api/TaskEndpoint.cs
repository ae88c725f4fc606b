using System.Text.Json;
using System.Text.Json.Serialization;
using TaskQ;

namespace ApiWorker.Api;

/// <summary><c>POST /tasks/{name}</c>: adds a message. The body is a JSON object of the task's arguments.</summary>
internal static class TaskEndpoint
{
    // A misspelled argument must not go unseen.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        NumberHandling = JsonNumberHandling.Strict,
    };

    public static async Task<IResult> AddAsync(string name, HttpRequest request, TaskCatalog catalog, CancellationToken cancellationToken)
    {
        if (!catalog.TryGet(name, out TaskEntry? entry))
        {
            return Results.Problem(
                $"There is no task '{name}'. There are: {string.Join(", ", catalog.Names)}.", statusCode: StatusCodes.Status404NotFound);
        }

        string takes = $"Task '{name}' takes a JSON object with: {string.Join(", ", entry.ArgumentNames)}.";
        if (!request.HasJsonContentType())
        {
            return Results.Problem($"{takes} Its Content-Type is application/json.", statusCode: StatusCodes.Status415UnsupportedMediaType);
        }

        object? body;
        try
        {
            body = await JsonSerializer.DeserializeAsync(request.Body, entry.RequestType, Json, cancellationToken);
        }
        catch (JsonException error)
        {
            // The path is "$.size", or "$" when the body is no JSON object.
            string argument = error.Path is { Length: > 2 } path ? path[2..] : "body";
            return Invalid(new() { [argument] = [Fault(argument, entry)] }, takes);
        }

        if (body is null)
        {
            return Invalid(new() { ["body"] = ["It is null."] }, takes);
        }

        if (TaskEntry.Faults(body) is { Count: > 0 } faults)
        {
            return Invalid(faults, takes);
        }

        try
        {
            AddResult result = await entry.Queue.AddAsync(entry.Create(body), cancellationToken);
            return Results.Accepted(value: new AddedMessage(result.Id, entry.Queue.Name, name, result.IsDuplicate));
        }
        catch (NotSupportedException error)
        {
            // Such as once in a period on a store that keeps no names; the error says what to configure.
            return Results.Problem(error.Message, statusCode: StatusCodes.Status501NotImplemented);
        }
    }

    private static string Fault(string argument, TaskEntry entry) =>
        argument == "body" ? "It is no JSON object."
        : entry.ArgumentNames.Contains(argument) ? "Its value can't be read as what the task takes."
        : "The task has no such argument.";

    private static IResult Invalid(Dictionary<string, string[]> faults, string takes) =>
        Results.ValidationProblem(faults, detail: takes, title: "The arguments are not valid.");
}
