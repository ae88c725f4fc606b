namespace ApiWorker;

/// <summary>Where the progress is shown.</summary>
internal interface IScreen
{
    void Show(TimeSpan time, IReadOnlyList<QueueFigures> queues);
}
