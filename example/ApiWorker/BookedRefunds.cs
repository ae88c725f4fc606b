using ApiWorker.Tasks;
using TaskQ;

namespace ApiWorker;

/// <summary>Books what fell back; customers are told nothing here. Hooks don't wrap fallback handlers.</summary>
internal sealed class BookedRefunds(Ledger ledger) : IRefunds
{
    public Task TellAsync(TaskMessage message, string customer, decimal amount, Exception error, CancellationToken cancellationToken)
    {
        ledger.FellBack(message);
        return Task.CompletedTask;
    }
}
