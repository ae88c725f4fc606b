using TaskQ.Backend;

namespace TaskQ.Memory.Store;

/// <summary>An add that waits for room; whoever makes room stores its message.</summary>
internal sealed class AddWaiter(NewMessage message) : TaskCompletionSource<AddResult>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private readonly NewMessage _message = message;

    public ref readonly NewMessage Message => ref _message;
}
