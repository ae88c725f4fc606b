using System.Text.Json;
using Amazon.Runtime;
using TaskQ.Sqs.Protocol;
using TaskQ.Sqs.Transport;

namespace TaskQ.Sqs.Client;

/// <summary>The client on AWSSDK.Core.</summary>
internal sealed class AwsSqsClient : ISqsClient
{
    private const int MaxBatch = 10;

    // Opened by the first call: to find a region may ask the machine's metadata service.
    private readonly Lazy<SqsServiceClient> _service;

    public AwsSqsClient(SqsOptions options) => _service = new Lazy<SqsServiceClient>(() => ServiceFactory.Create(options));

    public Task<string> CreateQueueAsync(string queueName, IReadOnlyDictionary<string, string> attributes, CancellationToken cancellationToken) =>
        CallAsync("CreateQueue", Requests.CreateQueue(queueName, attributes), Replies.QueueUrl, cancellationToken);

    public Task<string> GetQueueUrlAsync(string queueName, CancellationToken cancellationToken) =>
        CallAsync("GetQueueUrl", Requests.GetQueueUrl(queueName), Replies.QueueUrl, cancellationToken);

    public async Task<IReadOnlyDictionary<string, string>> GetQueueAttributesAsync(string queueUrl, IReadOnlyList<string> names, CancellationToken cancellationToken) =>
        await CallAsync("GetQueueAttributes", Requests.GetQueueAttributes(queueUrl, names), Replies.Attributes, cancellationToken).ConfigureAwait(false);

    public async Task<SqsSendResult> SendAsync(string queueUrl, SqsOutgoingMessage message, CancellationToken cancellationToken)
    {
        const string Operation = "SendMessage";
        SqsSendResult result = await CallAsync(
            Operation,
            Requests.Send(queueUrl, message),
            reply => Replies.Sent(reply, message),
            cancellationToken).ConfigureAwait(false);
        return result.Error is { } error
            ? throw new SqsException($"SQS {Operation}: {error.Message}") { Kind = error.Kind, ErrorCode = error.Code }
            : result;
    }

    public async Task<IReadOnlyList<SqsSendResult>> SendBatchAsync(string queueUrl, IReadOnlyList<SqsOutgoingMessage> messages, CancellationToken cancellationToken)
    {
        CheckBatch(messages.Count, nameof(messages));
        return await CallAsync(
            "SendMessageBatch",
            Requests.SendBatch(queueUrl, messages),
            reply => Replies.SentBatch(reply, messages),
            cancellationToken).ConfigureAwait(false);
    }

    public Task<SqsReceived> ReceiveAsync(string queueUrl, SqsReceiveRequest request, CancellationToken cancellationToken) =>
        CallAsync("ReceiveMessage", Requests.Receive(queueUrl, request), Replies.Received, cancellationToken);

    public Task DeleteAsync(string queueUrl, string receiptHandle, CancellationToken cancellationToken) =>
        CallAsync("DeleteMessage", Requests.Delete(queueUrl, receiptHandle), cancellationToken);

    public Task<IReadOnlyList<SqsEntryError?>> DeleteBatchAsync(string queueUrl, IReadOnlyList<string> receiptHandles, CancellationToken cancellationToken)
    {
        CheckBatch(receiptHandles.Count, nameof(receiptHandles));
        return CallBatchAsync("DeleteMessageBatch", Requests.DeleteBatch(queueUrl, receiptHandles), receiptHandles.Count, cancellationToken);
    }

    public Task ChangeVisibilityAsync(string queueUrl, SqsVisibilityChange change, CancellationToken cancellationToken) =>
        CallAsync("ChangeMessageVisibility", Requests.ChangeVisibility(queueUrl, change), cancellationToken);

    public Task<IReadOnlyList<SqsEntryError?>> ChangeVisibilityBatchAsync(string queueUrl, IReadOnlyList<SqsVisibilityChange> changes, CancellationToken cancellationToken)
    {
        CheckBatch(changes.Count, nameof(changes));
        return CallBatchAsync("ChangeMessageVisibilityBatch", Requests.ChangeVisibilityBatch(queueUrl, changes), changes.Count, cancellationToken);
    }

    public Task PurgeAsync(string queueUrl, CancellationToken cancellationToken) =>
        CallAsync("PurgeQueue", Requests.OfQueue(queueUrl), cancellationToken);

    public void Dispose()
    {
        if (_service.IsValueCreated)
        {
            _service.Value.Dispose();
        }
    }

    private static void CheckBatch(int count, string parameter)
    {
        if (count is < 1 or > MaxBatch)
        {
            throw new ArgumentOutOfRangeException(parameter, count, $"A batch holds 1 to {MaxBatch} entries.");
        }
    }

    private async Task<IReadOnlyList<SqsEntryError?>> CallBatchAsync(string operation, byte[] content, int count, CancellationToken cancellationToken) =>
        await CallAsync(operation, content, reply => Replies.EntryErrors(reply, count), cancellationToken).ConfigureAwait(false);

    // An answer without a body is fine for these.
    private Task<object?> CallAsync(string operation, byte[] content, CancellationToken cancellationToken) =>
        CallAsync<object?>(operation, content, read: null, cancellationToken);

    private async Task<T> CallAsync<T>(string operation, byte[] content, Func<JsonElement, T>? read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var call = new SqsCall(operation, content);
        try
        {
            using SqsReply reply = await _service.Value.CallAsync(call, cancellationToken).ConfigureAwait(false);
            return read is null ? default! : read(reply.Root);
        }
        catch (OperationCanceledException error) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(error.Message, error, cancellationToken);
        }
        catch (Exception error) when (Failure.IsOne(error))
        {
            throw Failure.Of(operation, error, call.Sent);
        }
    }
}
