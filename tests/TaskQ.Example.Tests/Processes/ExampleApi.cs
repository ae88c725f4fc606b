using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace TaskQ.Example.Tests.Processes;

/// <summary>A process of the API, and a client of it.</summary>
internal sealed class ExampleApi : IAsyncDisposable
{
    private readonly ExampleProcess _process;

    private ExampleApi(ExampleProcess process, Uri address)
    {
        _process = process;
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address, Timeout = Wait.Patience };
    }

    public HttpClient Http { get; }

    /// <summary>Starts one on a free port.</summary>
    public static Task<ExampleApi> StartAsync(string redis, IReadOnlyDictionary<string, string>? environment = null) =>
        StartAsync(["--redis", redis], environment);

    /// <summary>Starts one on a free port, over a store that the arguments name.</summary>
    public static Task<ExampleApi> StartAsync(string[] storage, IReadOnlyDictionary<string, string>? environment = null) =>
        StartAsync(ExampleProcess.Start("Api", [.. storage, "--urls", "http://127.0.0.1:0"], environment));

    /// <summary>Starts one on a free port without any option, in a folder.</summary>
    public static Task<ExampleApi> StartBareAsync(string folder) =>
        StartAsync(ExampleProcess.Start("Api", [], new Dictionary<string, string> { ["ASPNETCORE_URLS"] = "http://127.0.0.1:0" }, folder));

    private static async Task<ExampleApi> StartAsync(ExampleProcess process)
    {
        const string Listening = "Now listening on: ";
        string line = await process.WritesAsync(Listening);
        return new ExampleApi(process, new Uri(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..]));
    }

    /// <summary>Posts a body that is as it is.</summary>
    public Task<HttpResponseMessage> PostAsync(string task, string json, string contentType = "application/json") =>
        Http.PostAsync(new Uri($"/tasks/{task}", UriKind.Relative), new StringContent(json, Encoding.UTF8, contentType));

    /// <summary>Adds a message.</summary>
    public async Task<(Guid Id, bool IsDuplicate)> AddAsync(string task, object arguments)
    {
        using HttpResponseMessage response = await Http.PostAsJsonAsync($"/tasks/{task}", arguments);
        string body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.Accepted, body);
        JsonElement added = JsonElement.Parse(body);
        Assert.Equal(task, added.GetProperty("task").GetString());
        return (added.GetProperty("id").GetGuid(), added.GetProperty("duplicate").GetBoolean());
    }

    /// <summary>What GET /queues says of a queue.</summary>
    public async Task<JsonElement> QueueAsync(string name)
    {
        JsonElement queues = await Http.GetFromJsonAsync<JsonElement>("/queues");
        return queues.EnumerateArray().Single(queue => queue.GetProperty("name").GetString() == name);
    }

    /// <summary>How many messages of a queue wait or run.</summary>
    public async Task<long> OpenAsync(string name)
    {
        JsonElement queue = await QueueAsync(name);
        return new[] { "ready", "delayed", "inFlight" }.Sum(state => queue.GetProperty(state).GetInt64());
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _process.DisposeAsync();
    }
}
