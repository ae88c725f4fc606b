namespace TaskQ.Backend.Coalesce;

/// <summary>A message that waits for its add.</summary>
internal sealed class AddWaiter(in NewMessage message)
    : TaskCompletionSource<AddResult>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public NewMessage Message { get; } = message;

    /// <summary>Since when, by the system's clock.</summary>
    public long Since { get; } = TimeProvider.System.GetTimestamp();
}
