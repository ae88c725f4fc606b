namespace TaskQ.Sqs.Batch;

/// <summary>An entry that waits for its batch.</summary>
internal sealed class BatchWaiter<T>(T item, long size) : TaskCompletionSource<Client.SqsEntryError?>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public T Item { get; } = item;

    public long Size { get; } = size;
}
