using TaskQ.Backend;
using TaskQ.Memory.Store;
using Xunit;

namespace TaskQ.Memory.Tests.Store;

/// <summary>Measures the whole heap, so it runs alone.</summary>
[Collection(nameof(MemoryUseTests))]
[CollectionDefinition(nameof(MemoryUseTests), DisableParallelization = true)]
public sealed class MemoryUseTests
{
    [Fact]
    public void Entry_ByReferenceUnnamed_IsEightyBytes()
    {
        var body = new MessageBody([]);
        _ = new Entry(default, body);
        long before = GC.GetAllocatedBytesForCurrentThread();

        var entry = new Entry(default, body);

        Assert.Equal(80, GC.GetAllocatedBytesForCurrentThread() - before);
        GC.KeepAlive(entry);
    }

    [Fact]
    public async Task AddAsync_Delayed_CostsAnEntryAndAHeapSlot()
    {
        const int count = 100_000;
        await using var rig = new Rig();
        var message = new TaskMessage("t", Guid.NewGuid(), null!, null, null, default);
        var random = new Random(1);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < count; i++)
        {
            await rig.AddAsync(new NewMessage(
                Guid.NewGuid(), new MessageBody(message), "t", default, TimeSpan.FromSeconds(random.Next(1, 1000)), null, null));
        }

        double each = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)count;

        // 80 of the entry, 8 to 12 of the slot.
        Assert.InRange(each, 84, 96);
        Assert.Equal($"0 {count} 0 0", await rig.CountsAsync());
    }
}
