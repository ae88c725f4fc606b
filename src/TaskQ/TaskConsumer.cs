namespace TaskQ;

/// <summary>Fetches the messages of a queue and runs them.</summary>
public sealed class TaskConsumer
{
    /// <summary>What it is doing and has done.</summary>
    public ConsumerStats Stats => throw new NotImplementedException();

    /// <summary>Starts fetching and running.</summary>
    /// <param name="cancellationToken">Cancels the start, not the work.</param>
    /// <returns>A task that ends when it has started.</returns>
    /// <exception cref="InvalidOperationException">It runs already.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>
    /// Stops in four steps: stops fetching, gives back what has not started, lets running handlers end, then
    /// cancels those that did not and gives their messages back. Harmless when it does not run.
    /// </summary>
    /// <param name="timeout">How long running handlers may take, at least zero.</param>
    /// <returns>A task that ends when it has stopped.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public Task StopAsync(TimeSpan timeout) => throw new NotImplementedException();

    /// <summary>Wraps every handler in a hook; the first added is the outermost.</summary>
    /// <param name="hook">The hook.</param>
    /// <exception cref="InvalidOperationException">The consumer runs.</exception>
    public void AddHook(IConsumerHook hook) => throw new NotImplementedException();

    /// <summary>Runs messages until none is ready and none is running; those whose time has not come are not waited for. A consumer that did not run stops again.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends when the queue is empty.</returns>
    public Task ProcessAllAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();
}
