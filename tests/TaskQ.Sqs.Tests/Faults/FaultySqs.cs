using System.Collections.Concurrent;
using TaskQ.Sqs.Client;

namespace TaskQ.Sqs.Tests.Faults;

/// <summary>Stands between a backend and its client: passes everything on, until it is told to interfere.</summary>
internal sealed class FaultySqs(ISqsClient inner) : ISqsClient
{
    public delegate Task<TResult> Interference<TRequest, TResult>(TRequest request, Func<TRequest, Task<TResult>> next);

    public Interference<IReadOnlyList<SqsOutgoingMessage>, IReadOnlyList<SqsSendResult>>? OnSend { get; set; }

    public Interference<SqsReceiveRequest, SqsReceived>? OnReceive { get; set; }

    public Interference<IReadOnlyList<string>, IReadOnlyList<SqsEntryError?>>? OnDelete { get; set; }

    public Interference<IReadOnlyList<SqsVisibilityChange>, IReadOnlyList<SqsEntryError?>>? OnChange { get; set; }

    public Interference<IReadOnlyList<string>, IReadOnlyDictionary<string, string>>? OnAttributes { get; set; }

    /// <summary>How often each operation was called.</summary>
    public ConcurrentDictionary<string, int> Calls { get; } = [];

    public static SqsException Unavailable() => new("The service did not answer.") { Kind = SqsErrorKind.Unavailable };

    public Task<string> CreateQueueAsync(string queueName, IReadOnlyDictionary<string, string> attributes, CancellationToken cancellationToken)
    {
        Count("CreateQueue");
        return inner.CreateQueueAsync(queueName, attributes, cancellationToken);
    }

    public Task<string> GetQueueUrlAsync(string queueName, CancellationToken cancellationToken)
    {
        Count("GetQueueUrl");
        return inner.GetQueueUrlAsync(queueName, cancellationToken);
    }

    public Task<IReadOnlyDictionary<string, string>> GetQueueAttributesAsync(string queueUrl, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        Count("GetQueueAttributes");
        return Through(OnAttributes, names, request => inner.GetQueueAttributesAsync(queueUrl, request, cancellationToken));
    }

    public Task<SqsSendResult> SendAsync(string queueUrl, SqsOutgoingMessage message, CancellationToken cancellationToken)
    {
        Count("SendMessage");
        return inner.SendAsync(queueUrl, message, cancellationToken);
    }

    public Task<IReadOnlyList<SqsSendResult>> SendBatchAsync(string queueUrl, IReadOnlyList<SqsOutgoingMessage> messages, CancellationToken cancellationToken)
    {
        Count("SendMessage");
        return Through(OnSend, messages, request => inner.SendBatchAsync(queueUrl, request, cancellationToken));
    }

    public Task<SqsReceived> ReceiveAsync(string queueUrl, SqsReceiveRequest request, CancellationToken cancellationToken)
    {
        Count("ReceiveMessage");
        return Through(OnReceive, request, changed => inner.ReceiveAsync(queueUrl, changed, cancellationToken));
    }

    public Task DeleteAsync(string queueUrl, string receiptHandle, CancellationToken cancellationToken)
    {
        Count("DeleteMessage");
        return inner.DeleteAsync(queueUrl, receiptHandle, cancellationToken);
    }

    public Task<IReadOnlyList<SqsEntryError?>> DeleteBatchAsync(string queueUrl, IReadOnlyList<string> receiptHandles, CancellationToken cancellationToken)
    {
        Count("DeleteMessage");
        return Through(OnDelete, receiptHandles, request => inner.DeleteBatchAsync(queueUrl, request, cancellationToken));
    }

    public Task ChangeVisibilityAsync(string queueUrl, SqsVisibilityChange change, CancellationToken cancellationToken)
    {
        Count("ChangeMessageVisibility");
        return inner.ChangeVisibilityAsync(queueUrl, change, cancellationToken);
    }

    public Task<IReadOnlyList<SqsEntryError?>> ChangeVisibilityBatchAsync(string queueUrl, IReadOnlyList<SqsVisibilityChange> changes, CancellationToken cancellationToken)
    {
        Count("ChangeMessageVisibility");
        return Through(OnChange, changes, request => inner.ChangeVisibilityBatchAsync(queueUrl, request, cancellationToken));
    }

    public Task PurgeAsync(string queueUrl, CancellationToken cancellationToken)
    {
        Count("PurgeQueue");
        return inner.PurgeAsync(queueUrl, cancellationToken);
    }

    public void Dispose() => inner.Dispose();

    private static Task<TResult> Through<TRequest, TResult>(Interference<TRequest, TResult>? interference, TRequest request, Func<TRequest, Task<TResult>> next) =>
        interference is null ? next(request) : interference(request, next);

    private void Count(string operation) => Calls.AddOrUpdate(operation, 1, static (_, count) => count + 1);
}
