using TaskQ;

namespace ApiWorker.Tasks;

/// <summary>The queue of the shop and its tasks, declared once: names, arguments and retry policies. Handlers are the worker's.</summary>
public sealed class ShopTasks(TaskQueue queue)
{
    /// <summary>The queue's name.</summary>
    public const string Queue = "shop";

    /// <summary>Draws a thumbnail of a picture, so many pixels wide.</summary>
    public TaskDefinition<Picture, int> Thumbnail { get; } = queue.RegisterTask<Picture, int>("thumbnail");

    /// <summary>Sends an e-mail: address and subject. Mail servers often want everyone to try twice, and say when.</summary>
    public TaskDefinition<string, string> Email { get; } =
        queue.RegisterTask<string, string>(new TaskOptions { Name = "email", RetryLimit = 5 });

    /// <summary>Charges a customer an amount. It fails now and then, so it is tried three times; then the customer is told.</summary>
    public TaskDefinition<string, decimal> Charge { get; } = queue.RegisterTask<string, decimal>(new TaskOptions
    {
        Name = "charge",
        RetryLimit = 3,
        MinBackoff = TimeSpan.FromMilliseconds(200),
        MaxBackoff = TimeSpan.FromSeconds(1),
        FallbackHandler = (string customer, decimal amount, TaskMessage message, Exception error, IRefunds refunds, CancellationToken cancellationToken) =>
            refunds.TellAsync(message, customer, amount, error, cancellationToken),
    });

    /// <summary>Imports a price list. One that does not exist never will, so it goes straight to the dead letters.</summary>
    public TaskDefinition<Uri> Import { get; } = queue.RegisterTask<Uri>("import");

    /// <summary>Writes the sales report of a shop; see <see cref="HourlyReport"/>.</summary>
    public TaskDefinition<string> Report { get; } = queue.RegisterTask<string>("report");

    /// <summary>The report of a shop: however often it is asked for, it is written once in each hour.</summary>
    public TaskMessage HourlyReport(string shop) => Report.WithArgs(shop).OnceInPeriod(TimeSpan.FromHours(1));
}
