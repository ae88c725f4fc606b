using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using TaskQ.Example.Tests.Processes;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Example.Tests;

/// <summary>What the API answers. No worker runs, so what it adds stays.</summary>
public sealed class ApiTests : IAsyncLifetime
{
    private RedisServer _server = null!;
    private ExampleApi _api = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _api = await ExampleApi.StartAsync(_server.Configuration);
    }

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Post_BadRequests_AreRefusedWithTheReasonAndAddNothing()
    {
        const string Thumbnail = """{"file":"a.png","width":1920,"height":1080,"size":64}""";

        JsonElement unknown = await RefusedAsync("nope", "{}", HttpStatusCode.NotFound);
        Assert.Equal(
            "There is no task 'nope'. There are: charge, email, import, locate, report, thumbnail.", unknown.GetProperty("detail").GetString());

        JsonElement form = await RefusedAsync("thumbnail", Thumbnail, HttpStatusCode.UnsupportedMediaType, "text/plain");
        Assert.Contains("application/json", form.GetProperty("detail").GetString(), StringComparison.Ordinal);

        Assert.Equal("It is no JSON object.", await FaultAsync("thumbnail", "{", "body"));
        Assert.Equal("It is no JSON object.", await FaultAsync("thumbnail", "[]", "body"));
        Assert.Equal("It is no JSON object.", await FaultAsync("thumbnail", "", "body"));
        Assert.Equal("It is null.", await FaultAsync("thumbnail", "null", "body"));
        Assert.Equal("The Width field is required.", await FaultAsync("thumbnail", """{"file":"a.png","height":1,"size":64}""", "width"));
        Assert.Equal("The field Size must be between 1 and 2048.", await FaultAsync("thumbnail", Thumbnail.Replace("64", "0", StringComparison.Ordinal), "size"));
        Assert.Equal("Its value can't be read as what the task takes.", await FaultAsync("thumbnail", Thumbnail.Replace("64", "\"64\"", StringComparison.Ordinal), "size"));
        Assert.Equal("The task has no such argument.", await FaultAsync("thumbnail", Thumbnail.Replace("size", "sise", StringComparison.Ordinal), "sise"));
        Assert.Contains("e-mail", await FaultAsync("email", """{"to":"ada","subject":"Hello"}""", "to"), StringComparison.Ordinal);

        Assert.Equal(0, await _api.OpenAsync("shop"));
    }

    [Fact]
    public async Task Post_SeveralFaults_TellsAllAndWhatTheTaskTakes()
    {
        JsonElement problem = await RefusedAsync("thumbnail", """{"size":0}""", HttpStatusCode.BadRequest);

        Assert.Equal(
            ["file", "height", "size", "width"],
            problem.GetProperty("errors").EnumerateObject().Select(error => error.Name).Order(StringComparer.Ordinal));
        Assert.Equal("Task 'thumbnail' takes a JSON object with: file, width, height, size.", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Post_ReportTwiceInAnHour_IsToldThatItIsADuplicate()
    {
        var report = new { shop = "books" };
        (Guid id, bool isDuplicate) = await _api.AddAsync("report", report);
        Assert.False(isDuplicate);

        (Guid again, isDuplicate) = await _api.AddAsync("report", report);
        if (!isDuplicate)
        {
            // The hour has just turned.
            Assert.NotEqual(id, again);
            id = again;
            (again, isDuplicate) = await _api.AddAsync("report", report);
        }

        Assert.True(isDuplicate);
        Assert.Equal(id, again);
        Assert.False((await _api.AddAsync("report", new { shop = "games" })).IsDuplicate);
    }

    [Fact]
    public async Task Queues_AfterAdds_CountThem()
    {
        await _api.AddAsync("email", new { to = "ada@example.org", subject = "Hello" });
        await _api.AddAsync("email", new { to = "bob@example.org", subject = "Hello" });
        await _api.AddAsync("locate", new { address = "1 High Street" });

        Assert.Equal(2, (await _api.QueueAsync("shop")).GetProperty("ready").GetInt64());
        Assert.Equal(1, (await _api.QueueAsync("geocoding")).GetProperty("ready").GetInt64());
    }

    [Fact]
    public async Task Health_StoreThere_GoneAndBack_SaysSo()
    {
        Assert.Equal(HttpStatusCode.OK, await HealthAsync());

        await _server.KillAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await HealthAsync());
        JsonElement problem = await RefusedAsync("locate", """{"address":"1 High Street"}""", HttpStatusCode.ServiceUnavailable);
        Assert.Equal(503, problem.GetProperty("status").GetInt32());

        await _server.RestartAsync();
        await Wait.UntilAsync(async () => await HealthAsync() == HttpStatusCode.OK, () => "the API is healthy again.");
    }

    [Fact]
    public async Task Start_StoreThatNobodyElseSees_EndsWithTheFix()
    {
        await using var process = ExampleProcess.Start("Api", ["--backend", "memory"]);

        Assert.Equal(2, await process.ExitAsync());
        Assert.Contains("--backend sqlite, which is the default", process.Output, StringComparison.Ordinal);
    }

    private async Task<HttpStatusCode> HealthAsync()
    {
        using HttpResponseMessage response = await _api.Http.GetAsync("/health");
        JsonElement health = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(
            response.IsSuccessStatusCode ? "Healthy" : "Unhealthy", health.GetProperty("checks").GetProperty("taskq").GetProperty("status").GetString());
        return response.StatusCode;
    }

    private async Task<string> FaultAsync(string task, string json, string argument)
    {
        JsonElement problem = await RefusedAsync(task, json, HttpStatusCode.BadRequest);
        JsonProperty fault = Assert.Single(problem.GetProperty("errors").EnumerateObject());
        Assert.Equal(argument, fault.Name);
        return Assert.Single(fault.Value.EnumerateArray()).GetString()!;
    }

    private async Task<JsonElement> RefusedAsync(string task, string json, HttpStatusCode status, string contentType = "application/json")
    {
        using HttpResponseMessage response = await _api.PostAsync(task, json, contentType);
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
