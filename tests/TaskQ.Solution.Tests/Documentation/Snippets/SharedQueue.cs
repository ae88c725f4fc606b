#region redis
using TaskQ.Redis;
#endregion

namespace TaskQ.Solution.Tests.Documentation.Snippets;

internal static class SharedQueue
{
    public static async Task RunAsync(string order)
    {
        #region redis
        // Everything that StackExchange.Redis understands; a connection that you have is taken too, and left open.
        await using var queues = new RedisQueueFactory("redis.example:6380,ssl=true,password=...");
        TaskQueue queue = queues.RegisterQueue(new QueueOptions { Name = "orders", WorkerLimit = 20 });
        TaskDefinition<string> ship = queue.RegisterTask<string>("ship");
        try
        {
            await queue.AddAsync(ship.WithArgs(order));
        }
        catch (RedisUnavailableException)
        {
            // Tried again for a while already. It may have arrived all the same: a name keeps a second add out.
            throw;
        }
        #endregion
    }
}
