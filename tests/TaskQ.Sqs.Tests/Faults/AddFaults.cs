using TaskQ.Backend;
using TaskQ.Sqs.Body;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Protocol;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Faults;

/// <summary>Adds under faults, in fauxqs.</summary>
public abstract class AddFaults : FaultTest
{
    private protected AddFaults(SqsServer server)
        : base(server)
    {
    }

    [Fact]
    [Trait("Fault", "S1")]
    public async Task Add_EntriesOfABatchFail_EachCallerGetsItsOwnResult()
    {
        TaskQueue queue = Queue();
        TaskDefinition task = Counting(queue);
        var messages = Enumerable.Range(0, 200).Select(n => task.WithArgs(n)).ToArray();
        var bad = messages.Where((_, n) => n % 7 == 0).Select(m => m.Id.ToString("N")).ToHashSet();
        var shaky = messages.Where((_, n) => n % 5 == 1).Select(m => m.Id.ToString("N")).ToHashSet();
        int receiverFaults = 0;
        Sqs.OnSend = async (batch, next) =>
        {
            var results = new SqsSendResult[batch.Count];
            var sent = new List<int>();
            for (int i = 0; i < batch.Count; i++)
            {
                string id = batch[i].Attributes!["id"].Text!;
                bool fails;
                lock (shaky)
                {
                    fails = shaky.Remove(id);
                }

                if (bad.Contains(id))
                {
                    results[i] = new SqsSendResult(null, null, new SqsEntryError("InvalidMessageContents", "scripted", IsSenderFault: true));
                }
                else if (fails)
                {
                    Interlocked.Increment(ref receiverFaults);
                    results[i] = new SqsSendResult(null, null, new SqsEntryError("InternalError", "scripted", IsSenderFault: false));
                }
                else
                {
                    sent.Add(i);
                }
            }

            if (sent.Count > 0)
            {
                IReadOnlyList<SqsSendResult> stored = await next([.. sent.Select(i => batch[i])]);
                for (int i = 0; i < sent.Count; i++)
                {
                    results[sent[i]] = stored[i];
                }
            }

            return results;
        };

        Task<AddResult>[] adding = [.. messages.Select(message => queue.AddAsync(message, Token))];
        await Task.WhenAll(adding).ContinueWith(static _ => { }, Token, TaskContinuationOptions.None, TaskScheduler.Default);

        int failed = adding.Count(add => add.IsFaulted);
        await UntilAsync(async () => (await queue.CountAsync(Token)).Ready >= messages.Length - failed, "what was accepted is counted");
        QueueCounts counts = await queue.CountAsync(Token);
        Assert.All(adding.Where(add => add.IsFaulted), add => Assert.Equal("InvalidMessageContents", Assert.IsType<SqsException>(add.Exception!.InnerException).ErrorCode));
        Assert.Equal(bad.Count, failed);
        Assert.Equal(messages.Length - failed, counts.Ready);
        Assert.True(receiverFaults > 20);
        Figures.Print($"200 adds, {failed} sender faults to their callers, {receiverFaults} receiver faults sent again, {counts.Ready} stored, 0 silent");
    }

    [Fact]
    [Trait("Fault", "S2")]
    public async Task Add_Returned_TheServiceHasEachMessage()
    {
        TaskQueue queue = Queue();
        TaskDefinition task = Counting(queue);
        int accepted = 0;
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(async n =>
        {
            await queue.AddAsync(task.WithArgs(n), Token);
            Interlocked.Increment(ref accepted);
        }));

        // Nothing of this process takes part any more: the service is asked by another client.
        using var other = new AwsSqsClient(Server.Options());
        string url = await other.GetQueueUrlAsync(queue.Name, Token);
        string stored = await StoredAsync();
        if (IsFlawed)
        {
            // It counts some time after it has accepted.
            await UntilAsync(async () => (stored = await StoredAsync()) == "1000", "it has counted them all");
        }

        Assert.Equal("1000", stored);
        double perMessage = Sqs.Calls["SendMessage"] / 1000.0;
        Assert.InRange(perMessage, 0.1, 0.11);
        Figures.Print($"{accepted} accepted, {stored} stored, {perMessage:0.000} requests per message");

        async Task<string> StoredAsync() =>
            (await other.GetQueueAttributesAsync(url, ["ApproximateNumberOfMessages"], Token))["ApproximateNumberOfMessages"];
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Fault", "S3")]
    public async Task Add_ReplyLostAndRepeated_OneCopyMoreAtMostAndNoneInAFifoQueue(bool isFifo)
    {
        TaskQueue queue = Queue(configureSqs: options => options.Fifo = isFifo);
        TaskDefinition task = Counting(queue);
        bool isLost = false;
        Sqs.OnSend = async (batch, next) =>
        {
            IReadOnlyList<SqsSendResult> results = await next(batch);
            if (!isLost)
            {
                isLost = true;
                throw FaultySqs.Unavailable();
            }

            return results;
        };
        TaskMessage message = task.WithArgs(1);

        await Assert.ThrowsAsync<SqsException>(() => queue.AddAsync(message, Token));
        await queue.AddAsync(message, Token);

        int expected = isFifo ? 1 : 2;
        await UntilAsync(async () => (await queue.CountAsync(Token)).Ready >= expected, "what was accepted is counted");
        long stored = (await queue.CountAsync(Token)).Ready;
        Assert.Equal(expected, stored);
        Figures.Print($"{(isFifo ? "FIFO" : "standard")}: 1 reply lost, 1 repeat, {stored} stored");
    }

    [Fact]
    [Trait("Fault", "S8")]
    public async Task Add_SizesAroundTheLimits_RefusedBeforeSendingAndSplitByBytes()
    {
        TaskQueue queue = Queue();
        await queue.CountAsync(Token);
        string url = await Sqs.GetQueueUrlAsync(queue.Name, Token);
        int limit = int.Parse((await Sqs.GetQueueAttributesAsync(url, ["MaximumMessageSize"], Token))["MaximumMessageSize"], provider: null);
        long largest = 0;
        Sqs.OnSend = (batch, next) =>
        {
            largest = Math.Max(largest, batch.Sum(MessageSize.Of));
            return next(batch);
        };

        // 1. The largest frame, and one byte more.
        int attributes = 2 + "String".Length + 32 + 4 + "String".Length + 1;
        int fits = BodyText.CapacityOf(limit - attributes);
        await AddAsync(fits);
        int before = Sqs.Calls["SendMessage"];
        var error = await Assert.ThrowsAsync<PayloadException>(() => AddAsync(fits + 1));
        Assert.Contains(limit.ToString(provider: null), error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Sqs.Calls["SendMessage"]);

        // 2. Ten that are too much for one request.
        NewMessage[] ten = [.. Enumerable.Range(0, 10).Select(_ => Message(limit / 4))];
        await queue.Backend.AddRangeAsync(ten, Token);
        int requests = Sqs.Calls["SendMessage"] - before;
        Assert.InRange(requests, 4, 5);
        Assert.True(largest <= Math.Max(limit, 262_144));
        Figures.Print($"limit {limit}: frame of {fits} bytes taken, {fits + 1} refused; 10 messages of {limit / 4} bytes in {requests} requests of at most {largest} bytes");

        Task AddAsync(int frame) => queue.Backend.AddAsync(Message(frame), Token).AsTask();

        static NewMessage Message(int frame) => new(Guid.NewGuid(), new MessageBody(new byte[frame]), "t", default, TimeSpan.Zero, null, null);
    }
}
