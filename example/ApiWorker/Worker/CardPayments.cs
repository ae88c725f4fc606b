using System.Globalization;
using Microsoft.Extensions.Logging;

namespace ApiWorker.Worker;

/// <summary>A flaky payment service: it fails at the first attempt, and always for amounts of 1,000 and more.</summary>
public sealed class CardPayments(ILogger<CardPayments> log, TimeProvider? time = null)
{
    private const decimal CardLimit = 1000;
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(20);

    /// <summary>Charges a customer.</summary>
    /// <exception cref="InvalidOperationException">The service fails, or the card is refused.</exception>
    public async Task ChargeAsync(string customer, decimal amount, int attempt, CancellationToken cancellationToken)
    {
        await Task.Delay(Work, time ?? TimeProvider.System, cancellationToken);
        if (amount >= CardLimit)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"the card of {customer} does not cover {amount}"));
        }

        if (attempt == 1)
        {
            throw new InvalidOperationException("the payment service is busy");
        }

        Log.Charged(log, customer, amount);
    }
}
