using TaskQ;

namespace ApiWorker.Tasks;

/// <summary>What is done about a payment that failed for good. The worker has it; the API needs none.</summary>
public interface IRefunds
{
    /// <summary>Tells the customer.</summary>
    Task TellAsync(TaskMessage message, string customer, decimal amount, Exception error, CancellationToken cancellationToken);
}
