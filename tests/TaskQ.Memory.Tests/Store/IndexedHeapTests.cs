using TaskQ.Memory.Store;
using Xunit;

namespace TaskQ.Memory.Tests.Store;

public sealed class IndexedHeapTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomOperations_AgainstASortedList_AgreeOnEveryMinimum(int seed)
    {
        var random = new Random(seed);
        var heap = new IndexedHeap<Item>();
        var model = new List<Item>();
        for (int step = 0; step < 20_000; step++)
        {
            int choice = random.Next(step < 10_000 ? 5 : 8);
            if (choice < 3)
            {
                var item = new Item(random.Next(200));
                heap.Push(item);
                int at = model.FindIndex(other => other.HeapKey > item.HeapKey);
                model.Insert(at < 0 ? model.Count : at, item);
            }
            else if (model.Count > 0 && choice % 2 == 0)
            {
                Assert.Same(model[0], heap.Pop());
                model.RemoveAt(0);
            }
            else if (model.Count > 0)
            {
                Item item = model[random.Next(model.Count)];
                heap.Remove(item);
                model.Remove(item);
                Assert.Equal(-1, item.HeapIndex);
            }

            Assert.Equal(model.Count, heap.Count);
            Assert.Same(model.FirstOrDefault(), heap.Peek());
        }

        while (model.Count > 0)
        {
            Assert.Same(model[0], heap.Pop());
            model.RemoveAt(0);
        }
    }

    private sealed class Item(long key) : IHeapItem
    {
        public long HeapKey => key;

        public uint HeapSequence { get; set; }

        public int HeapIndex { get; set; } = -1;
    }
}
