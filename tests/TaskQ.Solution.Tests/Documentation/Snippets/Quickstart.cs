#region quickstart
using TaskQ;
using TaskQ.Memory;
#endregion

namespace TaskQ.Solution.Tests.Documentation.Snippets;

internal static class Quickstart
{
    public static async Task<QueueCounts> RunAsync(TextWriter Console)
    {
        #region quickstart
        await using var queues = new MemoryQueueFactory();
        TaskQueue queue = queues.RegisterQueue(new QueueOptions { Name = "main" });

        // A task is any delegate. What the delegate takes is what WithArgs must be given.
        TaskDefinition greet = queue.RegisterTask("greeting", (string name) => Console.WriteLine($"Hello {name}"));

        await queue.AddAsync(greet.WithArgs("World"));
        await queue.AddAsync(greet.WithArgs("Moon").WithName("moon"));    // a second one of this name is a duplicate
        await queue.AddAsync(greet.WithArgs("Sun").WithDelay(TimeSpan.FromHours(1)));

        await queue.StartAsync();                                         // fetches and runs in the background
        await queue.Consumer.ProcessAllAsync();                           // returns when nothing is ready or running
        await queue.StopAsync(TimeSpan.FromSeconds(30));                  // lets what runs end
        #endregion
        return await queue.CountAsync();
    }
}
