namespace TaskQ.Backend.Coordinate;

/// <summary>Opens what queues need beside a store that has no notion of it.</summary>
/// <remarks>It belongs to whoever created it, and must outlive the queues that use it.</remarks>
public interface IQueueCoordinatorFactory
{
    /// <summary>Opens the companion store of one queue.</summary>
    /// <param name="options">The queue's options: its name, limits, retention of dead letters and clock count.</param>
    /// <returns>The companion store of the queue.</returns>
    IQueueCoordinator CreateCoordinator(QueueOptions options);
}
