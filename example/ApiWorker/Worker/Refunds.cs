using ApiWorker.Tasks;
using Microsoft.Extensions.Logging;
using TaskQ;

namespace ApiWorker.Worker;

/// <summary>Tells customers by the log.</summary>
public sealed class Refunds(ILogger<Refunds> log) : IRefunds
{
    public Task TellAsync(TaskMessage message, string customer, decimal amount, Exception error, CancellationToken cancellationToken)
    {
        Log.NotCharged(log, customer, amount, error.Message);
        return Task.CompletedTask;
    }
}
