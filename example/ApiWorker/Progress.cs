namespace ApiWorker;

/// <summary>Shows how the queues are doing until all is done.</summary>
internal sealed class Progress(Monitor monitor, Ledger ledger, IScreen screen)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Shows it until everything is added and has ended, or the adding fails.</summary>
    public async Task ShowUntilDoneAsync(Task adding, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, TimeProvider.System);
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            // In this order: what was added before is counted.
            bool allAdded = adding.IsCompleted;
            IReadOnlyList<QueueFigures> queues = await monitor.LookAsync(cancellationToken);
            screen.Show(TimeProvider.System.GetElapsedTime(start), queues);
            if ((allAdded && ledger.Open == 0) || adding.IsFaulted)
            {
                return;
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }
}
