using TaskQ.Sqs.Batch;
using TaskQ.Sqs.Client;

namespace TaskQ.Sqs.Tests.Batch;

public sealed class BatcherTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly List<int[]> _requests = [];
    private readonly Queue<TaskCompletionSource> _held = new();
    private bool _holds;

    [Fact]
    public async Task AddAsync_LoneEntry_LeavesAtOnceAndTheNextGoTogether()
    {
        _holds = true;
        using var batcher = new Batcher<int>(SendAsync, TimeSpan.Zero);

        Task<SqsEntryError?> first = batcher.AddAsync(0);
        Assert.Equal([0], Assert.Single(_requests));
        Task[] others = [.. Enumerable.Range(1, 9).Select(n => batcher.AddAsync(n))];
        Assert.Single(_requests);
        Release();
        await DoneAsync(first);
        await UntilAsync(() => _held.Count == 1);
        Release();

        await DoneAsync(Task.WhenAll(others));
        Assert.Equal(Enumerable.Range(1, 9), _requests[1]);
    }

    [Fact]
    public void AddAsync_FullBatchWhileOthersAreOnTheirWay_LeavesToo()
    {
        _holds = true;
        using var batcher = new Batcher<int>(SendAsync, TimeSpan.Zero);

        for (int n = 0; n < 200; n++)
        {
            _ = batcher.AddAsync(n);
        }

        Assert.Equal([1, 10, 10, 10, 10, 10, 10, 10], _requests.Select(request => request.Length));
    }

    [Fact]
    public async Task AddRange_Bytes_SplitAndKeepTheirOrder()
    {
        using var batcher = new Batcher<int>(SendAsync, TimeSpan.Zero) { MaxBytes = 100 };

        await DoneAsync(Task.WhenAll(batcher.AddRange([(1, 60), (2, 40), (3, 1), (4, 100), (5, 150), (6, 1)])));

        Assert.Equal(["1 2", "3", "4", "5", "6"], _requests.Select(request => string.Join(' ', request)));
    }

    [Fact]
    public async Task AddAsync_WithAWindow_WaitsForCompanyButNotWhenFull()
    {
        using var batcher = new Batcher<int>(SendAsync, TimeSpan.FromMilliseconds(100));

        Task[] all = [.. Enumerable.Range(0, 13).Select(n => batcher.AddAsync(n))];
        Assert.Equal(10, Assert.Single(_requests).Length);
        await DoneAsync(Task.WhenAll(all));

        Assert.Equal([10, 11, 12], _requests[1]);
    }

    [Fact]
    public async Task AddAsync_RequestFails_ItsEntriesFailAndLaterOnesDoNot()
    {
        bool fails = true;
        using var batcher = new Batcher<int>(
            batch => fails ? Task.FromException<SqsEntryError?[]>(new SqsException("no")) : SendAsync(batch), TimeSpan.Zero);

        await Assert.ThrowsAsync<SqsException>(() => batcher.AddAsync(1));
        fails = false;

        Assert.Null(await batcher.AddAsync(2));
    }

    [Fact]
    public async Task AddAsync_EntriesFail_EachHasItsOwnResult()
    {
        using var batcher = new Batcher<int>(
            batch => Task.FromResult(Array.ConvertAll(batch, n => n % 2 == 0 ? null : new SqsEntryError($"E{n}", "", true))), TimeSpan.FromMilliseconds(1));

        SqsEntryError?[] results = await Task.WhenAll(batcher.AddRange([(1, 0), (2, 0), (3, 0)]));

        Assert.Equal(["E1", null, "E3"], results.Select(result => result?.Code));
    }

    private static Task DoneAsync(Task task) => task.WaitAsync(Patience, TimeProvider.System, TestContext.Current.CancellationToken);

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; !condition(); i++)
        {
            Assert.True(i < 2000);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private async Task<SqsEntryError?[]> SendAsync(int[] batch)
    {
        TaskCompletionSource? gate = null;
        lock (_held)
        {
            _requests.Add(batch);
            if (_holds)
            {
                _held.Enqueue(gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            }
        }

        await (gate?.Task ?? Task.CompletedTask);
        return new SqsEntryError?[batch.Length];
    }

    private void Release()
    {
        lock (_held)
        {
            _held.Dequeue().SetResult();
        }
    }
}
