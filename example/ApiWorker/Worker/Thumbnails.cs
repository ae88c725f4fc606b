using ApiWorker.Tasks;

namespace ApiWorker.Worker;

/// <summary>Draws thumbnails. It waits where a real one would work, as all services here do.</summary>
public sealed class Thumbnails(TimeProvider? time = null)
{
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(40);

    /// <summary>Draws one; the result is its file.</summary>
    public async Task<string> DrawAsync(Picture picture, int size, CancellationToken cancellationToken)
    {
        await Task.Delay(Work, time ?? TimeProvider.System, cancellationToken);
        return $"{size}x{size * picture.Height / picture.Width}-{picture.File}";
    }
}
