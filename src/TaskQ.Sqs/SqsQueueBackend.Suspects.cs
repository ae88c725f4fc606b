using TaskQ.Backend;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Store;

namespace TaskQ.Sqs;

/// <summary>
/// Suspects. SQS can't be asked for some messages only: a suspect that a fetch brings is kept aside for the fetch that asks
/// for it, which comes soon; further ones, and one that nobody asks for in time, are sent again with what they had behind them.
/// </summary>
internal sealed partial class SqsQueueBackend
{
    private readonly ITimer _suspectTimer;
    private SqsDelivery? _suspect;

    private async Task<bool> SortOutSuspectsAsync(List<SqsDelivery> found)
    {
        if (!found.Exists(IsSuspect))
        {
            return Volatile.Read(ref _suspect) is not null;
        }

        List<SqsDelivery> suspects = found.FindAll(IsSuspect);
        found.RemoveAll(IsSuspect);
        int kept = Interlocked.CompareExchange(ref _suspect, suspects[0], null) is null ? 1 : 0;
        if (kept == 1)
        {
            // In time, so that its lease does not run out: that would count as another crash.
            TimeSpan left = _time.GetElapsedTime(_time.GetTimestamp(), suspects[0].Deadline);
            _suspectTimer.Change(left > TimeSpan.Zero ? left * 2 / 3 : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }

        await Task.WhenAll(suspects.Skip(kept).Select(suspect => PutBackAsync(suspect, suspect.Envelope.Tries with { Crashes = suspect.Crashes }, TimeSpan.Zero)))
            .ConfigureAwait(false);
        return true;

        static bool IsSuspect(SqsDelivery delivery) => delivery.Crashes >= FetchRequest.SuspectCrashes;
    }

    private async Task<ExchangeResult> TakeSuspectAsync(Lease lease)
    {
        if (Volatile.Read(ref _pausing).IsPaused)
        {
            return new ExchangeResult { Paused = true };
        }

        SqsDelivery? suspect = Interlocked.Exchange(ref _suspect, null);
        if (suspect is null || IsOver(suspect))
        {
            return ExchangeResult.Empty;
        }

        long now = _time.GetTimestamp();
        TimeSpan hidden = VisibilityOf(lease.Duration);
        SqsEntryError? error;
        try
        {
            error = await _changes.AddAsync(new SqsVisibilityChange(suspect.ReceiptHandle, hidden)).ConfigureAwait(false);
        }
        catch
        {
            // Asked for again under the same lease.
            Interlocked.CompareExchange(ref _suspect, suspect, null);
            throw;
        }

        if (error is not null)
        {
            if (!error.IsSenderFault)
            {
                Interlocked.CompareExchange(ref _suspect, suspect, null);
            }

            return ExchangeResult.Empty;
        }

        suspect.Deadline = After(now, hidden);
        return Hand(lease, [suspect], suspectsWaiting: false);
    }

    private async Task GiveBackSuspectAsync()
    {
        if (Interlocked.Exchange(ref _suspect, null) is { } suspect && !IsOver(suspect))
        {
            await PutBackAsync(suspect, suspect.Envelope.Tries with { Crashes = suspect.Crashes }, TimeSpan.Zero).ConfigureAwait(false);
        }
    }
}
