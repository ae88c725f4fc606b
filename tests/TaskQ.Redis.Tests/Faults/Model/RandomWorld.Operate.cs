using TaskQ.Backend;

namespace TaskQ.Redis.Tests.Faults.Model;

/// <content>What operators do and see.</content>
internal sealed partial class RandomWorld
{
    private static readonly MessageState[] States = [MessageState.Ready, MessageState.Delayed, MessageState.InFlight, MessageState.Dead];

    private async Task OperateAsync(Operation operation, IQueueBackend backend)
    {
        switch (operation.Kind)
        {
            case OperationKind.Pause or OperationKind.Resume:
                Model.IsPaused = operation.Kind == OperationKind.Pause;
                await backend.SetPausedAsync(Model.IsPaused, Token);
                break;
            case OperationKind.RequeueOldest:
                var oldest = Model.DeadLetters.Take(operation.Count).Select(m => m.Id).ToArray();
                Assert.True(oldest.Length == await backend.RequeueDeadAsync(operation.Count, Token), "another number of dead letters was requeued");
                Array.ForEach(oldest, id => Model.Requeue(id, Now));
                break;
            case OperationKind.PurgeDead:
                await backend.PurgeDeadAsync(Token);
                Array.ForEach(Model.DeadLetters.ToArray(), m => Model.DeleteDead(m.Id));
                break;
            case OperationKind.Purge:
                await backend.PurgeAsync(Token);
                Model.Purge();
                break;
            case OperationKind.Look when operation.Count % 8 > 2:
                await ListAsync(operation, backend);
                break;
            default:
                if (Pick(operation) is { } id)
                {
                    await OperateOnAsync(operation, id, backend);
                }

                break;
        }
    }

    private async Task OperateOnAsync(Operation operation, Guid id, IQueueBackend backend)
    {
        var dueAt = Now + ModelTime.Span(operation.Time);
        var (expected, done) = operation.Kind switch
        {
            OperationKind.Cancel => (Model.Cancel(id), await backend.CancelAsync(id, Token)),
            OperationKind.Reschedule => (Model.Reschedule(id, dueAt), await backend.RescheduleAsync(id, dueAt, Token)),
            OperationKind.RequeueOne => (Model.Requeue(id, Now), await backend.RequeueDeadAsync(id, Token)),
            OperationKind.DeleteDead => (Model.DeleteDead(id), await backend.DeleteDeadAsync(id, Token)),
            _ => (Model.Messages.ContainsKey(id), await IsFoundAsync(id, backend)),
        };
        Assert.True(expected == done, $"{id}: expected {expected}, got {done}");
    }

    private async Task<bool> IsFoundAsync(Guid id, IQueueBackend backend)
    {
        var found = await backend.GetAsync(id, Token);
        if (found is not null && Model.Messages.TryGetValue(id, out var m))
        {
            AssertSame(m, found);
        }

        return found is not null;
    }

    /// <summary>By state, all up to a number, or the dead letters in their order.</summary>
    private async Task ListAsync(Operation operation, IQueueBackend backend)
    {
        var page = operation.Count % 8;
        if (page == 7)
        {
            var dead = await backend.PeekDeadAsync(100, Token);
            Assert.True(Model.DeadLetters.Select(m => m.Id).SequenceEqual(dead.Select(d => d.Id)), "other dead letters, or in another order");
            return;
        }

        var state = States[page % 4];
        var expected = Model.Messages.Values.Where(m => m.StateAt(Now) == state).ToDictionary(m => m.Id);
        var found = await backend.ListAsync(new MessageFilter { State = state }, 100, Token);
        Assert.True(expected.Keys.ToHashSet().SetEquals(found.Select(f => f.Id)) && expected.Count == found.Count, $"I1: {expected.Count} are {state}, {found.Count} are listed");
        Assert.All(found, f => AssertSame(expected[f.Id], f));
        var few = await backend.ListAsync(new MessageFilter(), 1 + operation.Which, Token);
        Assert.Equal(Math.Min(1 + operation.Which, Model.Messages.Count), few.Select(f => f.Id).Distinct().Count());
    }

    private void AssertSame(ModelMessage expected, StoredMessage found)
    {
        var state = expected.StateAt(Now);
        Assert.Equal((state, expected.Attempt), (found.State, found.Attempt));
        Assert.True(found.Body.Frame.AsSpan().SequenceEqual(expected.Added.Body.Frame), $"I2: the record of {expected.Id} is another one");
        if (state is MessageState.Delayed)
        {
            Assert.Equal(expected.DueAt, found.DueAt);
        }
        else if (state is MessageState.Dead)
        {
            Assert.Equal(expected.DiedAt, found.DueAt);
        }
    }
}
