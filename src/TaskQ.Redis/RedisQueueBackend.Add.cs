using System.Collections.Concurrent;
using Polly;
using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Redis.Add;
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
        int count = 0;
        while (count < messages.Length && count < CallSize)
        {
            bytes += messages[count].Body.Frame!.Length;
            if (count > 0 && bytes > CallBytes)
            {
                break;
            }

            count++;
        }

        return count;
    }

    private static bool IsPlain(in NewMessage message) =>
        message is { Name: null, DueAt: null, IsRepeated: false } && message.Delay <= TimeSpan.Zero;

    /// <summary>The arguments of the script; plain messages come first.</summary>
    private static RedisValue[] AddArguments(NewMessage[] messages)
    {
        int plain = 0;
        foreach (ref readonly NewMessage message in messages.AsSpan())
        {
            plain += IsPlain(message) ? 1 : 0;
        }

        var arguments = new RedisValue[5 + (2 * plain) + (9 * (messages.Length - plain))];
        arguments[4] = plain;
        int nextPlain = 5;
        int nextOther = 5 + (2 * plain);
        foreach (ref readonly NewMessage message in messages.AsSpan())
        {
            if (IsPlain(message))
            {
                arguments[nextPlain++] = IdBytes.Of(message.Id);
                arguments[nextPlain++] = MessageRecord.Write(message);
            }
            else
            {
                WriteOther(message, arguments.AsSpan(nextOther, 9));
                nextOther += 9;
            }
        }

        return arguments;
    }

    private static void WriteOther(in NewMessage message, Span<RedisValue> arguments)
    {
        arguments[0] = IdBytes.Of(message.Id);
        arguments[1] = MessageRecord.Write(message);
        arguments[2] = message.Delay > TimeSpan.Zero ? RedisTime.FromSpan(message.Delay) : None;
        arguments[3] = message.DueAt is { } due ? RedisTime.FromDueTime(due) : None;
        arguments[4] = None;
        arguments[5] = No;
        arguments[6] = None;
        arguments[7] = No;
        arguments[8] = message.IsRepeated ? Yes : No;
        if (message.Name is { } name)
        {
            arguments[4] = MessageRecord.NameBytes(name);
            arguments[5] = RedisTime.FromSpan(name.Window);
            arguments[6] = name.UntilFinished ? "U" : "W";
            arguments[7] = name.Mode == DedupeMode.ReplacePending ? Yes : No;
        }
    }

    private static AddResult[] ReadAdded(NewMessage[] messages, RedisResult[] holders)
    {
        var results = new AddResult[messages.Length];
        int other = 0;
        for (int i = 0; i < results.Length; i++)
        {
            var holder = IsPlain(messages[i]) ? null : (byte[]?)holders[other++];
            results[i] = holder is { Length: > 0 }
                ? new AddResult(IdBytes.Read(holder), AddStatus.Duplicate)
                : new AddResult(messages[i].Id, AddStatus.Added);
        }

        return results;
    }

    private async Task<AddResult[]> StoreAsync(NewMessage[] messages, AddLane lane, CancellationToken cancellationToken)
    {
        RedisValue[] arguments = AddArguments(messages);
        arguments[1] = No;
        arguments[2] = lane.Id;
        arguments[3] = lane.NextCall();
        try
        {
            RedisResult stored = await _addRetries.ExecuteAsync(
                async token =>
                {
                    try
                    {
                        return await RunAsync(QueueScripts.Add, arguments, token).ConfigureAwait(false);
                    }
                    catch (RedisUnavailableException)
                    {
                        // A copy: a call that timed out may still read the array that it was given.
                        arguments = [.. arguments];
                        arguments[1] = Yes;
                        throw;
                    }
                },
                cancellationToken).ConfigureAwait(false);
            return ReadAdded(messages, (RedisResult[])stored!);
        }
        catch (RedisUnavailableException error)
        {
            throw new RedisUnavailableException(
                $"{messages.Length} message(s) could not be added to queue '{_name}'; adding the same again stores none twice. {error.InnerException?.Message}",
                error);
        }
    }
}
