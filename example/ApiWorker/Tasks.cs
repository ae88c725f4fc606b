using TaskQ;

namespace ApiWorker;

/// <summary>What the API and the worker agree on: names, arguments and retry policies. No handlers: those are the worker's.</summary>
internal sealed class Tasks
{
    /// <param name="queue">The queue of both roles.</param>
    /// <param name="chargeFallback">What runs when a charge failed for good; the API has none.</param>
    public Tasks(TaskQueue queue, Delegate? chargeFallback = null)
    {
        Greeting = queue.RegisterTask<string>("greeting");
        Thumbnail = queue.RegisterTask<Picture, int>("thumbnail");
        DailyReport = queue.RegisterTask<DateOnly>("daily-report");
        RefreshPrices = queue.RegisterTask<string>("refresh-prices");
        Mail = queue.RegisterTask<string>(new TaskOptions { Name = "mail", RetryLimit = 5 });
        Charge = queue.RegisterTask<string, decimal>(new TaskOptions
        {
            Name = "charge",
            FallbackHandler = chargeFallback,
            RetryLimit = 3,
            MinBackoff = TimeSpan.FromMilliseconds(200),
            MaxBackoff = TimeSpan.FromSeconds(1),
        });
        Import = queue.RegisterTask<Uri>("import");
    }

    public TaskDefinition<string> Greeting { get; }

    public TaskDefinition<Picture, int> Thumbnail { get; }

    public TaskDefinition<DateOnly> DailyReport { get; }

    public TaskDefinition<string> RefreshPrices { get; }

    public TaskDefinition<string> Mail { get; }

    public TaskDefinition<string, decimal> Charge { get; }

    public TaskDefinition<Uri> Import { get; }
}
