using System.Globalization;
using TaskQ;

namespace ApiWorker;

/// <summary>The handlers. They wait where real ones would work.</summary>
internal sealed class WorkerRole(Ledger ledger)
{
    /// <summary>Gives the tasks their handlers.</summary>
    public void Handle(Tasks tasks)
    {
        tasks.Greeting.Handle(GreetAsync);
        tasks.Thumbnail.Handle(DrawThumbnailAsync);
        tasks.DailyReport.Handle(WriteReport);
        tasks.RefreshPrices.Handle(RefreshPrices);
        tasks.Mail.Handle(SendMail);
        tasks.Charge.Handle(Charge);
        tasks.Import.Handle(Import);
    }

    /// <summary>Runs when a charge failed for good: with the arguments of the charge and the last error.</summary>
    public Task RefundAsync(string customer, decimal amount, TaskMessage message, Exception error)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"         {customer} is not charged {amount}: {error.Message}"));
        ledger.FellBack(message);
        return Task.CompletedTask;
    }

    private static Task GreetAsync(string name, CancellationToken cancellationToken) =>
        Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);

    // The token is cancelled when the worker stops and its patience ends; the message is then given back.
    private static async Task<string> DrawThumbnailAsync(Picture picture, int size, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(40), TimeProvider.System, cancellationToken);
        return $"{size}x{size * picture.Height / picture.Width}-{picture.Name}";
    }

    private static void WriteReport(DateOnly day) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"         the report of {day:yyyy-MM-dd} is written"));

    private static void RefreshPrices(string shop) => Console.WriteLine($"         the prices of {shop} are new");

    // The mail server wants everyone to try twice, and says when.
    private static void SendMail(string address, TaskContext context)
    {
        if (context.Attempt == 1)
        {
            throw new RetryAfterException(TimeSpan.FromMilliseconds(500), $"450 try {address} again later");
        }
    }

    // Fails each time: after the third attempt the fallback handler takes over.
    private static void Charge(string customer, decimal amount) =>
        throw new InvalidOperationException($"the card of {customer} is refused");

    // Retries can't help: the message goes to the dead letters, where an operator finds it.
    private static void Import(Uri file) => throw new SkipRetryException($"{file} does not exist");
}
