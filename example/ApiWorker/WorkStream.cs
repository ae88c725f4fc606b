using System.Net;
using System.Net.Http.Json;
using ApiWorker.Api;
using ApiWorker.Tasks;
using TaskQ;

namespace ApiWorker;

/// <summary>The users of the API: they post over HTTP, as <c>curl</c> would, for some seconds.</summary>
internal sealed class WorkStream(HttpClient http, TaskQueue shop, ShopTasks tasks, Ledger ledger)
{
    private const int Rounds = 32;
    private static readonly TimeSpan RoundTime = TimeSpan.FromMilliseconds(250);

    /// <summary>Adds thumbnails and e-mails, <paramref name="messages"/> in all, and some of each other task.</summary>
    /// <exception cref="HttpRequestException">The API refuses something, or does not answer.</exception>
    public async Task RunAsync(int messages, CancellationToken cancellationToken)
    {
        int burst = messages / 4;
        int steady = messages - burst;
        for (int round = 0; round < Rounds; round++)
        {
            List<Task> posts = [.. Specials(round).Select(post => PostAsync(post.Task, post.Body, cancellationToken))];
            for (int i = steady * round / Rounds; i < steady * (round + 1) / Rounds; i++)
            {
                posts.Add(i % 4 == 0
                    ? PostAsync("email", new { to = $"customer-{i}@example.org", subject = "Your order" }, cancellationToken)
                    : PostAsync("thumbnail", new { file = $"{i}.png", width = 1920, height = 1080, size = 64 }, cancellationToken));
            }

            await Task.WhenAll(posts);
            await Task.Delay(RoundTime, TimeProvider.System, cancellationToken);
        }

        // An upload of many pictures at once, by code of the API: one call, which is sent in batches.
        var uploads = Enumerable.Range(0, burst).Select(i => tasks.Thumbnail.WithArgs(new Picture($"upload-{i}.png", 4000, 3000), 128));
        foreach (AddResult result in await shop.AddRangeAsync(uploads, cancellationToken))
        {
            ledger.Added(shop.Name, tasks.Thumbnail.Name, result.Id, result.IsDuplicate);
        }
    }

    private IEnumerable<(string Task, object Body)> Specials(int round)
    {
        yield return ("locate", new { address = $"{round} High Street" });
        if (round % 2 == 0)
        {
            yield return ("locate", new { address = $"{round} Station Road" });
        }

        // Everyone asks for the report; it is written once in each hour. SQS alone keeps no names for that.
        if (shop.Capabilities.Names)
        {
            yield return ("report", new { shop = "books" });
        }

        if (round % 4 == 0)
        {
            yield return ("charge", new { customer = $"customer-{round}", amount = round % 8 == 0 ? 19.99m : 1999m });
        }

        if (round % 16 == 0)
        {
            yield return ("import", new { list = $"https://example.org/prices-{round}.csv" });
        }
    }

    private async Task PostAsync(string task, object body, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await http.PostAsJsonAsync($"/tasks/{task}", body, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Accepted)
        {
            throw new HttpRequestException(
                $"POST /tasks/{task}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
        }

        AddedMessage added = (await response.Content.ReadFromJsonAsync<AddedMessage>(cancellationToken))!;
        ledger.Added(added.Queue, added.Task, added.Id, added.Duplicate);
    }
}
