using System.Buffers.Binary;
using TaskQ.Backend;

namespace TaskQ.Redis.Tests.Faults.Model;

/// <content>Adding, also once more.</content>
internal sealed partial class RandomWorld
{
    private readonly Dictionary<Guid, NewMessage> _added = [];

    private async Task AddAsync(Operation operation, int worker)
    {
        var messages = Enumerable.Range(0, operation.Count).Select(i => NewMessage(operation, i)).ToArray();
        foreach (var message in messages)
        {
            _added[message.Id] = message;
            _ids.Add(message.Id);
        }

        var results = await SendAsync(messages, worker, operation.Has(OperationFlags.OneByOne));
        foreach (var (message, result) in messages.Zip(results))
        {
            Check(message, result);
        }

        if (operation.Has(OperationFlags.SentAgain))
        {
            Faults.LostReplies++;
            await RepeatAsync(messages, worker);
        }
    }

    private async Task AddAgainAsync(Operation operation, int worker)
    {
        if (Pick(operation) is { } id)
        {
            await RepeatAsync([_added[id]], worker);
        }
    }

    /// <summary>As the core does when it got no answer: the messages are marked.</summary>
    private async Task RepeatAsync(NewMessage[] messages, int worker)
    {
        messages = [.. messages.Select(m => m with { IsRepeated = true })];
        var results = await SendAsync(messages, worker, oneByOne: false);
        foreach (var (message, result) in messages.Zip(results))
        {
            Check(message, result);
        }
    }

    private async Task<AddResult[]> SendAsync(NewMessage[] messages, int worker, bool oneByOne) => oneByOne
        ? await Task.WhenAll(messages.Select(m => workers[worker].AddAsync(m, Token).AsTask()))
        : await workers[worker].AddRangeAsync(messages, Token);

    private void Check(NewMessage message, AddResult result)
    {
        var expected = Model.Add(message, Now);
        Assert.True(expected == result, $"name {message.Name?.Key}: expected {expected}, got {result}");
        Faults.Duplicates += result.IsDuplicate ? 1 : 0;
    }

    /// <summary>Every second one of an add has its delay.</summary>
    private NewMessage NewMessage(Operation operation, int index)
    {
        var number = operation.Which == 0 ? 0 : operation.Which + (operation.Has(OperationFlags.SameName) ? 0 : index);
        var delay = index % 2 == 0 ? ModelTime.Span(operation.Time) : TimeSpan.Zero;
        var isByDueTime = operation.Has(OperationFlags.ByDueTime) && delay > TimeSpan.Zero;
        var id = NewId(1);
        var frame = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(frame, _created);
        return new NewMessage(
            id,
            new MessageBody(frame),
            "t",
            Now,
            isByDueTime ? TimeSpan.Zero : delay,
            isByDueTime ? Now + delay : null,
            ModelNames.Of(number, operation.Has(OperationFlags.Replaces)))
        {
            // Only beside a name.
            KeepsId = number > 0 && operation.Has(OperationFlags.KeepsId),
        };
    }
}
