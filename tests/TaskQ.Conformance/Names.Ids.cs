using TaskQ.Backend;

namespace TaskQ.Conformance;

/// <summary>Ids that are kept beside names, for who can't know whether an add was carried out.</summary>
public abstract partial class Names
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task KeepsId_UniqueOnesAddedAgainAfterTheyEnded_RunOnce(int count)
    {
        var (queue, task, runs) = Start();
        var messages = await PreparedAsync(queue, Enumerable.Range(1, count).Select(n => task.WithArgs(n).Unique()));
        await Backend(queue).AddRangeAsync(messages, Token);
        await queue.StartAsync(Token);
        await runs.WaitAsync(count);
        await EmptyAsync(queue);

        var again = await Backend(queue).AddRangeAsync(messages, Token);

        Assert.Equal(messages.Select(message => new AddResult(message.Id, AddStatus.Added)), again);
        await CountsAsync(queue, ready: 0);
        await AssertNameIsFreeAsync(queue, task);
        await runs.WaitAsync(count + 1);
    }

    [Fact]
    public async Task KeepsId_AddedAgainWhileItWaits_IsStoredOnce()
    {
        var (queue, task, _) = Start();
        var messages = await PreparedAsync(queue, [task.WithArgs(1).Unique(), task.WithArgs(2).WithName("n")]);
        await Backend(queue).AddAsync(messages[0], Token);

        var results = await Backend(queue).AddRangeAsync(messages, Token);

        Assert.Equal(messages.Select(message => new AddResult(message.Id, AddStatus.Added)), results);
        await CountsAsync(queue, ready: 2);
    }

    [Fact]
    public async Task KeepsId_ReplacementAddedAgainAfterItRan_RunsOnce()
    {
        var (queue, task, runs) = Start(options => options.DeduplicationWindow = Sec(1));
        var first = await queue.AddAsync(task.WithArgs(1).WithName("n", DedupeMode.ReplacePending), Token);
        var messages = await PreparedAsync(queue, [task.WithArgs(2).WithName("n", DedupeMode.ReplacePending)]);
        var replaced = await Backend(queue).AddAsync(messages[0], Token);
        await queue.StartAsync(Token);
        await runs.WaitAsync(1);
        await EmptyAsync(queue);
        await AdvanceAsync(Sec(2));

        await Backend(queue).AddAsync(messages[0], Token);

        Assert.Equal(new AddResult(first.Id, AddStatus.Duplicate), replaced);
        await CountsAsync(queue, ready: 0);
        Assert.Equal(2, Assert.Single(runs.Runs).Value);
    }

    /// <summary>What a queue hands to its store for messages, which it does not get.</summary>
    private async Task<NewMessage[]> PreparedAsync(TaskQueue queue, IEnumerable<TaskMessage> messages)
    {
        var prepared = new List<NewMessage>();
        var other = OtherProcess(queue, out var store);
        store.OnAdd = message => prepared.Add(message with { KeepsId = true });
        store.BeforeAdd = () => throw new IOException("It ends here.");
        other.RegisterTask("t", (int _) => { });
        foreach (var message in messages)
        {
            await Assert.ThrowsAsync<IOException>(() => other.AddAsync(message, Token));
        }

        return [.. prepared];
    }
}
