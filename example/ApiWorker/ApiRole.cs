using TaskQ;

namespace ApiWorker;

/// <summary>Adds messages, as the requests of an API would.</summary>
internal sealed class ApiRole(TaskQueue queue, Tasks tasks, Ledger ledger)
{
    private const int Rounds = 32;
    private static readonly TimeSpan RoundTime = TimeSpan.FromMilliseconds(250);

    /// <summary>Adds greetings and thumbnails, <paramref name="messages"/> in all, and some of each other task.</summary>
    public async Task RunAsync(int messages, CancellationToken cancellationToken)
    {
        int burst = messages / 4;
        int steady = messages - burst;
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = steady * round / Rounds; i < steady * (round + 1) / Rounds; i++)
            {
                // Every third request wants a thumbnail, which may wait for a second.
                await AddAsync(
                    i % 3 == 0
                        ? tasks.Thumbnail.WithArgs(new Picture($"{i}.png", 1920, 1080), 64).WithDelay(TimeSpan.FromSeconds(1))
                        : tasks.Greeting.WithArgs($"visitor {i}"),
                    cancellationToken);
            }

            await AddSpecialsAsync(round, cancellationToken);
            await Task.Delay(RoundTime, TimeProvider.System, cancellationToken);
        }

        // An upload of many pictures at once: one call, sent in batches.
        var uploads = Enumerable.Range(0, burst).Select(i => tasks.Thumbnail.WithArgs(new Picture($"upload-{i}.png", 4000, 3000), 128));
        foreach (AddResult result in await queue.AddRangeAsync(uploads, cancellationToken))
        {
            ledger.Added(tasks.Thumbnail.Name, result);
        }
    }

    private async Task AddSpecialsAsync(int round, CancellationToken cancellationToken)
    {
        // Every instance of the API asks for the report of the day; its name lets only the first one in.
        await AddAsync(tasks.DailyReport.WithArgs(new DateOnly(2030, 1, 31)).WithName("2030-01-31"), cancellationToken);

        // However often it is asked for, prices are refreshed once in two seconds for each shop.
        await AddAsync(tasks.RefreshPrices.WithArgs("books").OnceInPeriod(TimeSpan.FromSeconds(2)), cancellationToken);

        await AddAsync(tasks.Mail.WithArgs($"customer-{round}@example.org"), cancellationToken);
        if (round % 8 == 0)
        {
            await AddAsync(tasks.Charge.WithArgs($"customer-{round}", 19.99m), cancellationToken);
        }

        if (round % 16 == 0)
        {
            await AddAsync(tasks.Import.WithArgs(new Uri($"https://example.org/{round}.csv")), cancellationToken);
        }
    }

    private async Task AddAsync(TaskMessage message, CancellationToken cancellationToken) =>
        ledger.Added(message.TaskName, await queue.AddAsync(message, cancellationToken));
}
