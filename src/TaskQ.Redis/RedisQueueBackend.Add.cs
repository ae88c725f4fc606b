using System.Collections.Concurrent;
using Polly;
using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Redis.Add;
using TaskQ.Redis.Connect;
using TaskQ.Redis.Scripts;
using TaskQ.Redis.Store;

namespace TaskQ.Redis;

/// <summary>Adding. Single adds that come at the same time go together. What fails in passing is tried again: the id tells whether it had arrived.</summary>
internal sealed partial class RedisQueueBackend
{
    private static readonly RedisValue Yes = "1";
    private static readonly RedisValue No = "0";
    private static readonly RedisValue None = "";

    private readonly ResiliencePipeline _addRetries;
    private readonly ConcurrentBag<AddLane> _lanes = [];

    public ValueTask<AddResult> AddAsync(NewMessage message, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<AddResult>(cancellationToken)
            : _adds.AddAsync(message, cancellationToken);
    }

    public async ValueTask<AddResult[]> AddRangeAsync(ReadOnlyMemory<NewMessage> messages, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        cancellationToken.ThrowIfCancellationRequested();
        var results = new AddResult[messages.Length];
        AddLane lane = _lanes.TryTake(out AddLane? free) ? free : new AddLane();
        try
        {
            for (int start = 0; start < results.Length;)
            {
                int count = CallLength(messages.Span[start..]);
                NewMessage[] part = messages.Slice(start, count).ToArray();
                (await StoreAsync(part, lane, cancellationToken).ConfigureAwait(false)).CopyTo(results, start);
                start += count;
            }
        }
        finally
        {
            _lanes.Add(lane);
        }

        return results;
    }

    /// <summary>How many of the messages go with one call.</summary>
    private static int CallLength(ReadOnlySpan<NewMessage> messages)
    {
        long bytes = 0;
        int weight = 0;
        int count = 0;
        while (count < messages.Length && weight < CallSize)
        {
            bytes += messages[count].Body.Frame!.Length;
            if (count > 0 && bytes > CallBytes)
            {
                break;
            }

            weight += AddArguments.WeightOf(messages[count]);
            count++;
        }

        return count;
    }

    private static AddResult[] ReadAdded(NewMessage[] messages, RedisResult duplicates)
    {
        var results = new AddResult[messages.Length];
        for (int i = 0; i < results.Length; i++)
        {
            results[i] = new AddResult(messages[i].Id, AddStatus.Added);
        }

        RedisResult[] pairs = duplicates.IsNull ? [] : (RedisResult[])duplicates!;
        for (int i = 0; i < pairs.Length; i += 2)
        {
            results[(int)pairs[i]] = new AddResult(IdBytes.Read((byte[])pairs[i + 1]!), AddStatus.Duplicate);
        }

        return results;
    }

    private async Task<AddResult[]> StoreAsync(NewMessage[] messages, AddLane lane, CancellationToken cancellationToken)
    {
        AddCall call = lane.NextCall();
        try
        {
            RedisResult stored = await SendAddAsync(messages, call, isRepeated: false, cancellationToken).ConfigureAwait(false);
            return ReadAdded(messages, stored);
        }
        catch (RedisUnavailableException failure)
        {
            return ReadAdded(messages, await RepeatAddAsync(messages, call, failure, cancellationToken).ConfigureAwait(false));
        }
    }

    private async Task<RedisResult> RepeatAddAsync(
        NewMessage[] messages,
        AddCall call,
        RedisUnavailableException failure,
        CancellationToken cancellationToken)
    {
        try
        {
            return await _addRetries.RepeatAsync(
                failure, token => SendAddAsync(messages, call, isRepeated: true, token), cancellationToken).ConfigureAwait(false);
        }
        catch (RedisUnavailableException error)
        {
            throw new RedisUnavailableException(
                $"{messages.Length} message(s) could not be added to queue '{_name}'; adding the same again stores none twice of those that still wait or run; a name keeps out a second add of those that have ended. {error.InnerException?.Message}",
                error);
        }
    }

    private Task<RedisResult> SendAddAsync(
        NewMessage[] messages,
        AddCall call,
        bool isRepeated,
        CancellationToken cancellationToken) =>
        !isRepeated && AddArguments.ArePlain(messages)
            ? _link.RunAsync(QueueScripts.AddPlain, _keys.Script, AddArguments.WritePlain(messages, call), cancellationToken)
            : RunAsync(QueueScripts.Add, AddArguments.Write(messages, call, isRepeated), cancellationToken);
}
