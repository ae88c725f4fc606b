#region sqs-companion
using TaskQ.Redis;
using TaskQ.Sqs;
#endregion

namespace TaskQ.Solution.Tests.Documentation.Snippets;

internal static class CompanionQueue
{
    public static async Task RunAsync(string order)
    {
        #region sqs-companion
        // Yours: it outlives the queues, and you dispose it. One may serve many factories, and queues of its own.
        await using var redis = new RedisQueueFactory("redis.example:6380,ssl=true,password=...");
        await using var queues = new SqsQueueFactory(new SqsOptions { QueueNamePrefix = "shop-", Coordinator = redis });
        TaskQueue queue = queues.RegisterQueue(new QueueOptions { Name = "orders", WorkerLimit = 20 });
        TaskDefinition<string> ship = queue.RegisterTask<string>("ship");
        await queue.AddAsync(ship.WithArgs(order).WithName(order));
        #endregion
    }
}
